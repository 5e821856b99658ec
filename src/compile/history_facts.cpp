#include "compile/history_facts.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace evolver {

namespace {

/// The columns of the index; none where an expression or a condition may read others.
std::vector<Name> names_in(CreateIndex const& index) {
    std::vector<Name> names;
    for (auto const& part : index.columns) {
        if (!part.column || index.where) return {};
        names.emplace_back(part.expression.text(Engine::sqlite));
    }
    return names;
}

/// Facts by what they are about; a later operation overrides an earlier one.
class Facts {
public:
    void tell(Operation const& operation, bool is_contracted, bool is_filled) {
        contracted_ = is_contracted;
        filled_ = is_filled;
        std::visit([this](auto const& kind) { learn(kind); }, operation);
    }

    [[nodiscard]] std::vector<std::string> against(Schema const& live, IsOfType const& is_of_type) const {
        std::vector<std::string> lines;
        auto const judge = [&](std::string const& what, bool expected, bool found) {
            if (expected != found) lines.push_back(what + (expected ? " is missing" : " is still there"));
        };
        for (auto const& [table, expected] : tables_)
            judge("table " + table, expected, live.find_table(table) != nullptr);
        for (auto const& [name, fact] : columns_) {
            if (is_moved(Name{name.first})) continue;
            auto const* table = live.find_table(name.first);
            auto const* const column = table == nullptr ? nullptr : table->find(name.second);
            auto const what = "column " + name.first + "." + name.second;
            judge(what, fact.expected, column != nullptr);
            if (column != nullptr && fact.expected && fact.type && is_of_type && !is_of_type(*fact.type, column->type))
                lines.push_back(what + " is of another type than the plan has made it: " + column->type.declared());
        }
        for (auto const& [index, fact] : indexes_)
            judge("index " + index, fact.expected, live.find_index(index) != nullptr);
        for (auto const& [view, expected] : views_) judge("view " + view, expected, live.find_view(view) != nullptr);
        return lines;
    }

private:
    [[nodiscard]] bool is_moved(Name const& table) const {
        return std::any_of(moved_.begin(), moved_.end(), [&](auto const& moved) { return moved.first == table; });
    }

    /// The name that the database has for it while a rename is open.
    [[nodiscard]] std::string stored(Name const& table) const {
        for (auto moved = moved_.rbegin(); moved != moved_.rend(); ++moved) {
            if (moved->first == table) return moved->second;
        }
        return table.text();
    }

    void there(Name const& table, Name const& column) { columns_[{table.text(), column.text()}].expected = true; }
    /// As it is made.
    void made(Name const& table, Name const& column, std::optional<Type> type) {
        columns_[{table.text(), column.text()}] = {true, std::move(type)};
    }
    [[nodiscard]] std::optional<Type> type_of(Name const& table, Name const& column) const {
        auto const known = columns_.find({table.text(), column.text()});
        return known == columns_.end() ? std::nullopt : known->second.type;
    }

    /// The old shape goes at contract.
    void replaced(Name const& table, Name const& column) {
        auto& fact = columns_[{table.text(), column.text()}];
        fact.expected = !contracted_;
        if (contracted_) fact.type.reset();
    }

    /// Indexes of the one are those of the other.
    void led_on(Name const& from, Name const& to) {
        for (auto& one : indexes_) {
            auto& columns = one.second.columns;
            if (std::find(columns.begin(), columns.end(), from) != columns.end()) columns.push_back(to);
        }
    }

    /// The same, where no other column has the indexes from then on: they go with the column, or are made by somebody.
    void removed(Name const& table, Name const& column) {
        replaced(table, column);
        if (!contracted_) return;
        std::erase_if(indexes_, [&](auto const& one) {
            auto const& columns = one.second.columns;
            return columns.empty() || std::find(columns.begin(), columns.end(), column) != columns.end();
        });
    }

    void learn(CreateTable const& o) {
        tables_[o.table.text()] = true;
        for (auto const& column : o.columns) made(o.table, column.name, column.type);
    }
    void learn(DropTable const& o) {
        tables_[stored(o.table)] = !contracted_;
        if (!contracted_) return;
        std::erase_if(columns_, [&](auto const& fact) { return same_identifier(fact.first.first, o.table.text()); });
        indexes_.clear();  // some may have been the table's
    }
    void learn(RenameTable const& o) {
        tables_[stored(o.from)] = !contracted_;
        tables_[o.to.text()] = contracted_;
        std::map<std::pair<std::string, std::string>, ColumnFact> columns;
        for (auto const& [name, fact] : columns_) {
            bool const moved = same_identifier(name.first, o.from.text());
            // Before contract, what is said of the new name can not be looked up there: it is left out.
            if (moved && contracted_) columns[{o.to.text(), name.second}] = fact;
            if (!moved) columns[name] = fact;
        }
        columns_ = std::move(columns);
        if (!contracted_) moved_.emplace_back(o.to, stored(o.from));
    }
    void learn(AddColumn const& o) { made(o.table, o.column.name, o.column.type); }
    void learn(DropColumn const& o) { removed(o.table, o.column); }
    void learn(RenameColumn const& o) {
        auto const type = type_of(o.table, o.from);
        replaced(o.table, o.from);
        led_on(o.from, o.to);
        made(o.table, o.to, type);
    }
    void learn(ChangeType const& o) {
        replaced(o.table, o.from);
        led_on(o.from, o.to);
        made(o.table, o.to, o.type);
    }
    void learn(SplitColumn const& o) {
        removed(o.table, o.from);
        for (auto const& part : o.into) made(o.table, part.name, part.type);
    }
    void learn(MergeColumns const& o) {
        for (auto const& from : o.from) removed(o.table, from);
        made(o.table, o.to, o.type);
    }
    void learn(MoveColumn const& o) {
        auto const type = type_of(o.from, o.column);
        removed(o.from, o.column);
        made(o.to, o.new_column(), type);
    }
    void learn(SetNotNull const& o) { there(o.table, o.column); }
    void learn(DropNotNull const& o) { there(o.table, o.column); }
    void learn(SetDefault const& o) { there(o.table, o.column); }
    void learn(DropDefault const& o) { there(o.table, o.column); }
    void learn(AddCheck const& o) { tables_[stored(o.table)] = true; }
    void learn(DropCheck const& o) { tables_[stored(o.table)] = true; }
    void learn(AddUnique const& o) {
        for (auto const& column : o.columns) there(o.table, column);
        if (contracted_) indexes_[o.name.text()] = {true, o.columns};
    }
    void learn(ChangePrimaryKey const& o) {
        for (auto const& column : o.columns) there(o.table, column);
    }
    void learn(DropUnique const& o) {
        for (auto const& column : o.columns) there(o.table, column);
        if (contracted_) indexes_.clear();  // one of them was it
    }
    void learn(AddForeignKey const& o) {
        for (auto const& column : o.key.columns) there(o.table, column);
    }
    void learn(DropForeignKey const& o) { tables_[stored(o.table)] = true; }
    void learn(DropIndex const& o) { indexes_[o.name.text()].expected = !contracted_; }
    void learn(CreateView const& o) { views_[o.name.text()] = true; }
    void learn(ReplaceView const& o) { views_[o.name.text()] = true; }
    void learn(DropView const& o) { views_[o.name.text()] = !contracted_; }
    void learn(Backfill const& o) {
        for (auto const& one : o.set) there(o.table, one.column);
    }
    void learn(CreateIndex const& o) {
        if (contracted_ || filled_)
            indexes_[o.name.text()] = {true, names_in(o)};  // before that, it may wait for a backfill
    }
    void learn(RunCode const&) {}  // it changes rows only
    /// Nobody knows what it did.
    void learn(RawSql const&) {
        tables_.clear();
        columns_.clear();
        indexes_.clear();
        views_.clear();
    }

    bool contracted_ = false;
    bool filled_ = false;
    std::map<std::string, bool> tables_;
    struct ColumnFact {
        bool expected = true;
        std::optional<Type> type = {};  ///< As it was made, where the plan has.
    };
    std::map<std::pair<std::string, std::string>, ColumnFact> columns_;
    struct IndexFact {
        bool expected = true;
        std::vector<Name> columns = {};  ///< As it was made; of none, nobody knows.
    };
    std::map<std::string, IndexFact> indexes_;
    std::map<std::string, bool> views_;
    std::vector<std::pair<Name, std::string>> moved_;  // new names that are not the database's yet, and what it has
};

}  // namespace

std::vector<std::string> contradictions(Plan const& plan, Standing standing, Schema const& live,
                                        std::vector<bool> const& filled, IsOfType const& is_of_type) {
    Facts facts;
    auto const known = std::min(standing.expanded, plan.migrations().size());
    for (std::size_t position = 0; position < known; ++position) {
        for (auto const& operation : plan.migrations()[position].operations) {
            facts.tell(operation, position < standing.contracted, position < filled.size() && filled[position]);
        }
    }
    return facts.against(live, is_of_type);
}

}  // namespace evolver
