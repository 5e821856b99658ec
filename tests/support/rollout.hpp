#pragma once

// Takes a database through the phases of a plan with the compiler alone: no ledger, no fleet, no batches. What the compiler says is
// what runs, and after each phase the real schema is held against the one that the compiler expects.

#include "compile/compiler.hpp"
#include "dialect/sqlite/code_connection.hpp"
#include "dialect/sqlite/fill_sql.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/schema_digests.hpp"
#include "evolver/schema/diff.hpp"
#include "evolver/schema/digest.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

namespace evolver::support {

class Rollout {
public:
    Rollout(Plan plan, sqlite::Connection const& database) : plan_{std::move(plan)}, database_{database} {
        database_.run(
            "CREATE TABLE IF NOT EXISTS evolver_legacy (id INTEGER PRIMARY KEY, writes INTEGER, last_at INTEGER)");
    }

    /// The next migration. Its new columns are empty afterwards, as they are in a running application.
    Compiled expand() {
        Compiler compiler{plan_, standing_, database_};
        auto compiled = compiler.expand();
        run(compiled);
        ++standing_.expanded;
        agree(compiler);
        for (auto const& counter : compiled.counters) {
            database_.run("INSERT OR IGNORE INTO evolver_legacy VALUES (" + std::to_string(counter.id) + ", 0, 0)");
        }
        return compiled;
    }

    /// Fills the last expanded migration, with the application's triggers held still, and makes what waited for that.
    Compiled fill() {
        Compiler compiler{plan_, standing_, database_};
        auto const position = standing_.expanded - 1;
        database_.enable_triggers(false);
        for (auto const& table : compiler.tables(position)) {
            std::vector<sqlite::PhysicalPair> pairs;
            for (auto const& open : compiler.pairs(position)) {
                if (open.pair.table == table) pairs.push_back(open.pair);
            }
            if (pairs.empty()) continue;
            database_.run(sqlite::fill(table, sqlite::row_key(database_, table), pairs, sqlite::Range::all));
        }
        for (auto const& open : compiler.crossings(position)) {
            if (open.pair.pair.makes_rows) database_.run(sqlite::make_missing(open.pair, sqlite::Range::all));
        }
        for (auto const& open : compiler.transforms(position)) {
            auto const key = sqlite::row_key(database_, open.transform.table);
            database_.run(sqlite::transform(open.transform, key, sqlite::Range::all));
        }
        database_.enable_triggers(true);
        auto compiled = compiler.filled(position);
        run(compiled);
        agree(compiler);
        return compiled;
    }

    Compiled contract() {
        Compiler compiler{plan_, standing_, database_};
        auto compiled = compiler.contract();
        run(compiled);
        ++standing_.contracted;
        agree(compiler);
        return compiled;
    }

    Compiled undo() {
        Compiler compiler{plan_, standing_, database_};
        auto compiled = compiler.undo();
        run(compiled);
        --standing_.expanded;
        agree(compiler);
        return compiled;
    }

    /// Every migration of the plan, one after the other, to its end.
    void finish() {
        while (standing_.contracted < standing_.expanded) (void)contract();
        while (standing_.expanded < plan_.migrations().size()) {
            (void)expand();
            (void)fill();
            (void)contract();
        }
    }

    [[nodiscard]] std::int64_t legacy_writes() const {
        return database_.integer("SELECT sum(writes) FROM evolver_legacy");
    }
    [[nodiscard]] Standing standing() const { return standing_; }
    [[nodiscard]] std::string digest() const { return digest_of(sqlite::inspect(database_), Engine::sqlite); }
    [[nodiscard]] std::string canonical() const {
        return evolver::canonical(sqlite::inspect(database_), Engine::sqlite);
    }

private:
    void run(Compiled const& compiled) const {
        database_.run("BEGIN IMMEDIATE");
        for (auto const& step : compiled.steps) {
            if (!step.refuse_if.empty()) {
                auto refusal = database_.prepare(step.refuse_if);
                if (refusal.step()) {
                    refusal.reset();
                    database_.run("ROLLBACK");
                    throw Error{Failure{.what = step.refusal}};
                }
            }
            for (auto const& sql : step.sql) database_.run(sql);
            if (step.code) {
                sqlite::CodeConnection code{database_};
                step.code(code);
            }
        }
        database_.run("COMMIT");
    }

    void agree(Compiler const& compiler) const {
        std::string differences;
        for (auto const& difference : diff(compiler.physical(), sqlite::inspect(database_), Engine::sqlite))
            differences += difference.text() + "\n";
        CHECK(differences == "");
        CHECK(database_.text("PRAGMA integrity_check") == "ok");
        // The audit trail's digest is made from the clone, before the lock.
        sqlite::SchemaDigests digests;
        auto const foreseen = digests.of(compiler.clone());
        CHECK(digests.knows(database_));
        CHECK(foreseen == digest_of(sqlite::inspect(database_), Engine::sqlite));
        if (auto const expected = expected_schema(plan_, standing_)) {
            std::string drift;
            for (auto const& difference : diff(*expected, sqlite::inspect(database_), Engine::sqlite)) {
                if (difference.kind != DifferenceKind::unexpected) drift += difference.text() + "\n";
            }
            CHECK(drift == "");
        }
    }

    Plan plan_;
    Standing standing_ = {};
    sqlite::Connection const& database_;
};

/// The steps of a phase as one would read them in a dry run.
inline std::string script(std::string const& phase, Compiled const& compiled) {
    std::string text = "-- " + phase + "\n";
    for (auto const& step : compiled.steps) {
        text += "\n-- " + step.what + "\n";
        if (!step.refuse_if.empty()) text += "-- refused if: " + step.refuse_if + "\n";
        for (auto const& sql : step.sql) text += sql + ";\n";
    }
    return text + "\n";
}

}  // namespace evolver::support
