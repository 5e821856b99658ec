#include "dialect/sqlite/access_sql.hpp"

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/cross_sql.hpp"
#include "dialect/sqlite/in_sync.hpp"
#include "dialect/sqlite/joined.hpp"
#include "dialect/sqlite/rule_sql.hpp"
#include "evolver/dialect/access_error.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

namespace evolver::sqlite {

namespace {

bool contains(std::vector<Name> const& names, Name const& wanted) {
    return std::find(names.begin(), names.end(), wanted) != names.end();
}

/// What is common to reading and writing one shape.
class Access {
public:
    explicit Access(Shape const& shape) : shape_{shape} {}

    [[nodiscard]] OpenPair const* pair_of(Name const& column) const {
        for (auto open = shape_.pairs.rbegin(); open != shape_.pairs.rend(); ++open) {
            for (auto const& to : open->pair.to) {
                if (to.name == column) return &*open;
            }
        }
        return nullptr;
    }

    /// `expression` with each column of `columns` replaced by what `value` says.
    template <class Value>
    [[nodiscard]] static std::string substituted(Expression const& expression, std::vector<Name> const& columns,
                                                 Value const& value) {
        return replace_columns(expression.text(Engine::sqlite),
                               [&](std::string const& name) -> std::optional<std::string> {
                                   if (!contains(columns, Name{name})) return std::nullopt;
                                   return value(Name{name});
                               });
    }

    [[nodiscard]] static std::vector<Name> names_of(std::vector<Column> const& columns) {
        std::vector<Name> names;
        for (auto const& column : columns) names.push_back(column.name);
        return names;
    }

    /// The value of a column of the new shape, or of one on the way to it, over the physical columns. Rows of old releases may break a rule;
    /// where it says how they are mended, the new release reads them so.
    [[nodiscard]] std::string read(Name const& column) const {
        auto value = read_as_is(column);
        for (auto const& rule : shape_.rules) {
            for (auto const& one : rule.clean) {
                if (!(one.column == column)) continue;
                auto const spelled = [&](Name const& name) {
                    return grouped(name == column ? value : read_as_is(name));
                };
                auto const mended = replace_columns(
                    one.value.text(Engine::sqlite), [&](std::string const& name) -> std::optional<std::string> {
                        return shape_.has(Name{name}) ? std::optional{spelled(Name{name})} : std::nullopt;
                    });
                value = "CASE WHEN " + breaks(rule, spelled, other(earlier_row(shape_.table, shape_.key))) + " THEN " +
                        mended + " ELSE " + value + " END";
            }
        }
        return value;
    }

    /// True where the row breaks the rule. Within the query for another row a bare name would be a column of that: the row's own columns are named
    /// with their table.
    [[nodiscard]] std::string breaks(Rule const& rule, ColumnSpelling const& value, OtherRow const& compared) const {
        auto const physical = names_of(shape_.physical);
        auto const of_this_row = [&](Name const& column) {
            return replace_columns(value(column), [&](std::string const& name) -> std::optional<std::string> {
                if (!contains(physical, Name{name})) return std::nullopt;
                return quoted(shape_.table.text()) + "." + quoted(name);  // the table is called so in every statement
            });
        };
        return broken(rule, of_this_row, compared);
    }

    /// Of a row that a unique rule compares with. A row that is not filled is looked at again at contract: by `up` no index would serve.
    [[nodiscard]] OtherRow other(std::string row) const {
        return {.row = std::move(row), .value = [this](Name const& column) { return read_other(column); }};
    }

    [[nodiscard]] std::string read_other(Name const& column) const {
        auto const* open = pair_of(column);
        if (open != nullptr && open->pair.kind == PairKind::alias) return read_other(open->pair.from.front());
        if (open == nullptr || open->stage != Stage::off) return "evolver_other." + quoted(column.text());
        return "(" +
               substituted(up_of(open->pair, column), open->pair.from,
                           [&](Name const& from) { return read_other(from); }) +
               ")";
    }

    /// The cross pair by which the column comes from another table.
    [[nodiscard]] OpenCrossPair const* arriving(Name const& column) const {
        for (auto const& open : shape_.crossed) {
            if (open.pair.to == column && open.pair.target == shape_.physical_table()) return &open;
        }
        return nullptr;
    }

    /// In agreement is what has a value: sync fills it, and what is NULL is NULL in the other table, too, or not filled yet.
    [[nodiscard]] std::string read_arriving(OpenCrossPair const& open) const {
        auto const bare = quoted(open.pair.to.text());
        if (open.stage == Stage::switched || open.stage == Stage::complete) return bare;
        auto const said = said_by_source(open.pair, quoted(shape_.table.text()));
        return open.stage == Stage::off ? said
                                        : "CASE WHEN " + bare + " IS NULL THEN " + said + " ELSE " + bare + " END";
    }

    [[nodiscard]] std::string read_as_is(Name const& column) const {
        auto const* open = pair_of(column);
        if (open == nullptr) {
            auto const* from_elsewhere = arriving(column);
            return from_elsewhere == nullptr ? quoted(column.text()) : read_arriving(*from_elsewhere);
        }
        auto const& pair = open->pair;
        if (pair.kind == PairKind::alias) return read(pair.from.front());
        if (open->stage == Stage::switched || open->stage == Stage::complete) return quoted(column.text());
        auto const computed =
            substituted(up_of(pair, column), pair.from, [&](Name const& from) { return grouped(read(from)); });
        if (open->stage == Stage::off) return computed;
        std::string in_step;
        for (std::size_t i = 0; i < pair.from.size(); ++i) {
            auto const old_column = side(pair.from[i]);
            auto const old_value = read(pair.from[i]);
            // Of a chain: what stands in the column in between counts only where it is what a reader of that column gets.
            bool const bare = old_value == quoted(old_column.column.text());
            in_step += (i > 0 ? " AND " : "") + (bare ? "" : same(old_column, old_value) + " AND ") +
                       same(old_column, pair.down[i].text(Engine::sqlite));
        }
        return "CASE WHEN " + in_step + " THEN " + quoted(column.text()) + " ELSE " + computed + " END";
    }

    [[nodiscard]] Shape const& shape() const noexcept { return shape_; }

    /// The column of the database that `column` is, or is a second name of.
    [[nodiscard]] Side side(Name const& column) const {
        if (auto const* open = pair_of(column); open != nullptr && open->pair.kind == PairKind::alias)
            return side(open->pair.from.front());
        auto const found = std::find_if(shape_.physical.begin(), shape_.physical.end(),
                                        [&](Column const& other) { return other.name == column; });
        return {column, found == shape_.physical.end() ? Affinity::none : affinity_of(found->type)};
    }

    static std::string grouped(std::string const& expression) {
        bool const bare = expression.starts_with('"') && significant_tokens(expression).size() == 1;
        return bare ? expression : "(" + expression + ")";
    }

private:
    static Expression const& up_of(Pair const& pair, Name const& column) {
        for (std::size_t i = 0; i < pair.to.size(); ++i) {
            if (pair.to[i].name == column) return pair.up[i];
        }
        throw AccessError{
            Failure{.what = "no expression for column " + column.text()}};  // pair_of() has found it there
    }

    Shape const& shape_;
};

/// Collects what a write of new columns means for the physical ones.
class Write {
public:
    enum class Kind { insert, update };

    Write(Access const& access, Kind kind) : access_{access}, kind_{kind} {}

    void set(Name const& column, std::string const& value) {
        require_column(access_.shape(), column);
        refuse_computed(column);
        if (!values_.emplace(key(column), value).second) {
            throw AccessError{Failure{.what = "Column \"" + column.text() + "\" is written twice in one statement.",
                                      .object = column.text()}};
        }
        order_.push_back(column);
    }

    /// (physical column, expression), the caller's own first.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> assignments() {
        auto const& pairs = access_.shape().pairs;
        if (kind_ == Kind::insert) set_new_defaults();
        for (auto open = pairs.rbegin(); open != pairs.rend(); ++open) carry(*open);
        for (auto const& open : access_.shape().crossed) cross(open);
        std::vector<std::pair<std::string, std::string>> result;
        for (auto const& column : order_) {
            if (!only_carried_.count(key(column))) result.emplace_back(quoted(column.text()), values_.at(key(column)));
        }
        if (!result.empty()) hold_to_rules(result.front().second);
        return result;
    }

private:
    static std::string key(Name const& column) {
        std::string lower = column.text();
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        return lower;
    }

    void refuse_computed(Name const& column) const {
        auto const* own = physical(access_.side(column).column);
        if (own == nullptr || !own->generated) return;
        auto const& table = access_.shape().table.text();
        throw AccessError{Failure{
            .what = "Column \"" + column.text() + "\" of \"" + table + "\" is computed by the database from others.",
            .object = table + "." + column.text(),
            .instead = "write the columns that it is computed from"}};
    }

    [[nodiscard]] bool is_set(Name const& column) const { return values_.count(key(column)) > 0; }

    void carry(OpenPair const& open) {
        auto const& pair = open.pair;
        if (pair.kind == PairKind::dropped) return fill_dropped(pair);  // at every stage: no trigger does it
        auto const targets = Access::names_of(pair.to);
        if (pair.kind == PairKind::computed && kind_ == Kind::insert) set_defaults(pair);
        if (std::none_of(targets.begin(), targets.end(), [&](Name const& target) { return is_set(target); })) {
            if (pair.kind == PairKind::computed && kind_ == Kind::insert) set_older_defaults(pair);
            return;
        }
        if (pair.kind == PairKind::alias) {
            put(pair.from.front(), values_.at(key(targets.front())));
            only_carried_.insert({key(targets.front()), true});
            return;
        }
        complete_targets(pair, targets);
        if (open.stage == Stage::complete) {
            keep_not_null(pair, targets);
            return leave_out(pair);
        }
        for (std::size_t i = 0; i < pair.from.size(); ++i) {
            put(pair.from[i], Access::substituted(pair.down[i], targets, [&](Name const& target) {
                    return Access::grouped(values_.at(key(target)));
                }));
        }
        if (open.stage != Stage::off) return;
        refuse_losses(pair, targets);
        for (auto const& target : targets) only_carried_.insert({key(target), true});  // not there yet
    }

    /// What moves to another table goes along keys that this statement may write.
    void cross(OpenCrossPair const& open) {
        auto const& pair = open.pair;
        auto const& shape = access_.shape();
        auto const is_written = [&](Name const& column) { return is_set(column); };
        if (pair.target == shape.physical_table()) {
            if (open.stage == Stage::off && is_set(pair.to)) {
                throw AccessError{Failure{.what = "The database has no column \"" + pair.to.text() + "\" in \"" +
                                                  shape.table.text() + "\" yet: before expand() its values are in \"" +
                                                  pair.source.text() + "\", where this statement does not write.",
                                          .object = shape.table.text() + "." + pair.to.text(),
                                          .instead = "let a process that may change the schema call expand() first"}};
            }
            bool const both = open.stage == Stage::dual || open.stage == Stage::switched;
            // The value goes with the row; the trigger on the column carries it to where the row is now.
            if (both && kind_ == Kind::update && !is_set(pair.to) &&
                std::any_of(pair.target_key.begin(), pair.target_key.end(), is_written))
                put(pair.to, access_.read(pair.to));
            return;
        }
        bool const moves = kind_ == Kind::update && open.stage != Stage::off && open.stage != Stage::complete &&
                           std::any_of(pair.source_key.begin(), pair.source_key.end(), is_written);
        if (!moves) return;
        // What the other table says under the new key is what this release has written there.
        std::vector<std::string> key;
        for (auto const& column : pair.source_key)
            key.push_back(is_set(column) ? Access::grouped(values_.at(this->key(column)))
                                         : quoted(shape.table.text()) + "." + quoted(column.text()));
        auto const said = said_by_target(pair, key);
        put(pair.column, "coalesce(" + said + ", " + quoted(pair.column.text()) + ")");
    }

    /// Before expand there is only the old column, and what it cannot hold would be lost. Only the engine can tell, for the value at hand:
    /// json() of a text that is no JSON is the one way to make a plain statement fail there, and the text says why.
    void refuse_losses(Pair const& pair, std::vector<Name> const& targets) {
        auto const& old_column = pair.from.front();
        std::string kept;
        for (std::size_t i = 0; i < targets.size(); ++i) {
            auto const given = values_.at(key(targets[i]));
            auto const back = Access::substituted(
                pair.up[i], pair.from, [&](Name const& from) { return Access::grouped(values_.at(key(from))); });
            kept += (i > 0 ? " AND " : "") + ("(+(" + given + ") IS +(" + back + ") OR CAST((" + given +
                                              ") AS TEXT) IS CAST((" + back + ") AS TEXT))");
        }
        auto const why = "evolver: " + pair.table.text() + "." + old_column.text() +
                         " cannot hold this value, and the new column is not there before expand()";
        values_[key(old_column)] =
            "CASE WHEN " + kept + " THEN " + values_.at(key(old_column)) + " ELSE json(" + literal(why) + ") END";
    }

    /// The table has them only after contract.
    void set_new_defaults() {
        for (auto const& one : access_.shape().defaults) {
            if (!is_set(one.column) && access_.shape().has(one.column)) put_default(one);
        }
    }

    /// An older column whose default the release has changed before another one took its place: sync would carry the table's own over.
    void set_older_defaults(Pair const& pair) {
        for (auto const& one : access_.shape().defaults) {
            if (!is_set(one.column) && contains(pair.from, one.column)) put_default(one);
        }
    }

    void put_default(NewDefault const& one) {
        put(one.column, one.value ? "(" + one.value->text(Engine::sqlite) + ")" : "NULL");
    }

    /// What the table will be held to after contract, this release's writes are held to now; json() as in refuse_losses().
    void hold_to_rules(std::string& first_value) const {
        auto const& shape = access_.shape();
        std::string guards = guards_;
        for (auto const& rule : shape.rules) {
            bool const touched = std::any_of(rule.columns.begin(), rule.columns.end(),
                                             [&](Name const& column) { return is_set(column); });
            if (!touched && kind_ == Kind::insert && rule.kind == RuleKind::not_null) require_default(rule);
            if (!touched) continue;
            auto const other = access_.other(kind_ == Kind::update ? another_row(shape.table, shape.key) : "");
            guards += " WHEN " +
                      access_.breaks(
                          rule, [&](Name const& column) { return Access::grouped(written(column)); }, other) +
                      " THEN json(" + literal("evolver: this release keeps the rule that " + name_of(rule)) + ")";
        }
        if (!guards.empty()) first_value = "CASE" + guards + " ELSE " + first_value + " END";
    }

    /// What the column holds after the statement.
    [[nodiscard]] std::string written(Name const& column) const {
        if (is_set(column)) return values_.at(key(column));
        if (kind_ == Kind::update) return access_.read(column);
        auto const* own = physical(column);
        return own != nullptr && own->default_value ? own->default_value->text(Engine::sqlite) : "NULL";
    }

    [[nodiscard]] Column const* physical(Name const& column) const {
        auto const& columns = access_.shape().physical;
        auto const found =
            std::find_if(columns.begin(), columns.end(), [&](Column const& other) { return other.name == column; });
        return found == columns.end() ? nullptr : &*found;
    }

    void require_default(Rule const& rule) const {
        auto const& column = rule.columns.front();
        auto const* own = physical(column);
        if (own != nullptr && own->default_value) return;
        throw AccessError{Failure{.what = "The insert into \"" + rule.table.text() + "\" lacks the column \"" +
                                          column.text() + "\", which is NOT NULL in this release.",
                                  .object = rule.table.text() + "." + column.text(),
                                  .instead = "name it in the insert, or give it a default: SetDefault"}};
    }

    /// The new columns have their defaults only after contract.
    void set_defaults(Pair const& pair) {
        for (auto const& column : pair.to) {
            if (column.default_value && !is_set(column.name))
                put(column.name, "(" + column.default_value->text(Engine::sqlite) + ")");
        }
    }

    /// `down` needs every new column. An update takes those that it does not name from the row, and writes them, too: a row that is not
    /// filled yet would otherwise lose them.
    void complete_targets(Pair const& pair, std::vector<Name> const& targets) {
        for (auto const& target : targets) {
            if (is_set(target)) continue;
            if (kind_ == Kind::update) {
                put(target, access_.read(target));
                continue;
            }
            std::vector<std::string> all;
            for (auto const& name : targets) all.push_back(name.text());
            throw AccessError{Failure{
                .what = "The insert into \"" + pair.table.text() + "\" lacks the column \"" + target.text() +
                        "\", without which the old column \"" + pair.from.front().text() + "\" cannot be computed.",
                .object = pair.table.text() + "." + target.text(),
                .instead =
                    "name all of " + joined(all, ", ") + " (bind NULL where there is no value), or none of them"}};
        }
    }

    /// The trigger fills an old column from the new ones, unless it finds something in it: its default would count as written.
    void leave_out(Pair const& pair) {
        if (kind_ == Kind::update) return;
        for (auto const& from : pair.from) {
            auto const* column = physical(from);
            if (column != nullptr && column->default_value) put(from, "NULL");
        }
    }

    /// An old column that accepts NULL for now was NOT NULL, which the new ones are to be: what it would have refused is refused here.
    void keep_not_null(Pair const& pair, std::vector<Name> const& targets) {
        for (std::size_t i = 0; i < pair.from.size(); ++i) {
            auto const* column = physical(pair.from[i]);
            if (column == nullptr || column->nullable) continue;
            auto const old_value = Access::substituted(
                pair.down[i], targets, [&](Name const& target) { return Access::grouped(values_.at(key(target))); });
            guards_ += " WHEN (" + old_value + ") IS NULL THEN json(" +
                       literal("evolver: " + pair.table.text() + "." + pair.from[i].text() +
                               " was NOT NULL, and this value would be NULL there") +
                       ")";
        }
    }

    void fill_dropped(Pair const& pair) {
        if (kind_ == Kind::update || pair.down.empty()) return;
        // By the names of its own release, too: a column that was renamed since is written under both.
        std::vector<Name> all = access_.shape().columns;
        for (auto const& column : access_.shape().physical) all.push_back(column.name);
        auto const filled = Access::substituted(pair.down.front(), all, [&](Name const& column) {
            if (is_set(column)) return Access::grouped(values_.at(key(column)));
            throw AccessError{Failure{.what = "The insert into \"" + pair.table.text() + "\" lacks the column \"" +
                                              column.text() + "\", from which older releases' column \"" +
                                              pair.from.front().text() + "\" is computed.",
                                      .object = pair.table.text() + "." + column.text(),
                                      .instead = "name " + column.text() + " in the insert"}};
        });
        put(pair.from.front(), filled);
    }

    void put(Name const& column, std::string const& value) {
        values_[key(column)] = value;
        order_.push_back(column);
    }

    Access const& access_;
    Kind kind_;
    std::map<std::string, std::string> values_;
    std::vector<Name> order_;
    std::map<std::string, bool> only_carried_;  // written as something else, not under this name
    std::string guards_;                        // of columns that accept NULL for now
};

/// The table under the name that the release's own text calls it by.
std::string table_sql(Shape const& shape) {
    auto const name = quoted(shape.table.text());
    return shape.stands_for ? quoted(shape.stands_for->text()) + " AS " + name : name;
}

}  // namespace

std::string insert_sql(Shape const& shape, std::vector<Name> const& columns) {
    Access const access{shape};
    Write write{access, Write::Kind::insert};
    auto const binds = placeholders_of(shape, columns);
    for (std::size_t i = 0; i < columns.size(); ++i) write.set(columns[i], binds[i]);
    std::vector<std::string> names;
    std::vector<std::string> values;
    for (auto const& [name, value] : write.assignments()) {
        names.push_back(name);
        values.push_back(value);
    }
    std::string const into = "INSERT INTO " + table_sql(shape);
    return names.empty() ? into + " DEFAULT VALUES"
                         : into + " (" + joined(names, ", ") + ") VALUES (" + joined(values, ", ") + ")";
}

std::string update_sql(Shape const& shape, std::vector<Assignment> const& assignments) {
    require_any(shape, !assignments.empty(), "An update");
    Access const access{shape};
    Write write{access, Write::Kind::update};
    for (auto const& assignment : assignments) {
        write.set(assignment.column,
                  Access::substituted(Expression{assignment.value}, shape.columns, [&](Name const& column) {
                      require_column(shape, column);
                      return Access::grouped(access.read(column));
                  }));
    }
    std::vector<std::string> parts;
    for (auto const& [name, value] : write.assignments()) parts.push_back(name + " = " + value);
    return "UPDATE " + table_sql(shape) + " SET " + joined(parts, ", ");
}

std::string delete_sql(Shape const& shape) {
    require_table(shape);
    return "DELETE FROM " + table_sql(shape);
}

std::string from_sql(Shape const& shape, std::string_view alias) {
    Access const access{shape};
    std::vector<std::string> parts;
    bool bare = true;
    for (auto const& column : shape.columns) {
        if (contains(shape.absent, column)) continue;
        auto const value = access.read(column);
        bare = bare && value == quoted(column.text());
        parts.push_back(value + " AS " + quoted(column.text()));
    }
    if (parts.empty()) {
        throw AccessError{Failure{.what = "The database has no table \"" + shape.table.text() +
                                          "\" yet: the migration that makes it is not expanded.",
                                  .object = shape.table.text(),
                                  .instead = "let a process that may change the schema call expand() first"}};
    }
    if (bare) return quoted(shape.physical_table().text()) + " AS " + quoted(alias);
    return "(SELECT " + joined(parts, ", ") + " FROM " + table_sql(shape) + ") AS " + quoted(alias);
}

std::string select_sql(Shape const& shape, std::vector<Name> const& columns) {
    require_any(shape, !columns.empty(), "A select");
    Access const access{shape};
    std::vector<std::string> names;
    for (auto const& column : columns) {
        require_column(shape, column);
        names.push_back(quoted(column.text()));
    }
    return "SELECT " + joined(names, ", ") + " FROM " + from_sql(shape, shape.table.text());
}

std::string column_sql(Shape const& shape, Name const& column) {
    Access const access{shape};
    require_column(shape, column);
    return Access::grouped(access.read(column));
}

}  // namespace evolver::sqlite
