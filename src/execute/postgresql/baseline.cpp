#include "execute/postgresql/baseline.hpp"

#include "dialect/postgresql/inspect.hpp"
#include "dialect/postgresql/render.hpp"
#include "dialect/postgresql/script.hpp"
#include "dialect/postgresql/sync.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/ledger/ledger_error.hpp"
#include "evolver/schema/diff.hpp"
#include "evolver/schema/tokens.hpp"
#include "execute/baseline.hpp"
#include "ledger/postgresql/instances.hpp"
#include "ledger/postgresql/ledger.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace evolver::postgresql {

namespace {

/// What a schema has: as a Schema, and what that leaves out.
struct Sight {
    Schema schema;
    std::vector<DatabaseObject> objects;
};

/// Names are told without the schema that is looked at.
Sight look_at(Connection const& connection, std::string const& schema, std::string const& path) {
    connection.run("SET LOCAL search_path = " + path);
    return {.schema = inspect(connection, schema), .objects = other_objects(connection, schema)};
}

enum class Extra { is_told, is_passed_over };

std::string differences_of(Sight const& expected, Sight const& found, Extra extra) {
    std::string words;
    for (auto const& difference : diff(expected.schema, found.schema, Engine::postgresql)) {
        if (difference.kind != DifferenceKind::unexpected || extra == Extra::is_told)
            words += "\n  " + difference.text();
    }
    auto const missing = [&](Sight const& in, DatabaseObject const& object) {
        return std::ranges::none_of(in.objects, [&](DatabaseObject const& other) { return other.name == object.name; });
    };
    for (auto const& object : expected.objects) {
        if (missing(found, object))
            words += "\n  " + object.name + ": missing";
        else if (std::ranges::find(found.objects, object) == found.objects.end())
            words += "\n  " + object.name + ": not what the plan makes of it";
    }
    for (auto const& object : found.objects) {
        if (extra == Extra::is_told && missing(expected, object)) words += "\n  " + object.name + ": unexpected";
    }
    return words;
}

/// How the comparison has come out; of what cannot be compared, why.
struct Verdict {
    std::string differences = {};
    bool untold = false;  ///< A rename hides what there is to compare.
    /// The oldest release that can use what the migrations leave; where that cannot be seen, that of the last one.
    std::size_t floor;
};

/// In a transaction that is rolled back.
class Comparison {
public:
    Comparison(Site const& site, std::size_t through)
        : connection_{site.connection()},
          plan_{site.plan()},
          through_{through},
          real_{site.schema()},
          scratch_{"evolver_baseline_" + connection_.text("SELECT pg_backend_pid()")},
          path_{connection_.text("SELECT current_setting('search_path')")},
          at_first_{look_at(connection_, real_, path_)} {}

    [[nodiscard]] Verdict run() {
        std::string why;
        connection_.run("SAVEPOINT evolver_baseline");
        auto const made = made_of_nothing(why);
        bool const alone = made && untouched();
        connection_.run("ROLLBACK TO evolver_baseline");
        if (alone) return {.differences = differences_of(*made, at_first_, Extra::is_passed_over), .floor = floor_};
        bool const is_sql = std::ranges::all_of(plan_.migrations().first(through_), [](Migration const& migration) {
            return std::ranges::all_of(migration.operations, [](Operation const& operation) {
                return std::holds_alternative<RawSql>(operation);
            });
        });
        if (is_sql) return still_to_do();
        return {.differences = "\n  it cannot be seen, because the migrations do not begin with an empty schema: " +
                               (why.empty() ? "they change what is there" : why),
                .floor = last_floor()};
    }

private:
    [[nodiscard]] std::size_t last_floor() const { return plan_.position_of(plan_.migrations()[through_ - 1].release); }
    [[nodiscard]] std::string only_scratch() const { return quoted(scratch_); }
    [[nodiscard]] std::string before_real() const { return quoted(scratch_) + ", " + path_; }

    [[nodiscard]] bool untouched() const {
        return differences_of(at_first_, look_at(connection_, real_, path_), Extra::is_told).empty();
    }

    [[nodiscard]] std::optional<Sight> made_of_nothing(std::string& why) {
        try {
            connection_.run("CREATE SCHEMA " + quoted(scratch_) + "; SET LOCAL search_path = " + only_scratch());
            Standing standing;
            for (std::size_t position = 0; position < through_; ++position) {
                standing.expanded = standing.contracted = position;
                auto const added = Blueprint{plan_, standing, connection_, scratch_}.expand();
                for (auto const& counter : added.counters)
                    connection_.run("CREATE SEQUENCE " + in_schema(scratch_, counter_name(counter.id)));
                run_steps(added.steps, connection_, Code::left_out);
                make(added.indexes);
                standing.expanded = position + 1;
                auto const removed = Blueprint{plan_, standing, connection_, scratch_}.contract();
                make(removed.proven_indexes);
                for (auto const& proof : removed.proofs) {
                    connection_.run(proof.make);
                    connection_.run(proof.validate);
                }
                run_steps(removed.steps, connection_, Code::left_out);
                if (removed.removes) floor_ = plan_.position_of(plan_.migrations()[position].release);
            }
            return look_at(connection_, scratch_, only_scratch());
        } catch (Error const& error) {
            if (error.retry_helps() || !connection_.in_transaction()) throw;
            std::string const words = error.what();
            why = words.substr(0, words.find('\n'));
            return std::nullopt;
        }
    }

    void make(std::vector<LaterIndex> const& indexes) const {
        for (auto const& later : indexes)
            connection_.run(make_index(later.index, scratch_, later.name, Beside::nobody));
    }

    /// Statement by statement, on the schema as it is, without rows.
    [[nodiscard]] Verdict still_to_do() const {
        connection_.run("CREATE SCHEMA " + quoted(scratch_));
        for (auto const& table : at_first_.schema.tables) {
            connection_.run(like_table(scratch_, real_, table.name));
            for (auto const& rename : rename_copied_indexes(connection_, scratch_, real_, table.name))
                connection_.run(rename);
        }
        for (auto const& table : at_first_.schema.tables) {
            for (auto const& key : table.foreign_keys)
                connection_.run("ALTER TABLE " + in_schema(scratch_, table.name.text()) + " ADD CONSTRAINT " +
                                quoted(key.name) + " FOREIGN KEY " + foreign_key_words(scratch_, key));
        }
        for (auto const& view : at_first_.schema.views) connection_.run(like_view(scratch_, real_, view.name));
        auto const before = look_at(connection_, scratch_, before_real());
        bool renames = false;
        for (auto const& migration : plan_.migrations().first(through_)) {
            for (auto const& operation : migration.operations) {
                auto const& sql = std::get<RawSql>(operation);
                for (auto const* script : {&sql.expand, &sql.contract}) {
                    if (*script) renames = run_what_works((*script)->text(Engine::postgresql)) || renames;
                }
            }
        }
        if (renames) return {.untold = true, .floor = last_floor()};
        auto after = look_at(connection_, scratch_, before_real());
        // What is beside tables was not copied: that it can be made again says nothing, where the real one is the same.
        std::erase_if(after.objects, [&](DatabaseObject const& object) {
            return std::ranges::find(at_first_.objects, object) != at_first_.objects.end();
        });
        auto found = differences_of(after, before, Extra::is_told);
        return {.differences = found + differences_of(look_at(connection_, real_, path_), at_first_, Extra::is_told),
                .floor = last_floor()};
    }

    /// True: a rename has failed, and what was made under the old name before it would look missing.
    [[nodiscard]] bool run_what_works(std::string const& script) const {
        bool renames = false;
        for (auto const& statement : statements_of(script)) {
            connection_.run("SET LOCAL search_path = " + before_real() + "; SAVEPOINT evolver_statement");
            try {
                connection_.run(statement);
                connection_.run("RELEASE evolver_statement");
            } catch (EngineError const& error) {
                if (error.retry_helps() || !connection_.in_transaction()) throw;
                connection_.run("ROLLBACK TO evolver_statement; RELEASE evolver_statement");
                renames = renames || normalised(statement).find(" rename ") != std::string::npos;
            }
        }
        return renames;
    }

    Connection const& connection_;
    Plan const& plan_;
    std::size_t through_;
    std::string real_;
    std::string scratch_;
    std::string path_;
    Sight at_first_;
    std::size_t floor_ = 0;
};

/// Of a baseline behind which nothing has been brought yet: it was a word, and may be said again.
void refuse_brought(Connection const& connection, Plan const& plan) {
    if (ledger::read(connection, plan.name()).entries.empty() || ledger::is_only_said(connection, plan.name())) return;
    throw HistoryError{Failure{.what = "The database has a history of the plan \"" + plan.name() + "\" already.",
                               .object = plan.name(),
                               .instead = "a baseline is recorded before the first expand()"}};
}

}  // namespace

void baseline(Site& site, MigrationId const& last) {
    auto const& plan = site.plan();
    auto const& connection = site.connection();
    auto const through = migrations_through(plan, last);
    Verdict verdict{.floor = 0};
    site.patiently([&] {
        refuse_brought(connection, plan);
        Transaction const never_committed{connection, site.options().lock_timeout};
        verdict = Comparison{site, through}.run();
    });
    if (!verdict.differences.empty()) {
        throw DriftError{Failure{
            .what = "The database is not what the plan makes up to \"" + last.text() + "\":" + verdict.differences,
            .object = site.schema(),
            .instead =
                "name the last migration whose work is there, or bring the database to that; nothing was written"}};
    }
    if (verdict.untold) {
        site.tell({.kind = EventKind::warning,
                   .migration = last.text(),
                   .message = "the schema is taken as it is: the migrations up to \"" + last.text() +
                              "\" build on tables that are not theirs, and rename, so nothing can be compared with "
                              "what they make"});
    }
    auto const floor = verdict.floor;
    site.patiently([&] {
        if (ledger::read(connection, plan.name()).exists) return;
        ledger::create(connection, plan.name(), site.options().lock_timeout);
        site.count_commit();
    });
    site.patiently([&] {
        Transaction transaction{connection, site.options().lock_timeout};
        (void)fleet_for_update(connection, plan.name());  // nobody comes in meanwhile
        ledger::take_pen(connection, plan.name());
        refuse_brought(connection, plan);
        ledger::forget_migrations(connection, plan.name());
        for (std::size_t position = 0; position < through; ++position)
            ledger::expanded(connection, plan, position, Phase::contracted, Stage::complete, true);
        raise_floor(connection, plan.name(), static_cast<std::int64_t>(floor), plan.releases()[floor].text());
        site.audit(connection, {.plan = {}, .event = "baseline", .migration = last.text()});
        transaction.commit();
        site.count_commit();
    });
}

}  // namespace evolver::postgresql
