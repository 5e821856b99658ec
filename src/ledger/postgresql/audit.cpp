#include "ledger/postgresql/audit.hpp"

#include "ledger/audit_chain.hpp"

#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

namespace evolver::ledger {

namespace {

/// In the order in which they are hashed.
constexpr std::array<std::string_view, 23> columns{
    "at",          "plan",    "event",        "migration",     "actor",        "release",      "plan_digest",
    "detail",      "rows",    "microseconds", "on_behalf_of",  "host",         "process",      "database",
    "environment", "run",     "stage",        "schema_before", "schema_after", "planned_rows", "waited_microseconds",
    "steps",       "warnings"};

std::string listed() {
    std::string all;
    for (auto const& column : columns) all += ", " + std::string{column};
    return all;
}

std::int64_t number(std::string const& text) { return std::strtoll(text.c_str(), nullptr, 10); }

struct Link {
    std::int64_t sequence;
    std::string previous;
    std::string hash;
    std::vector<std::string> fields;
};

/// All rows behind `after` in order. The trail only grows, so what is read in parts is as good as what is read at once.
void walk(postgresql::Connection const& connection, std::int64_t after, std::function<bool(Link const&)> const& each) {
    for (;;) {
        auto const found = connection.query("SELECT sequence, previous, hash" + listed() +
                                                " FROM evolver_audit WHERE sequence > CAST($1 AS bigint) ORDER BY "
                                                "sequence LIMIT 1000",
                                            {std::to_string(after)});
        if (found.empty()) return;
        for (std::size_t row = 0; row < found.rows.size(); ++row) {
            Link link{.sequence = found.integer(row, 0),
                      .previous = found.text(row, 1),
                      .hash = found.text(row, 2),
                      .fields = {}};
            for (std::size_t column = 0; column < columns.size(); ++column)
                link.fields.push_back(found.text(row, column + 3));
            after = link.sequence;
            if (!each(link)) return;
        }
    }
}

}  // namespace

std::string postgresql_audit_tables() {
    std::string texts;
    for (auto const& column : columns) texts += ", " + std::string{column} + " text NOT NULL";
    return "CREATE TABLE IF NOT EXISTS evolver_audit (sequence bigint PRIMARY KEY" + texts +
           ", previous text NOT NULL, hash text NOT NULL);"
           // The chain does not show that its end was cut off.
           "CREATE TABLE IF NOT EXISTS evolver_audit_end (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), "
           "sequence bigint NOT NULL);"
           "INSERT INTO evolver_audit_end (sequence) VALUES (0) ON CONFLICT DO NOTHING;"
           "CREATE OR REPLACE FUNCTION evolver_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE "
           "EXCEPTION 'evolver_audit is append-only'; END$$;"
           "CREATE OR REPLACE TRIGGER evolver_audit_no_change BEFORE UPDATE OR DELETE ON evolver_audit FOR EACH ROW "
           "EXECUTE FUNCTION evolver_audit_guard();"
           "CREATE OR REPLACE TRIGGER evolver_audit_no_truncate BEFORE TRUNCATE ON evolver_audit FOR EACH STATEMENT "
           "EXECUTE FUNCTION evolver_audit_guard();";
}

bool has_audit(postgresql::Connection const& connection) {
    return connection.text("SELECT to_regclass('evolver_audit') IS NOT NULL") == "t";
}

void append(postgresql::Connection const& connection, AuditRow const& row) {
    connection.run("LOCK TABLE evolver_audit IN SHARE ROW EXCLUSIVE MODE");
    auto const [last, previous] = audit_head(connection);
    auto const sequence = last + 1;
    auto const here = connection.query(
        "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), "
        "current_database()");
    auto const fields = fields_of(row, here.text(0, 0), here.text(0, 1));
    std::vector<postgresql::Text> values{std::to_string(sequence), previous, hash_of(previous, sequence, fields)};
    std::string places = "CAST($1 AS bigint), $2, $3";
    for (auto const& field : fields) {
        values.emplace_back(field);
        places += ", $" + std::to_string(values.size());
    }
    connection.query("INSERT INTO evolver_audit (sequence, previous, hash" + listed() + ") VALUES (" + places + ")",
                     values);
    connection.query("UPDATE evolver_audit_end SET sequence = CAST($1 AS bigint)", {std::to_string(sequence)});
}

std::optional<AuditBreak> verify_audit(postgresql::Connection const& connection, AuditHead const& anchored) {
    // Read first: what is appended meanwhile lies behind it.
    auto const end = connection.integer("SELECT sequence FROM evolver_audit_end");
    std::optional<AuditBreak> broken;
    std::string previous;
    std::string at_anchor;
    std::int64_t expected = 1;
    walk(connection, 0, [&](Link const& link) {
        if (link.sequence != expected) {
            broken = AuditBreak{expected, "the row is missing"};
        } else if (link.previous != previous) {
            broken = AuditBreak{link.sequence, "it does not follow the row before"};
        } else if (link.hash != hash_of(previous, link.sequence, link.fields)) {
            broken = AuditBreak{link.sequence, "its fields do not match its hash"};
        }
        previous = link.hash;
        if (link.sequence == anchored.sequence) at_anchor = link.hash;
        ++expected;
        return !broken;
    });
    if (broken) return broken;
    if (end >= expected) return AuditBreak{expected, "the row is missing"};
    if (anchored.sequence == 0) return std::nullopt;
    if (anchored.sequence >= expected)
        return AuditBreak{anchored.sequence, "the row is missing, and the trail was cut off before it"};
    if (at_anchor != anchored.hash)
        return AuditBreak{anchored.sequence,
                          "it is not the row whose hash was anchored: the trail was written anew up to here"};
    return std::nullopt;
}

AuditHead audit_head(postgresql::Connection const& connection) {
    auto const last = connection.query("SELECT sequence, hash FROM evolver_audit ORDER BY sequence DESC LIMIT 1");
    return last.empty() ? AuditHead{} : AuditHead{.sequence = last.integer(0, 0), .hash = last.text(0, 1)};
}

void read_audit(postgresql::Connection const& connection, std::int64_t after,
                std::function<void(AuditEntry const&)> const& each) {
    walk(connection, after, [&](Link const& link) {
        auto const& field = link.fields;
        each({.sequence = link.sequence,
              .at = field[0],
              .plan = field[1],
              .event = field[2],
              .migration = field[3],
              .actor = field[4],
              .release = field[5],
              .plan_digest = field[6],
              .detail = field[7],
              .rows = number(field[8]),
              .duration = std::chrono::microseconds{number(field[9])},
              .on_behalf_of = field[10],
              .host = field[11],
              .process = number(field[12]),
              .database = field[13],
              .environment = field[14],
              .run = field[15],
              .stage = field[16],
              .schema_before = field[17],
              .schema_after = field[18],
              .planned_rows = number(field[19]),
              .lock_wait = std::chrono::microseconds{number(field[20])},
              .steps = texts_from_json(field[21]),
              .warnings = texts_from_json(field[22]),
              .previous = link.previous,
              .hash = link.hash});
        return true;
    });
}

}  // namespace evolver::ledger
