#include "evolver/schema/expression.hpp"

#include <algorithm>
#include <utility>

namespace evolver {

namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\n\f\r") == std::string_view::npos; }

std::string member_of(Engine engine) {
    switch (engine) {
        case Engine::sqlite: return ".sqlite";
        case Engine::postgresql: return ".postgresql";
        case Engine::mariadb: return ".mariadb";
    }
    return {};
}

[[noreturn]] void refuse_empty() {
    throw ExpressionError{Failure{.what = "an expression is empty",
                                  .instead = "write the SQL of a value, such as \"CAST(size AS INTEGER)\" or \"0\""}};
}

}  // namespace

std::string_view name_of(Engine engine) noexcept {
    switch (engine) {
        case Engine::sqlite: return "SQLite";
        case Engine::postgresql: return "PostgreSQL";
        case Engine::mariadb: return "MariaDB";
    }
    return {};
}

Expression::Expression(EngineTexts texts)
    : texts_{std::move(texts.sqlite), std::move(texts.postgresql), std::move(texts.mariadb)} {
    if (std::all_of(texts_.begin(), texts_.end(), is_blank)) refuse_empty();
}

std::string const& Expression::text(Engine engine) const {
    if (has(engine)) return texts_[static_cast<std::size_t>(engine)];
    auto const known = std::find_if_not(texts_.begin(), texts_.end(), is_blank);
    std::string const name{name_of(engine)};
    throw ExpressionError{Failure{.what = "the expression " + *known + " has no text for " + name,
                                  .object = *known,
                                  .instead = "give it one: {{..., " + member_of(engine) + " = \"...\"}}"}};
}

bool Expression::has(Engine engine) const noexcept { return !is_blank(texts_[static_cast<std::size_t>(engine)]); }

}  // namespace evolver
