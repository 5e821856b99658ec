// Random histories: statements of old and new releases interleaved with every phase, against a simple model.
//
//   evolver_random [--steps N] [--seed S] [--histories-from S]
//
// The model knows nothing of phases, backfills or triggers: a row is what each release sees of it, and a write of one release changes
// what the others see by the rules of promise P2. So whatever evolver does beside the statements must not show. A history is a list of
// numbers that are given a meaning as it is played, so any part of it is a history too: the shortest one that fails is looked for and shown.

#include "dialect/sqlite/connection.hpp"
#include "evolver/evolver.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>

#include "support/raw_sqlite.hpp"

namespace {

using evolver::sqlite::Connection;
using evolver::sqlite::Null;
using evolver::sqlite::Value;

struct Step {
    unsigned kind, a, b, c;
};

struct Failed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

enum class Keys { rowid, text, without_rowid };
enum class Chain { single, chained, renamed_then_changed, changed_then_renamed };
/// A second pair of the same table, that has nothing to do with the first.
enum class Side { none, changed, split };

/// What a world is like; chosen by the seed.
struct Setting {
    Keys keys = Keys::rowid;
    Chain chain = Chain::single;
    Side side = Side::none;
    bool old_has_default = false;
    bool trigger_before = false;  // the application's own trigger that rewrites the old column, made before expand
    bool trigger_after = false;   // the same, made after expand, without a column list
    bool audit = false;           // the application's audit trigger, without a column list
    bool recursive = false;
    bool wal = true;
};

std::string in_words(Setting const& s) {
    return fmt::format(
        "keys={} chain={} side={} default={} trigger_before={} trigger_after={} audit={} recursive={} wal={}",
        static_cast<int>(s.keys), static_cast<int>(s.chain), static_cast<int>(s.side), s.old_has_default,
        s.trigger_before, s.trigger_after, s.audit, s.recursive, s.wal);
}

/// Sizes as text with a unit, as numbers of bytes, as numbers of pages. Both pairs lose something, and all is settled after one round trip.
constexpr char const* to_number = "CASE WHEN x GLOB '[0-9]*' THEN CAST(x AS INTEGER) END";
constexpr char const* to_text = "CAST(y AS TEXT)";
constexpr char const* to_pages = "y / 10";
constexpr char const* from_pages = "z * 10";

/// A text of two parts as two columns, or as a number.
constexpr char const* split_first = "CASE WHEN instr(p, '|') > 0 THEN substr(p, 1, instr(p, '|') - 1) ELSE p END";
constexpr char const* split_second = "CASE WHEN instr(p, '|') > 0 THEN substr(p, instr(p, '|') + 1) END";
constexpr char const* join_both = "CASE WHEN q2 IS NULL THEN q1 ELSE COALESCE(q1, '') || '|' || q2 END";
constexpr char const* side_number = "CASE WHEN p GLOB '[0-9]*' THEN CAST(p AS INTEGER) END";

evolver::Operation side_operation(Side side) {
    using namespace evolver;
    if (side == Side::split) {
        return SplitColumn{.table = "t",
                           .from = "p",
                           .into = {{.name = "q1", .type = text(), .up = split_first},
                                    {.name = "q2", .type = text(), .up = split_second}},
                           .down = join_both};
    }
    return ChangeType{
        .table = "t", .from = "p", .to = "q1", .type = integer(), .up = side_number, .down = "CAST(q1 AS TEXT)"};
}

evolver::Plan chain_plan(Setting const& setting) {
    using namespace evolver;
    std::vector<Column> columns{{.name = "k", .type = integer(), .primary_key = setting.keys == Keys::rowid},
                                {.name = "u", .type = integer()},
                                {.name = "other", .type = text()},
                                {.name = "p", .type = text()}};
    Column x{.name = "x", .type = text()};
    if (setting.old_has_default) x.default_value = "'5'";
    columns.push_back(x);
    CreateTable table{.table = "t", .columns = columns};
    if (setting.keys == Keys::text) table.columns.front() = Column{.name = "k", .type = text()};
    if (setting.keys == Keys::without_rowid) {
        table.columns.front().nullable = false;
        table.columns[1].nullable = false;
        table.primary_key = {"k", "u"};
        table.without_rowid = true;
    }
    Migration first{.id = "0001",
                    .release = "1.0",
                    .operations = {table, CreateIndex{.name = "t_u", .table = "t", .columns = {"u"}, .unique = true}}};
    ChangeType change{.table = "t", .from = "x", .to = "y", .type = integer(), .up = to_number, .down = to_text};
    if (setting.old_has_default) change.default_value = "5";
    ChangeType pages{.table = "t", .from = "y", .to = "z", .type = integer(), .up = to_pages, .down = from_pages};
    if (setting.old_has_default) pages.default_value = "0";
    switch (setting.chain) {
        case Chain::single: return Plan{"random", {first, {.id = "0002", .release = "2.0", .operations = {change}}}};
        case Chain::chained:
            return Plan{"random",
                        {first,
                         {.id = "0002", .release = "2.0", .operations = {change}},
                         {.id = "0003", .release = "3.0", .operations = {pages}}}};
        case Chain::renamed_then_changed: {
            ChangeType renamed = change;
            renamed.from = "w";
            renamed.up = "CASE WHEN w GLOB '[0-9]*' THEN CAST(w AS INTEGER) END";
            return Plan{
                "random",
                {first,
                 {.id = "0002", .release = "2.0", .operations = {RenameColumn{.table = "t", .from = "x", .to = "w"}}},
                 {.id = "0003", .release = "3.0", .operations = {renamed}}}};
        }
        case Chain::changed_then_renamed:
            return Plan{
                "random",
                {first,
                 {.id = "0002", .release = "2.0", .operations = {change}},
                 {.id = "0003", .release = "3.0", .operations = {RenameColumn{.table = "t", .from = "y", .to = "v"}}}}};
    }
    std::abort();
}

/// The second pair comes with the last release, in a migration of its own.
evolver::Plan plan_of(Setting const& setting) {
    auto const chain = chain_plan(setting);
    if (setting.side == Side::none) return chain;
    std::vector<evolver::Migration> migrations{chain.migrations().begin(), chain.migrations().end()};
    migrations.push_back(
        {.id = "0009", .release = chain.releases().back(), .operations = {side_operation(setting.side)}});
    return evolver::Plan{"random", std::move(migrations)};
}

/// The columns that the releases name, oldest first, and whether one is only a second name of the one before.
struct Link {
    std::string column;
    std::string up;    // over the column before; empty: the same value
    std::string down;  // over this column
    bool number = false;
};

std::vector<Link> links_of(Setting const& setting) {
    Link const x{"x", "", "", false};
    Link const y{"y", to_number, to_text, true};
    switch (setting.chain) {
        case Chain::single: return {x, y};
        case Chain::chained: return {x, y, {"z", to_pages, from_pages, true}};
        case Chain::renamed_then_changed:
            return {
                x, {"w", "", "", false}, {"y", "CASE WHEN w GLOB '[0-9]*' THEN CAST(w AS INTEGER) END", to_text, true}};
        case Chain::changed_then_renamed: return {x, y, {"v", "", "", true}};
    }
    std::abort();
}

/// What the releases see of a row.
struct Row {
    Value key;
    std::int64_t u = 0;
    std::vector<Value> seen;  // one per link
    Value p = Null{};         // the second pair: its old column and its new ones
    Value q1 = Null{};
    Value q2 = Null{};
};

/// Converts as the database does.
class Converter {
public:
    explicit Converter(std::vector<Link> links) : links_{std::move(links)}, scratch_{Connection::in_memory()} {
        std::string columns;
        for (auto const& link : links_)
            columns += (columns.empty() ? "" : ", ") + link.column + (link.number ? " BIGINT" : " TEXT");
        scratch_.run("CREATE TABLE s (" + columns + ")");
    }
    Value stored(std::size_t link, Value const& value) const {
        scratch_.run("DELETE FROM s");
        auto insert = scratch_.prepare("INSERT INTO s (" + links_[link].column + ") VALUES (?)");
        insert.bind(1, value);
        insert.run();
        return scratch_.scalar("SELECT " + links_[link].column + " FROM s");
    }
    Value up(std::size_t to, Value const& from) const {
        if (links_[to].up.empty()) return from;
        return stored(to, computed(links_[to - 1].column, links_[to].up, stored(to - 1, from), to - 1));
    }
    Value down(std::size_t from, Value const& value) const {
        if (links_[from].down.empty()) return value;
        return stored(from - 1, computed(links_[from].column, links_[from].down, stored(from, value), from));
    }
    bool in_sync(std::size_t newer, Value const& old_value, Value const& new_value) const {
        return new_value == up(newer, old_value) || old_value == down(newer, new_value);
    }
    std::vector<Link> const& links() const { return links_; }

private:
    Value computed(std::string const& column, std::string const& expression, Value const& value,
                   std::size_t link) const {
        scratch_.run("DELETE FROM s");
        auto insert = scratch_.prepare("INSERT INTO s (" + column + ") VALUES (?)");
        insert.bind(1, value);
        insert.run();
        (void)link;
        return scratch_.scalar("SELECT " + expression + " FROM s");
    }
    std::vector<Link> links_;
    Connection scratch_;
};

/// Converts the second pair.
class SideConverter {
public:
    explicit SideConverter(Side side) : side_{side}, scratch_{Connection::in_memory()} {
        scratch_.run(side == Side::split ? "CREATE TABLE s (p TEXT, q1 TEXT, q2 TEXT)"
                                         : "CREATE TABLE s (p TEXT, q1 BIGINT, q2 TEXT)");
    }
    void up(Row& row) const {
        store("p", row.p);
        auto const first =
            scratch_.scalar(std::string{"SELECT "} + (side_ == Side::split ? split_first : side_number) + " FROM s");
        row.q2 =
            side_ == Side::split ? scratch_.scalar(std::string{"SELECT "} + split_second + " FROM s") : Value{Null{}};
        row.q1 = first;
    }
    void down(Row& row) const {
        scratch_.run("DELETE FROM s");
        auto insert = scratch_.prepare("INSERT INTO s (q1, q2) VALUES (?, ?)");
        insert.bind(1, row.q1).bind(2, row.q2);
        insert.run();
        row.p = scratch_.scalar(std::string{"SELECT "} + (side_ == Side::split ? join_both : "CAST(q1 AS TEXT)") +
                                " FROM s");
    }
    bool in_sync(Row const& row) const {
        Row other = row;
        up(other);
        if (other.q1 == row.q1 && other.q2 == row.q2) return true;
        other = row;
        down(other);
        return other.p == row.p;
    }

private:
    void store(std::string const& column, Value const& value) const {
        scratch_.run("DELETE FROM s");
        auto insert = scratch_.prepare("INSERT INTO s (" + column + ") VALUES (?)");
        insert.bind(1, value);
        insert.run();
    }
    Side side_;
    Connection scratch_;
};

class World {
public:
    World(Setting setting, std::string path)
        : setting_{setting},
          plan_{plan_of(setting)},
          convert_{links_of(setting)},
          side_{setting.side},
          path_{std::move(path)} {
        for (auto const* suffix : {"", "-wal", "-shm", "-journal", "-evolver"}) std::filesystem::remove(path_ + suffix);
        raw_ = std::make_unique<evolver::testing::RawSqlite>(path_);
        if (setting_.wal) raw_->run("PRAGMA journal_mode = WAL");
        raw_->run("PRAGMA synchronous = OFF");
        if (setting_.recursive) raw_->run("PRAGMA recursive_triggers = ON");
        {
            soci::session session{soci::sqlite3, "db=" + path_ + " timeout=5 synchronous=OFF"};
            evolver::Evolver{session, plan_.until("1.0"), {.release = "1.0"}}.expand();
        }
        raw_->run("CREATE TABLE audit (n INTEGER)");
        if (setting_.audit)
            raw_->run("CREATE TRIGGER audit_t AFTER UPDATE ON t BEGIN INSERT INTO audit VALUES (1); END");
        if (setting_.trigger_before) raw_->run(rewriting("before_t", " OF x"));
        top_ = 0;
    }

    ~World() {
        applications_.clear();
        raw_.reset();
        for (auto const* suffix : {"", "-wal", "-shm", "-journal", "-evolver"}) std::filesystem::remove(path_ + suffix);
    }
    World(World const&) = delete;
    World& operator=(World const&) = delete;

    /// Plays one step; throws Failed where the database and the model differ.
    void play(Step const& step) {
        said_.clear();
        switch (step.kind % 28) {
            case 24:
            case 25: return update_side_old(step);
            case 26:
            case 27: return update_side_new(step);
            case 0:
            case 1:
            case 2: return insert_old(step);
            case 3:
            case 4: return update_old(step);
            case 5: return update_old_expression(step);
            case 6: return upsert_old(step);
            case 7: return remove(step);
            case 8: return change_key(step);
            case 9: return insert_or_ignore(step);
            case 10: return replace_old(step);
            case 11:
            case 12: return insert_new(step);
            case 13:
            case 14: return update_new(step);
            case 15: return update_new_expression(step);
            case 16: return upsert_new(step);
            case 17: return update_raw_new(step);
            case 18: return update_both(step);
            case 19: return update_unrelated(step);
            case 20: return expand(step);
            case 21: return advance(step);
            case 22: return step.a % 3 == 0 ? contract(step) : reconcile(step);
            case 23: return step.a % 3 == 0 ? rollback(step) : advance(step);
        }
    }

    void check() {
        auto const& links = convert_.links();
        std::size_t const newest = top_;
        // Each release that may live reads every row.
        for (std::size_t link = floor_; link <= newest; ++link) {
            std::string sql;
            std::optional<evolver::LiveSql> live;
            if (link == floor_) {
                sql = "SELECT k, u, " + links[link].column + " FROM t ORDER BY u";
            } else {
                live.emplace(table(link).select({"k", "u", links[link].column}) + " ORDER BY u");
                sql = live->text();
            }
            auto const rows = raw_->rows(sql);
            live.reset();
            compare(rows, link, sql);
        }
        check_side();
        if (setting_.audit && audited_exactly_) {
            auto const found = raw_->integer("SELECT count(*) FROM audit");
            if (found != audited_)
                fail(fmt::format("the application's audit trigger fired {} times, expected {}", found, audited_));
        }
    }

    [[nodiscard]] std::string const& said() const { return said_; }

private:
    [[noreturn]] void fail(std::string const& what) const { throw Failed{what}; }

    static std::string rewriting(std::string const& name, std::string const& columns) {
        return "CREATE TRIGGER " + name + " AFTER UPDATE" + columns +
               " ON t WHEN NEW.x LIKE '% ' AND OLD.x IS NOT NEW.x BEGIN UPDATE t SET x = trim(NEW.x) WHERE u = NEW.u; "
               "END";
    }

    /// The rewriting trigger's effect on an old value that an UPDATE writes.
    Value rewritten(Value const& value) const {
        auto const* text = std::get_if<std::string>(&value);
        if (text == nullptr || floor_ > 0 || !(setting_.trigger_before || trigger_after_made_) || !text->ends_with(" "))
            return value;
        std::string trimmed = *text;
        trimmed.erase(trimmed.find_last_not_of(' ') + 1);
        trimmed.erase(
            0, trimmed.find_first_not_of(' ') == std::string::npos ? trimmed.size() : trimmed.find_first_not_of(' '));
        return trimmed;
    }

    void compare(std::vector<std::vector<Value>> const& rows, std::size_t link, std::string const& sql) const {
        if (rows.size() != rows_.size())
            fail(fmt::format("{} rows, the model has {}\n  {}", rows.size(), rows_.size(), sql));
        std::size_t i = 0;
        for (auto const& [u, row] : rows_) {
            auto const& found = rows[i++];
            if (found[1] != Value{u} || found[0] != row.key)
                fail(fmt::format("row u={}: key {} expected {}", u, to_text(found[0]), to_text(row.key)));
            if (found[2] == row.seen[link]) continue;
            fail(fmt::format("release {}.0 reads {} = {} in row u={}, the model says {}\n  {}", link + 1,
                             convert_.links()[link].column, to_text(found[2]), u, to_text(row.seen[link]), sql));
        }
    }

    void check_side() {
        if (floor_ < convert_.links().size() - 1 || setting_.side == Side::none) {
            auto const rows = raw_->rows("SELECT p, u FROM t ORDER BY u");
            std::size_t i = 0;
            for (auto const& [u, row] : rows_) {
                if (rows[i++][0] != row.p)
                    fail(fmt::format("release 1.0 reads p = {} in row u={}, the model says {}", to_text(rows[i - 1][0]),
                                     u, to_text(row.p)));
            }
        }
        if (!side_open()) return;
        auto const columns =
            setting_.side == Side::split ? std::vector<std::string>{"q1", "q2"} : std::vector<std::string>{"q1"};
        auto const live = table(top_).select_columns(columns) + " ORDER BY u";
        auto const rows = raw_->rows(live.text());
        std::size_t i = 0;
        for (auto const& [u, row] : rows_) {
            auto const& found = rows[i++];
            if (found[0] != row.q1)
                fail(fmt::format("the new release reads q1 = {} in row u={}, the model says {}\n  {}",
                                 to_text(found[0]), u, to_text(row.q1), live.text()));
            if (found.size() > 1 && found[1] != row.q2)
                fail(fmt::format("the new release reads q2 = {} in row u={}, the model says {}", to_text(found[1]), u,
                                 to_text(row.q2)));
        }
    }

    /// The second pair is there: expanded with the last release, and it stays when that is contracted.
    bool side_open() const { return setting_.side != Side::none && top_ + 1 == convert_.links().size(); }
    bool side_contracted() const { return side_open() && floor_ == top_; }

    static std::string to_text(Value const& value) { return evolver::sqlite::to_text(value); }

    // ---- the model

    /// A statement wrote `values` (link → value) of one row by hand.
    void wrote(Row& row, std::map<std::size_t, Value> const& values) {
        std::optional<std::size_t> older;
        std::optional<std::size_t> newest;
        for (auto const& [link, value] : values) {
            auto const stored = convert_.stored(link, value);
            if (stored != row.seen[link]) older = std::exchange(newest, link);
            row.seen[link] = stored;
            // A second name of what was written is written, too.
            for (auto i = link + 1; i < row.seen.size() && convert_.links()[i].up.empty(); ++i) {
                if (values.count(i) == 0) row.seen[i] = stored;
            }
        }
        if (older) keep_both(row, *older, *newest);
        if (newest) carry(row, *newest);
        same_names(row);
    }

    /// Two that a statement wrote, and not what is in between: where they agree, what is in between follows the older one.
    void keep_both(Row& row, std::size_t older, std::size_t newest) {
        std::vector<Value> between{row.seen[older]};
        for (auto i = older + 1; i <= newest; ++i) between.push_back(convert_.up(i, between.back()));
        if (between.back() == row.seen[newest])
            std::copy(between.begin(), between.end(), row.seen.begin() + static_cast<std::ptrdiff_t>(older));
    }

    /// LiveTable wrote `link` and everything older.
    void wrote_live(Row& row, std::size_t link, Value const& value) {
        auto const stored = convert_.stored(link, value);
        bool const changed = stored != row.seen[link];
        row.seen[link] = stored;
        for (std::size_t i = link; i > floor_; --i) row.seen[i - 1] = convert_.down(i, row.seen[i]);
        if (changed) carry_up(row, link);
        same_names(row);
    }

    void carry(Row& row, std::size_t newest) {
        for (std::size_t i = newest; i > floor_; --i) {
            if (!convert_.in_sync(i, row.seen[i - 1], row.seen[i])) row.seen[i - 1] = convert_.down(i, row.seen[i]);
        }
        carry_up(row, newest);
    }

    void carry_up(Row& row, std::size_t from) {
        for (std::size_t i = from + 1; i < row.seen.size(); ++i) {
            if (!convert_.in_sync(i, row.seen[i - 1], row.seen[i])) row.seen[i] = convert_.up(i, row.seen[i - 1]);
        }
    }

    /// A second name is the same value.
    void same_names(Row& row) {
        auto const& links = convert_.links();
        for (std::size_t i = floor_ + 1; i < links.size(); ++i) {
            if (links[i].up.empty()) row.seen[i] = row.seen[i - 1];
        }
    }

    Row& add(Value key, std::int64_t u) {
        auto& row = rows_[u];
        row = Row{std::move(key), u, std::vector<Value>(convert_.links().size(), Value{Null{}})};
        return row;
    }

    Row* pick(unsigned number) {
        if (rows_.empty()) return nullptr;
        return &std::next(rows_.begin(), static_cast<std::ptrdiff_t>(number % rows_.size()))->second;
    }

    // ---- values

    Value value_for(std::size_t link, unsigned number) const {
        if (number % 7 == 0) return Null{};
        if (convert_.links()[link].number) return static_cast<std::int64_t>(number % 97);
        static constexpr char const* texts[] = {"12",  "12 kB", "007", "abc", "",    "40",
                                                "99 ", "5",     "-3",  "1e3", "3.7", "0"};
        if (number % 5 == 0) return std::to_string(number % 50);
        return std::string{texts[(number / 7) % std::size(texts)]};
    }

    Value new_key() {
        ++keys_;
        if (setting_.keys == Keys::text) return keys_ % 5 == 0 ? Value{Null{}} : Value{"key-" + std::to_string(keys_)};
        return keys_;
    }

    // ---- statements of the oldest release that may live: plain SQL

    std::string old_column() const { return convert_.links()[floor_].column; }

    void run(std::string const& sql, std::vector<Value> const& binds) {
        said_ += sql + " [";
        for (auto const& bind : binds) said_ += to_text(bind) + " ";
        said_ += "]";
        raw_->run(sql, binds);
    }

    void insert_old(Step const& step) {
        if (rows_.size() >= 14) return remove(step);
        auto const key = new_key();
        auto& row = add(key, ++us_);
        if (step.b % 6 == 0) {  // names no paired column: the default, where there is one
            if (top_ > 0 && floor_ == 0 && step.b % 12 == 0) return insert_new_without(row);
            run("INSERT INTO t (k, u, other) VALUES (?, ?, 'o')", {row.key, row.u});
            if (setting_.old_has_default) inserted(row, floor_, default_of(floor_));
            return;
        }
        auto const value = value_for(floor_, step.a);
        bool const returning = step.b % 5 == 1;
        run("INSERT INTO t (k, u, " + old_column() + ") VALUES (?, ?, ?)" +
                (returning ? " RETURNING " + old_column() : ""),
            {row.key, row.u, value});
        inserted(row, floor_, value);
    }

    void insert_new_without(Row& row) {
        auto const sql = (table(top_).insert({"k", "u", "other"})).text();
        run_named(sql, {{"k", row.key}, {"u", row.u}, {"other", std::string{"n"}}});
        // The default is the new release's own.
        if (!setting_.old_has_default) return;
        auto const& link = convert_.links()[top_];
        row.seen[top_] = Null{};
        wrote_live(row, top_,
                   link.column == "z" ? Value{std::int64_t{0}}
                   : link.number      ? Value{std::int64_t{5}}
                                      : Value{std::string{"5"}});
    }

    Value default_of(std::size_t link) const {
        if (!setting_.old_has_default) return Null{};
        Value value = std::string{"5"};
        for (std::size_t i = 1; i <= link; ++i) value = convert_.up(i, value);
        return value;
    }

    void inserted(Row& row, std::size_t link, Value const& value) {
        std::fill(row.seen.begin(), row.seen.end(), Value{Null{}});
        row.p = row.q1 = row.q2 = Null{};
        row.seen[link] = convert_.stored(link, value);
        carry(row, link);
        same_names(row);
    }

    void update_old(Step const& step) {
        auto* row = pick(step.b);
        if (row == nullptr) return;
        auto const value = value_for(floor_, step.a);
        bool const returning = step.c % 5 == 1;
        run("UPDATE t SET " + old_column() + " = ? WHERE u = ?" + (returning ? " RETURNING k, " + old_column() : ""),
            {value, row->u});
        audited(1);
        updated_old(*row, value);
    }

    void updated_old(Row& row, Value const& value) {
        // The application's trigger acts where the old value changes.
        auto const after = convert_.stored(floor_, value) == row.seen[floor_] ? value : rewritten(value);
        wrote(row, {{floor_, value}});
        if (after != value) {
            wrote(row, {{floor_, after}});
            audited_exactly_ = false;
        }
    }

    void update_old_expression(Step const& step) {
        auto* row = pick(step.b);
        if (row == nullptr) return;
        auto const expression = convert_.links()[floor_].number ? old_column() + " + 1" : old_column() + " || '1'";
        run("UPDATE t SET " + old_column() + " = " + expression + " WHERE u = ?", {row->u});
        audited(1);
        auto const& seen = row->seen[floor_];
        Value after = Null{};
        if (auto const* number = std::get_if<std::int64_t>(&seen)) after = *number + 1;
        if (auto const* text = std::get_if<std::string>(&seen)) after = *text + "1";
        updated_old(*row, after);
    }

    void upsert_old(Step const& step) {
        auto* row = pick(step.b);
        if (row == nullptr) return insert_old(step);
        auto const value = value_for(floor_, step.a);
        auto const key = setting_.keys == Keys::without_rowid ? row->key : new_key();
        std::string const target = setting_.keys == Keys::without_rowid ? "(k, u)" : "(u)";
        run("INSERT INTO t (k, u, " + old_column() + ") VALUES (?, ?, ?) ON CONFLICT " + target + " DO UPDATE SET " +
                old_column() + " = excluded." + old_column(),
            {key, row->u, value});
        audited(1);
        updated_old(*row, value);
    }

    void insert_or_ignore(Step const& step) {
        auto* row = pick(step.b);
        if (row == nullptr) return insert_old(step);
        auto const key = setting_.keys == Keys::without_rowid ? row->key : new_key();
        run("INSERT OR IGNORE INTO t (k, u, " + old_column() + ") VALUES (?, ?, ?)",
            {key, row->u, value_for(floor_, step.a)});
        if (step.c % 2 == 0) return;
        auto const value = value_for(floor_, step.a + 1);
        run("UPDATE OR IGNORE t SET " + old_column() + " = ? WHERE u = ?", {value, row->u});
        audited(1);
        updated_old(*row, value);
    }

    void replace_old(Step const& step) {
        auto* row = pick(step.b);
        if (row == nullptr) return insert_old(step);
        auto const value = value_for(floor_, step.a);
        auto const key = setting_.keys == Keys::without_rowid ? row->key : new_key();
        run("INSERT OR REPLACE INTO t (k, u, " + old_column() + ") VALUES (?, ?, ?)", {key, row->u, value});
        row->key = key;
        inserted(*row, floor_, value);
    }

    void remove(Step const& step) {
        auto* row = pick(step.b);
        if (row == nullptr) return;
        auto const u = row->u;
        run("DELETE FROM t WHERE u = ?", {u});
        rows_.erase(u);
    }

    void change_key(Step const& step) {
        auto* row = pick(step.b);
        if (row == nullptr) return;
        auto const key = step.c % 2 == 0               ? new_key()
                         : setting_.keys == Keys::text ? Value{"a-" + std::to_string(++keys_)}
                                                       : Value{-(++keys_)};
        run("UPDATE t SET k = ? WHERE u = ?", {key, row->u});
        audited(1);
        row->key = key;
    }

    void update_unrelated(Step const& step) {
        auto* row = pick(step.b);
        if (row == nullptr) return;
        run("UPDATE t SET other = ? WHERE u = ?", {std::to_string(step.a), row->u});
        audited(1);
    }

    // ---- statements of newer releases

    /// The application in the release whose newest column `link` is.
    struct Application {
        std::unique_ptr<soci::session> session;
        std::unique_ptr<evolver::Evolver> evolver;
    };

    evolver::Evolver& application(std::size_t link) {
        auto& found = applications_[link];
        if (!found.evolver) {
            found.session =
                std::make_unique<soci::session>(soci::sqlite3, "db=" + path_ + " timeout=5 synchronous=OFF");
            auto const release = std::to_string(link + 1) + ".0";
            found.evolver = std::make_unique<evolver::Evolver>(*found.session, plan_.until(release),
                                                               evolver::Options{.release = evolver::Release{release}});
            found.evolver->attach();
        }
        return *found.evolver;
    }

    evolver::LiveTable table(std::size_t link) { return application(link).table("t"); }
    evolver::Evolver& newest() { return application(top_); }

    void run_named(std::string const& sql, std::vector<std::pair<std::string, Value>> const& binds) {
        said_ += sql + " [";
        for (auto const& [name, bind] : binds) said_ += name + "=" + to_text(bind) + " ";
        said_ += "]";
        raw_->run_named(sql, binds);
    }

    void insert_new(Step const& step) {
        if (top_ == floor_) return insert_old(step);
        if (rows_.size() >= 14) return remove(step);
        auto const& column = convert_.links()[top_].column;
        auto const value = value_for(top_, step.a);
        auto const key = new_key();
        auto& row = add(key, ++us_);
        run_named(table(top_).insert({"k", "u", column}).text(), {{"k", row.key}, {"u", row.u}, {column, value}});
        row.seen[top_] = Null{};
        wrote_live(row, top_, value);
    }

    void update_new(Step const& step) {
        auto* row = pick(step.b);
        if (row == nullptr || top_ == floor_) return update_old(step);
        auto const& column = convert_.links()[top_].column;
        auto const value = value_for(top_, step.a);
        run_named((table(top_).update({std::string_view{column}}) + " WHERE u = :u").text(),
                  {{column, value}, {"u", row->u}});
        audited(1);
        auto const before = row->seen[floor_];
        wrote_live(*row, top_, value);
        trimmed_after_live(*row, before);
    }

    /// The application's own trigger may answer to the old value that LiveTable wrote.
    void trimmed_after_live(Row& row, Value const& before) {
        auto const after = rewritten(row.seen[floor_]);
        if (after == row.seen[floor_] || before == row.seen[floor_]) return;
        wrote(row, {{floor_, after}});
        audited_exactly_ = false;
    }

    void update_new_expression(Step const& step) {
        auto* row = pick(step.b);
        if (row == nullptr || top_ == floor_) return update_old_expression(step);
        auto const& link = convert_.links()[top_];
        auto const expression = link.number ? link.column + " + :d" : link.column + " || :d";
        Value const delta = link.number ? Value{std::int64_t{step.a % 20}} : Value{std::string{"1"}};
        run_named((table(top_).update({{link.column, expression}}) + " WHERE u = :u").text(),
                  {{"d", delta}, {"u", row->u}});
        audited(1);
        Value after = Null{};
        if (auto const* number = std::get_if<std::int64_t>(&row->seen[top_]))
            after = *number + std::get<std::int64_t>(delta);
        if (auto const* text = std::get_if<std::string>(&row->seen[top_])) after = *text + "1";
        auto const before = row->seen[floor_];
        wrote_live(*row, top_, after);
        trimmed_after_live(*row, before);
    }

    void upsert_new(Step const& step) {
        auto* row = pick(step.b);
        auto const& link = convert_.links()[top_];
        if (row == nullptr || top_ == floor_ || link.up.empty()) return upsert_old(step);
        // By hand in DO UPDATE: a NULL into a row that is not filled yet could not be told from one that is not (rule 6).
        auto const value = value_for(top_, step.a % 7 == 0 ? step.a + 1 : step.a);
        auto const key = setting_.keys == Keys::without_rowid ? row->key : new_key();
        std::string const target = setting_.keys == Keys::without_rowid ? "(k, u)" : "(u)";
        auto const sql = (table(top_).insert({"k", "u", link.column}) + " ON CONFLICT " + target + " DO UPDATE SET " +
                          link.column + " = excluded." + link.column)
                             .text();
        run_named(sql, {{"k", key}, {"u", row->u}, {link.column, value}});
        audited_exactly_ = false;
        auto const before = row->seen[floor_];
        wrote(*row, {{top_, value}});
        trimmed_after_live(*row, before);
    }

    void update_raw_new(Step const& step) {
        auto* row = pick(step.b);
        auto const& link = convert_.links()[top_];
        if (row == nullptr || top_ == floor_ || link.up.empty()) return update_old(step);
        auto const value = value_for(top_, step.a % 7 == 0 ? step.a + 1 : step.a);
        run("UPDATE t SET " + link.column + " = ? WHERE u = ?", {value, row->u});
        audited_exactly_ = false;
        auto const before = row->seen[floor_];
        wrote(*row, {{top_, value}});
        trimmed_after_live(*row, before);
    }

    void update_both(Step const& step) {
        auto* row = pick(step.b);
        auto const& link = convert_.links()[top_];
        if (row == nullptr || top_ == floor_ || link.up.empty()) return update_old(step);
        auto value = value_for(top_, step.a % 7 == 0 ? step.a + 1 : step.a);
        if (value == row->seen[top_]) return;
        auto const old_value = value_for(floor_, step.c);
        run("UPDATE t SET " + old_column() + " = ?, " + link.column + " = ? WHERE u = ?", {old_value, value, row->u});
        audited_exactly_ = false;
        auto const before = row->seen[floor_];
        if (rewritten(old_value) != old_value && before != old_value) {
            // The application's trigger rewrites the old column after the statement: an old write of its own, which comes last.
            wrote(*row, {{floor_, old_value}, {top_, value}});
            wrote(*row, {{floor_, rewritten(old_value)}});
            return;
        }
        wrote(*row, {{floor_, old_value}, {top_, value}});
        trimmed_after_live(*row, before);
    }

    // ---- the second pair

    Value side_value(unsigned number) const {
        static constexpr char const* texts[] = {"7|seven", "12", "|", "a|", "|b", "a|b|c", "", "40|x", "5"};
        return number % 6 == 0 ? Value{Null{}} : Value{std::string{texts[(number / 6) % std::size(texts)]}};
    }

    void wrote_p(Row& row, Value const& value) {
        bool const changed = row.p != value;
        row.p = value;
        if (changed && !side_.in_sync(row)) side_.up(row);
    }

    void update_side_old(Step const& step) {
        auto* row = pick(step.b);
        if (row == nullptr || setting_.side == Side::none || side_contracted()) return update_old(step);
        auto const value = side_value(step.a);
        audited(1);
        if (step.c % 3 == 0) {  // both old columns in one statement
            auto const other = value_for(floor_, step.c);
            run("UPDATE t SET p = ?, " + old_column() + " = ? WHERE u = ?", {value, other, row->u});
            wrote_p(*row, value);
            return updated_old(*row, other);
        }
        run("UPDATE t SET p = ? WHERE u = ?", {value, row->u});
        wrote_p(*row, value);
    }

    void update_side_new(Step const& step) {
        auto* row = pick(step.b);
        if (row == nullptr || !side_open()) return update_new(step);
        bool const split = setting_.side == Side::split;
        std::string const column = split && step.c % 2 == 0 ? "q2" : "q1";
        Value const value = step.a % 6 == 0 ? Value{Null{}}
                            : split ? Value{std::string{step.a % 4 == 0 ? "" : "part" + std::to_string(step.a % 9)}}
                                    : Value{std::int64_t{step.a % 50}};
        run_named((table(top_).update({std::string_view{column}}) + " WHERE u = :u").text(),
                  {{column, value}, {"u", row->u}});
        audited(1);
        (column == "q1" ? row->q1 : row->q2) = value;
        if (!side_contracted()) side_.down(*row);
    }

    // ---- phases

    void expand(Step const&) {
        if (top_ + 1 >= convert_.links().size()) return;
        ++top_;
        said_ += fmt::format("expand release {}.0", top_ + 1);
        newest().expand();
        if (setting_.trigger_after && !trigger_after_made_ && floor_ == 0) {
            raw_->run(rewriting("after_t", ""));
            trigger_after_made_ = true;
        }
        reconciled_ = false;
    }

    void advance(Step const& step) {
        if (top_ == floor_) return;
        said_ += "advance";
        for (unsigned i = 0; i <= step.b % 4; ++i) {
            if (!newest().advance(std::chrono::microseconds{1})) break;
        }
    }

    void reconcile(Step const&) {
        if (top_ == floor_) return;
        said_ += "reconcile";
        try {
            newest().reconcile();
            reconciled_ = true;
        } catch (evolver::GateClosed const&) {
            said_ += ": not filled yet";
        }
    }

    void contract(Step const&) {
        if (top_ == floor_ || trigger_after_made_ || setting_.trigger_before)
            return;  // their bodies name the old column
        said_ += "contract";
        for (auto link = floor_; link < top_; ++link) applications_.erase(link);  // the older releases end
        newest().backfill(evolver::Speed::full);
        newest().reconcile();
        evolver::ContractOptions options{.override_gates = {{"soak", "a test"}, {"lossless", "a test"}}};
        newest().contract(options);
        floor_ = top_;
        // What the old shape alone could hold is gone; the new shape is what counts now.
        audited_ = raw_->integer("SELECT count(*) FROM audit");
        audited_exactly_ = true;
    }

    void rollback(Step const&) {
        if (top_ == floor_) return;
        said_ += "rollback";
        if (side_open()) {
            newest().rollback({.migration = "0009", .accept_loss = {{"0009", "a test"}}});
            for (auto& [u, row] : rows_) side_.up(row);
        }
        auto const migration = fmt::format("{:04}", top_ + 1);
        newest().rollback({.migration = migration, .accept_loss = {{migration, "a test"}}});
        applications_.erase(top_);
        // What the newer shape held and the older could not give back is gone.
        for (auto& [u, row] : rows_) {
            for (std::size_t i = top_; i < row.seen.size(); ++i) row.seen[i] = convert_.up(i, row.seen[i - 1]);
            same_names(row);
        }
        --top_;
    }

    void audited(std::int64_t rows) { audited_ += setting_.audit ? rows : 0; }

    Setting setting_;
    evolver::Plan plan_;
    Converter convert_;
    SideConverter side_;
    std::string path_;
    std::unique_ptr<evolver::testing::RawSqlite> raw_;
    std::map<std::size_t, Application> applications_;
    std::map<std::int64_t, Row> rows_;  // by u
    std::size_t top_ = 0;               // the newest link that is expanded
    std::size_t floor_ = 0;             // the oldest that is not contracted
    std::int64_t keys_ = 0;
    std::int64_t us_ = 0;
    std::int64_t audited_ = 0;
    bool audited_exactly_ = true;
    bool trigger_after_made_ = false;
    bool reconciled_ = false;
    std::string said_;
};

struct Outcome {
    std::string failure;  // empty: none
    std::vector<std::string> said;
};

Outcome play(Setting const& setting, std::vector<Step> const& steps, std::string const& path) {
    Outcome outcome;
    World world{setting, path};
    for (auto const& step : steps) {
        try {
            world.play(step);
            outcome.said.push_back(world.said());
            world.check();
        } catch (std::exception const& error) {
            outcome.said.push_back(world.said());
            outcome.failure = error.what();
            return outcome;
        }
    }
    return outcome;
}

/// The shortest history found by leaving parts out while it still fails.
std::vector<Step> shortest(Setting const& setting, std::vector<Step> steps, std::string const& path) {
    for (std::size_t part = steps.size() / 2; part > 0; part /= 2) {
        for (std::size_t start = 0; start + part <= steps.size();) {
            auto fewer = steps;
            fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(start),
                        fewer.begin() + static_cast<std::ptrdiff_t>(start + part));
            if (!play(setting, fewer, path).failure.empty()) {
                steps = std::move(fewer);
            } else {
                start += part;
            }
        }
    }
    return steps;
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t total = 10'000;
    std::uint64_t seed = std::random_device{}();
    bool one = false;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::strcmp(argv[i], "--steps") == 0) total = std::strtoull(argv[i + 1], nullptr, 10);
        if (std::strcmp(argv[i], "--seed") == 0) {
            seed = std::strtoull(argv[i + 1], nullptr, 10);
            one = true;
        }
    }
    auto const folder = std::filesystem::temp_directory_path() / fmt::format("evolver-random-{}", getpid());
    std::filesystem::create_directories(folder);
    auto const path = (folder / "t.db").string();
    std::uint64_t played = 0;
    std::uint64_t histories = 0;
    std::cout << "seed " << seed << std::endl;
    while (played < total) {
        std::mt19937_64 random{seed};
        Setting const setting{.keys = static_cast<Keys>(random() % 3),
                              .chain = static_cast<Chain>(random() % 4),
                              .side = static_cast<Side>(random() % 3),
                              .old_has_default = random() % 3 == 0,
                              .trigger_before = random() % 4 == 0,
                              .trigger_after = random() % 4 == 0,
                              .audit = random() % 3 == 0,
                              .recursive = random() % 3 == 0,
                              .wal = random() % 2 == 0};
        std::vector<Step> steps(60 + random() % 140);
        for (auto& step : steps) {
            step = {static_cast<unsigned>(random() % 100'000), static_cast<unsigned>(random() % 100'000),
                    static_cast<unsigned>(random() % 100'000), static_cast<unsigned>(random() % 100'000)};
        }
        auto const outcome = play(setting, steps, path);
        if (!outcome.failure.empty()) {
            std::cout << "FAILED with --seed " << seed << " (" << in_words(setting) << ")\n  " << outcome.failure
                      << "\nlooking for the shortest history ..." << std::endl;
            auto const shown = play(setting, shortest(setting, steps, path), path);
            for (auto const& said : shown.said) {
                if (!said.empty()) std::cout << "  " << said << "\n";
            }
            std::cout << "  => " << shown.failure << std::endl;
            std::filesystem::remove_all(folder);
            return 1;
        }
        played += outcome.said.size();
        ++histories;
        if (one && total <= 200) break;
        ++seed;
    }
    std::filesystem::remove_all(folder);
    std::cout << played << " steps in " << histories
              << " histories: the model and the database never differed\n1 passed, 0 failed" << std::endl;
    return 0;
}
