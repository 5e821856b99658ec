#include "ledger/audit.hpp"

#include "ledger/audit_chain.hpp"
#include "observe/json.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <unistd.h>

namespace evolver {

std::string to_json(AuditEntry const& entry) {
    auto const listed = [](std::vector<std::string> const& texts) {
        json_text::Array all;
        for (auto const& text : texts) all.emplace_back(text);
        return all;
    };
    return json_text::write(json_text::Object{{"sequence", entry.sequence},
                                              {"at", entry.at},
                                              {"plan", entry.plan},
                                              {"event", entry.event},
                                              {"migration", entry.migration},
                                              {"actor", entry.actor},
                                              {"on_behalf_of", entry.on_behalf_of},
                                              {"release", entry.release},
                                              {"plan_digest", entry.plan_digest},
                                              {"detail", entry.detail},
                                              {"rows", entry.rows},
                                              {"planned_rows", entry.planned_rows},
                                              {"duration", std::int64_t{entry.duration.count()}},
                                              {"lock_wait", std::int64_t{entry.lock_wait.count()}},
                                              {"host", entry.host},
                                              {"process", entry.process},
                                              {"database", entry.database},
                                              {"environment", entry.environment},
                                              {"run", entry.run},
                                              {"stage", entry.stage},
                                              {"schema_before", entry.schema_before},
                                              {"schema_after", entry.schema_after},
                                              {"steps", listed(entry.steps)},
                                              {"warnings", listed(entry.warnings)},
                                              {"previous", entry.previous},
                                              {"hash", entry.hash}});
}

}  // namespace evolver

namespace evolver::ledger {

namespace {

constexpr std::string_view columns =
    "at, plan, event, migration, actor, release, plan_digest, detail, rows, microseconds";
constexpr int column_count = 10;

constexpr std::array<std::string_view, 13> more_columns{
    "on_behalf_of", "host",          "process",      "database",     "environment",         "run",
    "stage",        "schema_before", "schema_after", "planned_rows", "waited_microseconds", "steps",
    "warnings"};

std::string more_columns_listed() {
    std::string all;
    for (auto const& column : more_columns) all += ", " + std::string{column};
    return all;
}

bool has_more_columns(sqlite::Connection const& connection) {
    return connection.integer(
               "SELECT count(*) FROM pragma_table_info('evolver_audit', 'main') WHERE name = 'warnings'") != 0;
}

/// All rows in order, with the fields that each was hashed with.
class Trail {
public:
    Trail(sqlite::Connection const& connection, std::int64_t after)
        : wide_{has_more_columns(connection)},
          rows_{connection.prepare("SELECT sequence, previous, hash, " + std::string{columns} +
                                   (wide_ ? more_columns_listed() : std::string{}) +
                                   " FROM main.evolver_audit WHERE sequence > ?1 ORDER BY sequence")} {
        rows_.bind(1, after);
    }

    bool step() { return rows_.step(); }
    [[nodiscard]] std::int64_t sequence() const { return rows_.integer(0); }
    [[nodiscard]] std::string previous() const { return rows_.text(1); }
    [[nodiscard]] std::string hash() const { return rows_.text(2); }
    [[nodiscard]] std::vector<std::string> fields() const {
        std::vector<std::string> all;
        for (int column = first; column < first + column_count; ++column) all.push_back(rows_.text(column));
        if (!wide_) return all;
        constexpr int more = first + column_count;
        for (int column = more; column < more + static_cast<int>(more_columns.size()); ++column) {
            if (!rows_.is_null(column)) all.push_back(rows_.text(column));
        }
        return all;
    }

private:
    static constexpr int first = 3;
    bool wide_;
    sqlite::Statement rows_;
};

std::int64_t number(std::string const& text) { return text.empty() ? 0 : std::strtoll(text.c_str(), nullptr, 10); }

}  // namespace

std::string audit_tables() {
    std::string more;
    for (auto const& column : more_columns) more += ", " + std::string{column} + " TEXT";
    return "CREATE TABLE IF NOT EXISTS evolver_audit (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, "
           "plan TEXT NOT NULL, event TEXT NOT NULL, "
           "migration TEXT NOT NULL, actor TEXT NOT NULL, release TEXT NOT NULL, plan_digest TEXT NOT NULL, detail "
           "TEXT NOT NULL, "
           "rows TEXT NOT NULL, microseconds TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL" +
           more +
           ");"
           "CREATE TRIGGER IF NOT EXISTS evolver_audit_no_update BEFORE UPDATE ON evolver_audit BEGIN "
           "SELECT RAISE(ABORT, 'evolver_audit is append-only'); END;"
           "CREATE TRIGGER IF NOT EXISTS evolver_audit_no_delete BEFORE DELETE ON evolver_audit BEGIN "
           "SELECT RAISE(ABORT, 'evolver_audit is append-only'); END;"
           // REPLACE takes a row away without firing the trigger of DELETE.
           "CREATE TRIGGER IF NOT EXISTS evolver_audit_no_replace BEFORE INSERT ON evolver_audit WHEN EXISTS (SELECT 1 "
           "FROM evolver_audit "
           "WHERE sequence = NEW.sequence) BEGIN SELECT RAISE(ABORT, 'evolver_audit is append-only'); END;";
}

bool has_audit(sqlite::Connection const& connection) { return sqlite::has_table(connection, "evolver_audit"); }

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? std::string{name.data()} : std::string{};
}

void append(sqlite::Connection const& connection, AuditRow const& row) {
    // One that somebody has dropped is begun anew, so that the work can go on; that it lacks what the ledger has, verification goes on to tell.
    if (!has_audit(connection)) connection.run(audit_tables());
    if (!has_more_columns(connection)) {
        for (auto const& column : more_columns)
            connection.run("ALTER TABLE main.evolver_audit ADD COLUMN " + std::string{column} + " TEXT");
    }
    auto const [last, previous] = audit_head(connection);
    auto const sequence = last + 1;
    auto const fields =
        fields_of(row, connection.text("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"), connection.path());
    std::string places;
    for (std::size_t i = 0; i < fields.size(); ++i) places += ", ?";
    auto insert = connection.prepare("INSERT INTO main.evolver_audit (sequence, previous, hash, " +
                                     std::string{columns} + more_columns_listed() + ") VALUES (?, ?, ?" + places + ")");
    int position = 0;
    insert.bind(++position, sequence);
    insert.bind(++position, std::string_view{previous});
    insert.bind(++position, std::string_view{hash_of(previous, sequence, fields)});
    for (auto const& field : fields) insert.bind(++position, std::string_view{field});
    insert.run();
}

std::optional<AuditBreak> verify_audit(sqlite::Connection const& connection) {
    Trail rows{connection, 0};
    std::string previous;
    std::int64_t expected = 1;
    while (rows.step()) {
        auto const sequence = rows.sequence();
        if (sequence != expected) return AuditBreak{expected, "the row is missing"};
        if (rows.previous() != previous) return AuditBreak{sequence, "it does not follow the row before"};
        if (rows.hash() != hash_of(previous, sequence, rows.fields()))
            return AuditBreak{sequence, "its fields do not match its hash"};
        previous = rows.hash();
        ++expected;
    }
    // The chain does not show that its end was cut off; SQLite's own count of the rows that were ever there does.
    if (connection.integer("SELECT seq FROM main.sqlite_sequence WHERE name = 'evolver_audit'") >= expected)
        return AuditBreak{expected, "the row is missing"};
    return std::nullopt;
}

std::optional<AuditBreak> verify_audit(sqlite::Connection const& connection, AuditHead const& anchored) {
    if (auto broken = verify_audit(connection)) return broken;
    if (anchored.sequence == 0) return std::nullopt;
    auto row = connection.prepare("SELECT hash FROM main.evolver_audit WHERE sequence = ?1");
    row.bind(1, anchored.sequence);
    if (!row.step()) return AuditBreak{anchored.sequence, "the row is missing, and the trail was cut off before it"};
    if (row.text(0) != anchored.hash)
        return AuditBreak{anchored.sequence,
                          "it is not the row whose hash was anchored: the trail was written anew up to here"};
    return std::nullopt;
}

AuditHead audit_head(sqlite::Connection const& connection) {
    auto last = connection.prepare("SELECT sequence, hash FROM main.evolver_audit ORDER BY sequence DESC LIMIT 1");
    return last.step() ? AuditHead{last.integer(0), last.text(1)} : AuditHead{};
}

void read_audit(sqlite::Connection const& connection, std::int64_t after,
                std::function<void(AuditEntry const&)> const& each) {
    sqlite::ReadTransaction const snapshot{connection};
    for (Trail rows{connection, after}; rows.step();) {
        auto fields = rows.fields();
        fields.resize(column_count + more_columns.size());
        std::size_t at = 0;
        auto const next = [&] { return std::move(fields[at++]); };
        AuditEntry entry{.sequence = rows.sequence(), .previous = rows.previous(), .hash = rows.hash()};
        for (auto* const text : {&entry.at, &entry.plan, &entry.event, &entry.migration, &entry.actor, &entry.release,
                                 &entry.plan_digest, &entry.detail})
            *text = next();
        entry.rows = number(next());
        entry.duration = std::chrono::microseconds{number(next())};
        entry.on_behalf_of = next();
        entry.host = next();
        entry.process = number(next());
        for (auto* const text :
             {&entry.database, &entry.environment, &entry.run, &entry.stage, &entry.schema_before, &entry.schema_after})
            *text = next();
        entry.planned_rows = number(next());
        entry.lock_wait = std::chrono::microseconds{number(next())};
        entry.steps = texts_from_json(next());
        entry.warnings = texts_from_json(next());
        each(entry);
    }
}

}  // namespace evolver::ledger
