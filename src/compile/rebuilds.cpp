#include "compile/rebuilds.hpp"

#include "dialect/sqlite/reshape.hpp"

#include <algorithm>

namespace evolver {

namespace {

/// Of the table itself, or of its indexes.
bool belongs(Change const& change) {
    return std::holds_alternative<MakeIndex>(change) || std::holds_alternative<RemoveIndex>(change) ||
           sqlite::is_about_form(change);
}

/// What the changes make of one table, by text.
class Folding {
public:
    Folding(sqlite::Connection const& schema, Name const& table)
        : text_{sqlite::without_tombstones(sqlite::create_text_of(schema, table))},
          indexes_{sqlite::indexes_of(schema, table)} {}

    void add(PhysicalChange const& physical) {
        auto const& change = physical.change;
        if (auto const* made = std::get_if<MakeIndex>(&change)) {
            indexes_.push_back({made->index.name, sqlite::create_index(made->index)});
        } else if (auto const* removed = std::get_if<RemoveIndex>(&change)) {
            std::erase_if(indexes_, [&](sqlite::RebuiltIndex const& index) { return index.name == removed->index; });
        } else {
            text_ = sqlite::reshaped(change, text_);
        }
    }

    [[nodiscard]] std::string const& text() const noexcept { return text_; }
    [[nodiscard]] std::vector<sqlite::RebuiltIndex> const& indexes() const noexcept { return indexes_; }

private:
    std::string text_;
    std::vector<sqlite::RebuiltIndex> indexes_;
};

}  // namespace

Rebuilds::Rebuilds(sqlite::Connection const& schema, std::vector<PhysicalChange> const& changes,
                   std::function<std::int64_t(Name const&)> const& rows_of, RenderAlone const& alone,
                   std::chrono::milliseconds budget, std::function<std::int64_t(Name const&)> const& id_of) {
    std::vector<Name> tables;
    for (auto const& physical : changes) {
        if (!belongs(physical.change)) continue;
        bool const form = sqlite::is_about_form(physical.change);
        bool const wanted = sqlite::needs_new_rows(physical.change) ||
                            (physical.lock == Lock::online && form && alone(physical).estimate > budget);
        if (wanted && std::find(tables.begin(), tables.end(), physical.table) == tables.end())
            tables.push_back(physical.table);
    }
    for (auto const& table : tables) {
        Folding folding{schema, table};
        TableRebuild rebuild{.form = {.table = table, .id = 0, .old_text = {}, .new_text = {}},
                             .in_batches = false,
                             .lock = Lock::within_budget};
        bool online = false;
        bool in_window = false;
        for (auto const& physical : changes) {
            if (!(physical.table == table)) continue;
            if (std::holds_alternative<MoveTable>(physical.change)) {
                throw PlanError{
                    Failure{.what = "Table " + table.text() + " is renamed and made anew by the same migration.",
                            .object = table.text(),
                            .instead = "put the RenameTable into a migration of its own, after this one"}};
            }
            if (!belongs(physical.change)) continue;
            folding.add(physical);
            online = online || physical.lock == Lock::online;
            in_window = in_window || physical.lock == Lock::in_window;
            if (std::holds_alternative<RemoveColumn>(physical.change)) {
                rebuild.removes_columns = true;
            } else if (!std::holds_alternative<MakeIndex>(physical.change) &&
                       !sqlite::needs_new_rows(physical.change)) {
                auto check = alone(physical);
                check.sql.clear();
                check.lock = LockClass::scan;
                check.what = "check rows before: " + check.what;
                if (!check.refuse_if.empty()) rebuild.checks.push_back(std::move(check));
            }
        }
        rebuild.form = sqlite::rebuild_of(schema, table, folding.text(), folding.indexes(), id_of(table));
        rebuild.lock = in_window ? Lock::in_window : Lock::within_budget;
        rebuild.in_batches = online && sqlite::rebuild_estimate(rebuild.form, rows_of(table)) > budget;
        rebuilds_.push_back(std::move(rebuild));
    }
}

bool Rebuilds::holds(PhysicalChange const& change) const {
    return belongs(change.change) && of(change.table) != nullptr;
}

TableRebuild const* Rebuilds::of(Name const& table) const {
    auto const found = std::find_if(rebuilds_.begin(), rebuilds_.end(),
                                    [&](TableRebuild const& rebuild) { return rebuild.form.table == table; });
    return found == rebuilds_.end() ? nullptr : &*found;
}

}  // namespace evolver
