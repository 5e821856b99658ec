#include "dialect/sqlite/reshape.hpp"

#include "dialect/sqlite/create_text.hpp"
#include "dialect/sqlite/parsed_table.hpp"
#include "dialect/sqlite/render.hpp"

namespace evolver::sqlite {

namespace {

/// The changes of a table's form. What has no line here is about other objects, or is done by ALTER TABLE at any size.
struct Reshape {
    std::string const& text;

    std::string operator()(RemoveColumn const& change) const { return without_column(text, change.column); }
    std::string operator()(DeclareColumn const& change) const {
        auto const& column = change.column;
        auto const declared = column.nullable ? without_not_null(text, column.name) : with_not_null(text, column.name);
        return column.default_value ? with_default(declared, column.name, column.default_value->text(Engine::sqlite))
                                    : without_default(declared, column.name);
    }
    std::string operator()(MakeCheck const& change) const { return with_check(text, change.check); }
    std::string operator()(RemoveCheck const& change) const { return without_check(text, change.check); }
    std::string operator()(MakeForeignKey const& change) const { return with_foreign_key(text, change.key); }
    std::string operator()(RemoveForeignKey const& change) const { return without_foreign_key(text, change.key); }
    std::string operator()(RemoveUnique const& change) const { return without_unique(text, change.key); }
    std::string operator()(ReplacePrimaryKey const& change) const { return with_primary_key(text, change.columns); }
};

}  // namespace

bool is_about_form(Change const& change) {
    return std::visit([]<class Kind>(Kind const&) { return std::is_invocable_v<Reshape, Kind const&>; }, change);
}

std::string reshaped(Change const& change, std::string const& create_table) {
    return std::visit(
        [&]<class Kind>(Kind const& kind) -> std::string {
            if constexpr (std::is_invocable_v<Reshape, Kind const&>)
                return Reshape{create_table}(kind);
            else
                return create_table;
        },
        change);
}

bool needs_new_rows(Change const& change) {
    return std::holds_alternative<RemoveUnique>(change) || std::holds_alternative<ReplacePrimaryKey>(change);
}

std::string without_tombstones(std::string const& create_table) {
    std::string text = create_table;
    for (auto const& column : parse_table(create_table).columns) {
        if (column.name.text().starts_with(tombstone_prefix)) text = without_column(text, column.name);
    }
    return text;
}

}  // namespace evolver::sqlite
