#include "ledger/audit.hpp"

#include "evolver/schema/digest.hpp"

namespace evolver::ledger {

namespace {

void add(std::string& text, std::string const& value) { text += std::to_string(value.size()) + ":" + value; }

std::string hash_of(std::string const& previous, std::int64_t sequence, std::vector<std::string> const& fields) {
    std::string text;
    add(text, previous);
    add(text, std::to_string(sequence));
    for (auto const& field : fields) add(text, field);
    return digest_of(text);
}

constexpr std::string_view columns =
    "at, plan, event, migration, actor, release, plan_digest, detail, rows, microseconds";
constexpr int column_count = 10;

}  // namespace

std::string audit_tables() {
    return "CREATE TABLE IF NOT EXISTS evolver_audit (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, "
           "plan TEXT NOT NULL, event TEXT NOT NULL, "
           "migration TEXT NOT NULL, actor TEXT NOT NULL, release TEXT NOT NULL, plan_digest TEXT NOT NULL, detail "
           "TEXT NOT NULL, "
           "rows TEXT NOT NULL, microseconds TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL);"
           "CREATE TRIGGER IF NOT EXISTS evolver_audit_no_update BEFORE UPDATE ON evolver_audit BEGIN "
           "SELECT RAISE(ABORT, 'evolver_audit is append-only'); END;"
           "CREATE TRIGGER IF NOT EXISTS evolver_audit_no_delete BEFORE DELETE ON evolver_audit BEGIN "
           "SELECT RAISE(ABORT, 'evolver_audit is append-only'); END;"
           // REPLACE takes a row away without firing the trigger of DELETE.
           "CREATE TRIGGER IF NOT EXISTS evolver_audit_no_replace BEFORE INSERT ON evolver_audit WHEN EXISTS (SELECT 1 "
           "FROM evolver_audit "
           "WHERE sequence = NEW.sequence) BEGIN SELECT RAISE(ABORT, 'evolver_audit is append-only'); END;";
}

void append(sqlite::Connection const& connection, AuditRow const& row) {
    std::int64_t sequence = 1;
    std::string previous;
    {
        auto last = connection.prepare("SELECT sequence, hash FROM evolver_audit ORDER BY sequence DESC LIMIT 1");
        if (last.step()) {
            sequence = last.integer(0) + 1;
            previous = last.text(1);
        }
    }
    std::vector<std::string> const fields{connection.text("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"),
                                          row.plan,
                                          row.event,
                                          row.migration,
                                          row.actor,
                                          row.release,
                                          row.plan_digest,
                                          row.detail,
                                          std::to_string(row.rows),
                                          std::to_string(row.duration.count())};
    auto insert = connection.prepare("INSERT INTO evolver_audit (sequence, " + std::string{columns} +
                                     ", previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    int position = 0;
    insert.bind(++position, sequence);
    for (auto const& field : fields) insert.bind(++position, std::string_view{field});
    insert.bind(++position, std::string_view{previous});
    insert.bind(++position, std::string_view{hash_of(previous, sequence, fields)});
    insert.run();
}

std::optional<AuditBreak> verify_audit(sqlite::Connection const& connection) {
    auto rows = connection.prepare("SELECT sequence, previous, hash, " + std::string{columns} +
                                   " FROM evolver_audit ORDER BY sequence");
    std::string previous;
    std::int64_t expected = 1;
    while (rows.step()) {
        std::int64_t const sequence = rows.integer(0);
        if (sequence != expected) return AuditBreak{expected, "the row is missing"};
        std::vector<std::string> fields;
        for (int column = 3; column < 3 + column_count; ++column) fields.push_back(rows.text(column));
        if (rows.text(1) != previous) return AuditBreak{sequence, "it does not follow the row before"};
        if (rows.text(2) != hash_of(previous, sequence, fields))
            return AuditBreak{sequence, "its fields do not match its hash"};
        previous = rows.text(2);
        ++expected;
    }
    // The chain does not show that its end was cut off; SQLite's own count of the rows that were ever there does.
    if (connection.integer("SELECT seq FROM sqlite_sequence WHERE name = 'evolver_audit'") >= expected)
        return AuditBreak{expected, "the row is missing"};
    return std::nullopt;
}

}  // namespace evolver::ledger
