#include "long/random/statements.hpp"

#include <fmt/format.h>

#include <iterator>

namespace evolver::random_test {

// ---- values

Value Statements::value_for(std::size_t link, unsigned number) const {
    if (number % 7 == 0) return Null{};
    if (model_.links()[link].number) return static_cast<std::int64_t>(number % 97);
    static constexpr char const* texts[] = {"12", "12 kB", "007", "abc", "", "40", "99 ", "5", "-3", "1e3", "3.7", "0"};
    if (number % 5 == 0) return std::to_string(number % 50);
    return std::string{texts[(number / 7) % std::size(texts)]};
}

Value Statements::raw_value(unsigned number, Value const& old_value) const {
    auto const agreeing = number % 3 == 0 ? model_.newest_of(old_value) : Value{Null{}};
    if (agreeing != Value{Null{}}) return agreeing;
    return value_for(model_.top, number % 7 == 0 ? number + 1 : number);
}

Value Statements::new_key() {
    ++keys_;
    if (setting_.keys == Keys::text) return keys_ % 5 == 0 ? Value{Null{}} : Value{"key-" + std::to_string(keys_)};
    return keys_;
}

Value Statements::side_value(unsigned number) const {
    static constexpr char const* cases[] = {"Ab", "aB", "AB", "ab", ""};
    if (setting_.side == Side::cased)
        return number % 6 == 0 ? Value{Null{}} : Value{std::string{cases[(number / 6) % std::size(cases)]}};
    static constexpr char const* texts[] = {"7|seven", "12", "|", "a|", "|b", "a|b|c", "", "40|x", "5"};
    return number % 6 == 0 ? Value{Null{}} : Value{std::string{texts[(number / 6) % std::size(texts)]}};
}

std::string Statements::old_column() const { return model_.links()[model_.floor].column; }

// ---- the oldest release that may live: plain SQL

void Statements::insert_old(Step const& step) {
    if (model_.rows().size() >= 14) return remove(step);
    auto const key = new_key();
    auto& row = model_.add(key, ++us_);
    if (step.b % 6 == 0) {  // names no paired column: the default, where there is one
        if (model_.top > 0 && model_.floor == 0 && step.b % 12 == 0) return insert_new_without(row);
        database_.run("INSERT INTO t (k, u, other) VALUES (?, ?, 'o')", {row.key, row.u});
        if (setting_.old_has_default) model_.inserted(row, model_.floor, model_.default_of(model_.floor));
        return;
    }
    auto const value = value_for(model_.floor, step.a);
    bool const returning = step.b % 5 == 1;
    auto const returned = database_.run("INSERT INTO t (k, u, " + old_column() + ") VALUES (?, ?, ?)" +
                                            (returning ? " RETURNING u, " + old_column() : ""),
                                        {row.key, row.u, value});
    expect_returned(returning, returned, {row.u, model_.stored(model_.floor, value)});
    model_.inserted(row, model_.floor, value);
}

void Statements::insert_new_without(Row& row) {
    auto const sql = (database_.table(model_.top).insert({"k", "u", "other"})).text();
    database_.run_named(sql, {{"k", row.key}, {"u", row.u}, {"other", std::string{"n"}}});
    // The default is the new release's own.
    if (!setting_.old_has_default) return;
    auto const& link = model_.links()[model_.top];
    row.seen[model_.top] = Null{};
    model_.wrote_live(row, model_.top,
                      link.column == "z" ? Value{std::int64_t{0}}
                      : link.number      ? Value{std::int64_t{5}}
                                         : Value{std::string{"5"}});
}

void Statements::update_old(Step const& step) {
    auto* row = model_.pick(step.b);
    if (row == nullptr) return;
    auto const value = value_for(model_.floor, step.a);
    bool const returning = step.c % 5 == 1;
    auto const returned = database_.run(
        "UPDATE t SET " + old_column() + " = ? WHERE u = ?" + (returning ? " RETURNING k, " + old_column() : ""),
        {value, row->u});
    expect_returned(returning, returned, {row->key, model_.stored(model_.floor, value)});
    model_.audited(1);
    model_.updated_old(*row, value);
}

void Statements::update_old_expression(Step const& step) {
    auto* row = model_.pick(step.b);
    if (row == nullptr) return;
    auto const expression = model_.links()[model_.floor].number ? old_column() + " + 1" : old_column() + " || '1'";
    database_.run("UPDATE t SET " + old_column() + " = " + expression + " WHERE u = ?", {row->u});
    model_.audited(1);
    auto const& seen = row->seen[model_.floor];
    Value after = Null{};
    if (auto const* number = std::get_if<std::int64_t>(&seen)) after = *number + 1;
    if (auto const* text = std::get_if<std::string>(&seen)) after = *text + "1";
    model_.updated_old(*row, after);
}

void Statements::upsert_old(Step const& step) {
    auto* row = model_.pick(step.b);
    if (row == nullptr) return insert_old(step);
    auto const value = value_for(model_.floor, step.a);
    auto const key = setting_.keys == Keys::without_rowid ? row->key : new_key();
    std::string const target = setting_.keys == Keys::without_rowid ? "(k, u)" : "(u)";
    database_.run("INSERT INTO t (k, u, " + old_column() + ") VALUES (?, ?, ?) ON CONFLICT " + target +
                      " DO UPDATE SET " + old_column() + " = excluded." + old_column(),
                  {key, row->u, value});
    model_.audited(1);
    model_.updated_old(*row, value);
}

void Statements::insert_or_ignore(Step const& step) {
    auto* row = model_.pick(step.b);
    if (row == nullptr) return insert_old(step);
    auto const key = setting_.keys == Keys::without_rowid ? row->key : new_key();
    database_.run("INSERT OR IGNORE INTO t (k, u, " + old_column() + ") VALUES (?, ?, ?)",
                  {key, row->u, value_for(model_.floor, step.a)});
    if (step.c % 2 == 0) return;
    auto const value = value_for(model_.floor, step.a + 1);
    database_.run("UPDATE OR IGNORE t SET " + old_column() + " = ? WHERE u = ?", {value, row->u});
    model_.audited(1);
    model_.updated_old(*row, value);
}

void Statements::replace_old(Step const& step) {
    auto* row = model_.pick(step.b);
    if (row == nullptr) return insert_old(step);
    auto const value = value_for(model_.floor, step.a);
    auto const key = setting_.keys == Keys::without_rowid ? row->key : new_key();
    database_.run("INSERT OR REPLACE INTO t (k, u, " + old_column() + ") VALUES (?, ?, ?)", {key, row->u, value});
    row->key = key;
    model_.inserted(*row, model_.floor, value);
}

void Statements::remove(Step const& step) {
    auto* row = model_.pick(step.b);
    if (row == nullptr) return;
    auto const u = row->u;
    database_.run("DELETE FROM t WHERE u = ?", {u});
    model_.rows().erase(u);
}

void Statements::change_key(Step const& step) {
    auto* row = model_.pick(step.b);
    if (row == nullptr) return;
    if (step.c % 2 == 1) return move_to_front(*row);
    auto const key = new_key();
    database_.run("UPDATE t SET k = ? WHERE u = ?", {key, row->u});
    model_.audited(1);
    row->key = key;
}

void Statements::move_to_front(Row& row) {
    auto const key = setting_.keys == Keys::text ? Value{"a-" + std::to_string(++keys_)} : Value{-(++keys_)};
    database_.run("UPDATE t SET k = ? WHERE u = ?", {key, row.u});
    model_.audited(1);
    row.key = key;
}

void Statements::write_highest(Row& row) {
    auto const value = std::to_string(highest);
    database_.run("UPDATE t SET x = ? WHERE u = ?", {value, row.u});
    model_.audited(1);
    model_.updated_old(row, value);
}

void Statements::update_unrelated(Step const& step) {
    auto* row = model_.pick(step.b);
    if (row == nullptr) return;
    database_.run("UPDATE t SET other = ? WHERE u = ?", {std::to_string(step.a), row->u});
    model_.audited(1);
}

// ---- newer releases

void Statements::insert_new(Step const& step) {
    if (model_.top == model_.floor) return insert_old(step);
    if (model_.rows().size() >= 14) return remove(step);
    auto const& column = model_.links()[model_.top].column;
    auto const value = value_for(model_.top, step.a);
    auto const key = new_key();
    auto& row = model_.add(key, ++us_);
    bool const returning = step.b % 4 == 1;
    auto const sql =
        database_.table(model_.top).insert({"k", "u", column}) + (returning ? " RETURNING u, " + column : "");
    auto const returned = database_.run_named(sql.text(), {{"k", row.key}, {"u", row.u}, {column, value}});
    expect_returned(returning, returned, {row.u, model_.stored(model_.top, value)});
    row.seen[model_.top] = Null{};
    model_.wrote_live(row, model_.top, value);
}

void Statements::update_new(Step const& step) {
    auto* row = model_.pick(step.b);
    if (row == nullptr || model_.top == model_.floor) return update_old(step);
    auto const& column = model_.links()[model_.top].column;
    auto const value = value_for(model_.top, step.a);
    bool const returning = step.c % 4 == 1;
    auto const sql = database_.table(model_.top).update({std::string_view{column}}) + " WHERE u = :u" +
                     (returning ? " RETURNING k, " + column : "");
    auto const returned = database_.run_named(sql.text(), {{column, value}, {"u", row->u}});
    expect_returned(returning, returned, {row->key, model_.stored(model_.top, value)});
    model_.audited(1);
    auto const before = row->seen[model_.floor];
    model_.wrote_live(*row, model_.top, value);
    model_.trimmed_after_live(*row, before);
}

void Statements::update_new_expression(Step const& step) {
    auto* row = model_.pick(step.b);
    if (row == nullptr || model_.top == model_.floor) return update_old_expression(step);
    auto const& link = model_.links()[model_.top];
    auto const expression = link.number ? link.column + " + :d" : link.column + " || :d";
    Value const delta = link.number ? Value{std::int64_t{step.a % 20}} : Value{std::string{"1"}};
    database_.run_named((database_.table(model_.top).update({{link.column, expression}}) + " WHERE u = :u").text(),
                        {{"d", delta}, {"u", row->u}});
    model_.audited(1);
    Value after = Null{};
    if (auto const* number = std::get_if<std::int64_t>(&row->seen[model_.top]))
        after = *number + std::get<std::int64_t>(delta);
    if (auto const* text = std::get_if<std::string>(&row->seen[model_.top])) after = *text + "1";
    auto const before = row->seen[model_.floor];
    model_.wrote_live(*row, model_.top, after);
    model_.trimmed_after_live(*row, before);
}

void Statements::upsert_new(Step const& step) {
    auto* row = model_.pick(step.b);
    auto const& link = model_.links()[model_.top];
    if (row == nullptr || model_.top == model_.floor || link.up.empty()) return upsert_old(step);
    auto const value = raw_value(step.a, row->seen[model_.floor]);  // by hand, in DO UPDATE
    auto const key = setting_.keys == Keys::without_rowid ? row->key : new_key();
    std::string const target = setting_.keys == Keys::without_rowid ? "(k, u)" : "(u)";
    auto const sql = (database_.table(model_.top).insert({"k", "u", link.column}) + " ON CONFLICT " + target +
                      " DO UPDATE SET " + link.column + " = excluded." + link.column)
                         .text();
    database_.run_named(sql, {{"k", key}, {"u", row->u}, {link.column, value}});
    model_.audited_exactly = false;
    auto const before = row->seen[model_.floor];
    model_.wrote(*row, {{model_.top, value}});
    model_.trimmed_after_live(*row, before);
}

void Statements::update_raw_new(Step const& step) {
    auto* row = model_.pick(step.b);
    auto const& link = model_.links()[model_.top];
    if (row == nullptr || model_.top == model_.floor || link.up.empty()) return update_old(step);
    auto const value = raw_value(step.a, row->seen[model_.floor]);
    database_.run("UPDATE t SET " + link.column + " = ? WHERE u = ?", {value, row->u});
    model_.audited_exactly = false;
    auto const before = row->seen[model_.floor];
    model_.wrote(*row, {{model_.top, value}});
    model_.trimmed_after_live(*row, before);
}

void Statements::update_both(Step const& step) {
    auto* row = model_.pick(step.b);
    auto const& link = model_.links()[model_.top];
    if (row == nullptr || model_.top == model_.floor || link.up.empty()) return update_old(step);
    auto const old_value = value_for(model_.floor, step.c);
    auto const value = raw_value(step.a, old_value);
    // What the new column shows already is a write of it where it is not filled, and none where it is: only the old one
    // changes.
    if (value == row->seen[model_.top]) return;
    database_.run("UPDATE t SET " + old_column() + " = ?, " + link.column + " = ? WHERE u = ?",
                  {old_value, value, row->u});
    model_.audited_exactly = false;
    auto const before = row->seen[model_.floor];
    if (model_.rewritten(old_value) != old_value && before != old_value) {
        // The application's trigger rewrites the old column after the statement: an old write of its own, which comes
        // last.
        model_.wrote(*row, {{model_.floor, old_value}, {model_.top, value}});
        model_.wrote(*row, {{model_.floor, model_.rewritten(old_value)}});
        return;
    }
    model_.wrote(*row, {{model_.floor, old_value}, {model_.top, value}});
    model_.trimmed_after_live(*row, before);
}

bool Statements::has_raw_new() const { return model_.top > model_.floor && !model_.links()[model_.top].up.empty(); }

void Statements::put_defaults(Row& row) const {
    for (std::size_t i = model_.floor; i < row.seen.size(); ++i) row.seen[i] = model_.default_of(i);
    row.side = {};
}

Row& Statements::add_with_defaults(Value key) {
    auto& row = model_.add(std::move(key), ++us_);
    put_defaults(row);
    return row;
}

void Statements::insert_raw_new(Step const& step) {
    if (!has_raw_new()) return insert_old(step);
    if (model_.rows().size() >= 14) return remove(step);
    auto const& column = model_.links()[model_.top].column;
    auto& row = add_with_defaults(new_key());
    auto const value = raw_value(step.a, row.seen[model_.floor]);
    bool const returning = step.b % 4 == 1;
    auto const returned = database_.run(
        "INSERT INTO t (k, u, " + column + ") VALUES (?, ?, ?)" + (returning ? " RETURNING u, " + column : ""),
        {row.key, row.u, value});
    expect_returned(returning, returned, {row.u, model_.stored(model_.top, value)});
    model_.audited_exactly = false;
    model_.inserted_by_hand(row, {{model_.top, value}});
}

void Statements::insert_both(Step const& step) {
    if (!has_raw_new()) return insert_old(step);
    if (model_.rows().size() >= 14) return remove(step);
    auto& row = add_with_defaults(new_key());
    auto const old_value = value_for(model_.floor, step.c);
    auto const value = raw_value(step.a, old_value);
    database_.run(
        "INSERT INTO t (k, u, " + old_column() + ", " + model_.links()[model_.top].column + ") VALUES (?, ?, ?, ?)",
        {row.key, row.u, old_value, value});
    model_.audited_exactly = false;
    model_.inserted_by_hand(row, {{model_.floor, old_value}, {model_.top, value}});
}

void Statements::replace_raw_new(Step const& step) {
    auto* row = model_.pick(step.b);
    if (row == nullptr || !has_raw_new()) return replace_old(step);
    auto const key = setting_.keys == Keys::without_rowid ? row->key : new_key();
    put_defaults(*row);
    row->key = key;
    auto const value = raw_value(step.a, row->seen[model_.floor]);
    database_.run("REPLACE INTO t (k, u, " + model_.links()[model_.top].column + ") VALUES (?, ?, ?)",
                  {key, row->u, value});
    model_.audited_exactly = false;
    model_.inserted_by_hand(*row, {{model_.top, value}});
}

/// An insert of a row that is there, which leaves it as it was, or an update that meets nothing to ignore.
void Statements::ignore_new(Step const& step) {
    auto* row = model_.pick(step.b);
    if (row == nullptr || !has_raw_new()) return insert_or_ignore(step);
    auto const& column = model_.links()[model_.top].column;
    auto const key = setting_.keys == Keys::without_rowid ? row->key : new_key();
    auto const value = raw_value(step.a, row->seen[model_.floor]);
    switch (step.c % 3) {
        case 0:
            database_.run("INSERT OR IGNORE INTO t (k, u, " + column + ") VALUES (?, ?, ?)", {key, row->u, value});
            return;
        case 1:
            database_.run_named(
                (database_.table(model_.top).insert({"k", "u", column}) + " ON CONFLICT DO NOTHING").text(),
                {{"k", key}, {"u", row->u}, {column, value}});
            return;
        default: break;
    }
    database_.run("UPDATE OR IGNORE t SET " + column + " = ? WHERE u = ?", {value, row->u});
    model_.audited_exactly = false;
    auto const before = row->seen[model_.floor];
    model_.wrote(*row, {{model_.top, value}});
    model_.trimmed_after_live(*row, before);
}

void Statements::expect_returned(bool asked, Database::Rows const& returned, std::vector<Value> const& expected) {
    auto const in_words = [](std::vector<Value> const& row) {
        std::string words;
        for (auto const& value : row) words += to_text(value) + " ";
        return words;
    };
    if (!asked) return;
    if (returned.size() != 1 || returned.front() != expected)
        throw Failed{fmt::format("RETURNING gave {} rows, the first {}, expected {}", returned.size(),
                                 returned.empty() ? "" : in_words(returned.front()), in_words(expected))};
}

// ---- the second pair

void Statements::update_side_old(Step const& step) {
    auto* row = model_.pick(step.b);
    if (row == nullptr || setting_.side == Side::none || model_.side_contracted()) return update_old(step);
    auto const value = side_value(step.a);
    model_.audited(1);
    if (step.c % 3 == 0) {  // both old columns in one statement
        auto const other = value_for(model_.floor, step.c);
        database_.run("UPDATE t SET p = ?, " + old_column() + " = ? WHERE u = ?", {value, other, row->u});
        model_.wrote_p(*row, value);
        return model_.updated_old(*row, other);
    }
    database_.run("UPDATE t SET p = ? WHERE u = ?", {value, row->u});
    model_.wrote_p(*row, value);
}

void Statements::update_side_new(Step const& step) {
    auto* row = model_.pick(step.b);
    if (row == nullptr || !model_.side_open()) return update_new(step);
    bool const split = setting_.side == Side::split;
    std::string const column = split && step.c % 2 == 0 ? "q2" : "q1";
    Value const value = setting_.side == Side::cased ? side_value(step.a)
                        : step.a % 6 == 0            ? Value{Null{}}
                        : split ? Value{std::string{step.a % 4 == 0 ? "" : "part" + std::to_string(step.a % 9)}}
                                : Value{std::int64_t{step.a % 50}};
    database_.run_named((database_.table(model_.top).update({std::string_view{column}}) + " WHERE u = :u").text(),
                        {{column, value}, {"u", row->u}});
    model_.audited(1);
    (column == "q1" ? row->side.q1 : row->side.q2) = value;
    model_.wrote_side_live(*row);
}

}  // namespace evolver::random_test
