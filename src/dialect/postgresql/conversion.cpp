#include "dialect/postgresql/conversion.hpp"

#include "dialect/postgresql/connection.hpp"

#include <fmt/format.h>

namespace evolver::postgresql {

namespace {

template <class Text>
std::string joined(std::size_t count, Text const& text_of) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? ", " : "") + text_of(i);
    return text;
}

std::string columns(std::vector<Side> const& sides) {
    return joined(sides.size(), [&](std::size_t i) { return quoted(sides[i].column.text()); });
}

std::string types(std::vector<Side> const& sides) {
    return joined(sides.size(), [&](std::size_t i) { return sides[i].type; });
}

std::string function(NamedPair const& named, std::string_view direction, std::size_t at) {
    return in_schema(named.schema, fmt::format("evolver_{}_{}_{}", direction, named.tag, at));
}

std::string make_function(std::string const& name, std::vector<Side> const& parameters, std::string const& type,
                          std::string const& expression, std::string const& settings) {
    auto const listed = joined(parameters.size(), [&](std::size_t i) {
        return quoted(parameters[i].column.text()) + " " + parameters[i].type;
    });
    return fmt::format(
        "CREATE OR REPLACE FUNCTION {}({}) RETURNS {} LANGUAGE plpgsql {}AS {}", name, listed, type, settings,
        dollar_quoted(fmt::format("#variable_conflict use_variable\nBEGIN\n    RETURN CAST(({}\n    ) AS {});\n"
                                  "EXCEPTION WHEN OTHERS THEN\n    {}RETURN NULL;\nEND",
                                  expression, type, passing_on)));
}

std::string same_images(std::string const& left, std::string const& right) {
    return fmt::format("record_image_eq(ROW({}), ROW({}))", left, right);
}

std::string converted_down(NamedPair const& named, std::size_t from) {
    return fmt::format("{}({})", function(named, "down", from), columns(named.pair.to));
}

}  // namespace

std::string in_schema(std::string const& schema, std::string_view name) { return quoted(schema) + "." + quoted(name); }

std::string table_of(NamedPair const& named) { return in_schema(named.schema, named.pair.table.text()); }

std::vector<std::string> conversion_functions(NamedPair const& named) {
    auto const& pair = named.pair;
    auto const settings = fixed_settings({pair});
    std::vector<std::string> all;
    for (std::size_t i = 0; i < pair.to.size(); ++i)
        all.push_back(make_function(function(named, "up", i), pair.from, pair.to[i].type, pair.up[i], settings));
    for (std::size_t i = 0; i < pair.from.size(); ++i)
        all.push_back(make_function(function(named, "down", i), pair.to, pair.from[i].type, pair.down[i], settings));
    return all;
}

std::vector<std::string> drop_conversion_functions(NamedPair const& named) {
    auto const& pair = named.pair;
    std::vector<std::string> all;
    for (std::size_t i = 0; i < pair.to.size(); ++i)
        all.push_back(fmt::format("DROP FUNCTION IF EXISTS {}({})", function(named, "up", i), types(pair.from)));
    for (std::size_t i = 0; i < pair.from.size(); ++i)
        all.push_back(fmt::format("DROP FUNCTION IF EXISTS {}({})", function(named, "down", i), types(pair.to)));
    return all;
}

std::string converted_up(NamedPair const& named, std::size_t to, Spelling const& spelling) {
    auto const& from = named.pair.from;
    return fmt::format("{}({})", function(named, "up", to),
                       joined(from.size(), [&](std::size_t i) { return spelling(from[i].column); }));
}

std::string is_filled(NamedPair const& named) {
    auto const& to = named.pair.to;
    return same_images(columns(to), joined(to.size(), [&](std::size_t i) { return converted_up(named, i); }));
}

std::string is_lossless(NamedPair const& named) {
    auto const& from = named.pair.from;
    return same_images(columns(from), joined(from.size(), [&](std::size_t i) { return converted_down(named, i); }));
}

std::string is_in_sync(NamedPair const& named) {
    return fmt::format("({} OR {})", is_filled(named), is_lossless(named));
}

std::vector<std::string> parse_checks(NamedPair const& named) {
    std::vector<std::string> all;
    for (auto const* expressions : {&named.pair.up, &named.pair.down}) {
        for (auto const& expression : *expressions)
            all.push_back(fmt::format("SELECT ({}\n) FROM {} WHERE false", expression, table_of(named)));
    }
    return all;
}

std::string null_check(NamedPair const& named) {
    auto const& pair = named.pair;
    auto const nulls = joined(pair.to.size(), [&](std::size_t i) { return "CAST(NULL AS " + pair.to[i].type + ")"; });
    auto const olds = joined(pair.from.size(),
                             [&](std::size_t i) { return fmt::format("{}({})", function(named, "down", i), nulls); });
    auto const news =
        joined(pair.to.size(), [&](std::size_t i) { return fmt::format("{}({})", function(named, "up", i), olds); });
    return fmt::format("SELECT 1 WHERE num_nonnulls({}) > 0", news);
}

}  // namespace evolver::postgresql
