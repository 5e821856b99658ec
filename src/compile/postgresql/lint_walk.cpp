#include "compile/postgresql/lint_walk.hpp"

#include "compile/lint/raw_texts.hpp"
#include "compile/lint/refusals.hpp"
#include "compile/postgresql/replay.hpp"
#include "compile/postgresql/trial.hpp"
#include "dialect/postgresql/inspect.hpp"
#include "dialect/postgresql/row_facts.hpp"
#include "dialect/postgresql/schema_copy.hpp"
#include "dialect/postgresql/script_trial.hpp"
#include "evolver/dialect/engine_error.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace evolver::postgresql {

namespace {

using lint_rules::Case;
using lint_rules::RawFacts;
using lint_rules::Refusals;
using lint_rules::Stop;
using lint_rules::Texts;

constexpr std::int64_t most_samples = 1'000;

/// Of operations everything is known without rows.
bool runs_sql(Plan const& plan, std::size_t contracted) {
    auto const& migrations = plan.migrations();
    return std::any_of(migrations.begin() + static_cast<std::ptrdiff_t>(contracted), migrations.end(),
                       [](Migration const& migration) {
                           return std::ranges::any_of(migration.operations, [](Operation const& operation) {
                               return std::holds_alternative<RawSql>(operation);
                           });
                       });
}

/// No fault of the plan's.
bool passes(Error const& error, Connection const& connection) { return error.retry_helps() || connection.is_lost(); }

/// From here on until it is kept, what is done can be taken back.
class Savepoint {
public:
    explicit Savepoint(Connection const& connection) : connection_{connection} {
        connection.run("SAVEPOINT evolver_lint");
    }
    ~Savepoint() {
        try {
            if (open_) take_back();
        } catch (Error const&) {
            // The connection is lost, and the transaction with it.
        }
    }
    Savepoint(Savepoint const&) = delete;
    Savepoint& operator=(Savepoint const&) = delete;

    void keep() {
        open_ = false;
        connection_.run("RELEASE evolver_lint");
    }
    void take_back() {
        open_ = false;
        connection_.run("ROLLBACK TO evolver_lint; RELEASE evolver_lint");
    }

private:
    Connection const& connection_;
    bool open_ = true;
};

Schema seen_in(Connection const& connection, std::string const& schema) {
    auto found = inspect(connection, schema);
    found.triggers = triggers(connection, schema);
    return found;
}

/// SQL of the application's has to mean the copy.
void refuse_names_beyond(Migration const& migration, Connection const& connection, std::string const& copy) {
    for (auto const& operation : migration.operations) {
        auto const* const raw = std::get_if<RawSql>(&operation);
        if (raw == nullptr) continue;
        for (auto const* text : {&raw->expand, &raw->contract}) {
            if (*text) postgresql::refuse_names_beyond(connection, copy, (*text)->text(Engine::postgresql));
        }
    }
}

/// The plan as expand() and contract() would run it, on tables without rows. Nothing is left of it.
Refusals rehearsed(Plan const& plan, Standing standing, Connection const& connection, std::string const& copy) {
    Refusals refusals;
    Savepoint nothing_lasts{connection};
    auto position = standing.contracted;
    auto* words = &refusals.contract;
    try {
        for (; position < standing.expanded; ++position)
            complete_open(Blueprint{plan, standing, connection, copy}, position, connection, copy);
        words = &refusals.expand;
        for (; position < plan.migrations().size(); ++position) {
            standing.expanded = position;
            refuse_names_beyond(plan.migrations()[position], connection, copy);
            try_expand(Blueprint{plan, standing, connection, copy}.expand(), connection, copy);
        }
        standing.expanded = plan.migrations().size();
        words = &refusals.contract;
        for (position = standing.contracted; position < standing.expanded; ++position) {
            standing.contracted = position;
            refuse_names_beyond(plan.migrations()[position], connection, copy);
            try_contract(Blueprint{plan, standing, connection, copy}.contract(), connection, copy);
        }
    } catch (BeyondCopy const&) {
        // Up to here, then: what it says of itself is told where its operations are looked at.
    } catch (Error const& error) {
        if (passes(error, connection)) throw;
        (*words)[position] = lint_rules::in_one_sentence(error);
    }
    return refusals;
}

enum class Samples { none, some };

/// A copy of the schema with some rows, which goes through the plan.
class Walk {
public:
    Walk(Connection const& connection, Schema real, std::string schema, std::string copy, Samples samples)
        : connection_{connection},
          real_{std::move(real)},
          schema_{std::move(schema)},
          copy_{std::move(copy)},
          samples_{samples} {
        sampled_ = give_rows();
    }

    /// What is expanded in the real schema is finished here, so that every operation starts from one shape.
    void finish_open(Plan const& plan, Standing standing) {
        Savepoint begun{connection_};
        try {
            for (; standing.contracted < standing.expanded; ++standing.contracted) {
                auto const position = standing.contracted;
                Blueprint const blueprint{plan, standing, connection_, copy_};
                complete_open(blueprint, position, connection_, copy_);
                try_fill(blueprint, position, connection_, copy_);
                try_contract(blueprint.contract(), connection_, copy_);
            }
            begun.keep();
        } catch (Error const& error) {
            if (passes(error, connection_)) throw;
            // The rehearsal says why; what comes is judged over both shapes.
        }
    }

    /// Takes one operation from expand to contract, and says what it did.
    void go(Migration const& migration, Operation const& operation, Case& seen) {
        seen.before = seen.after = now();
        learn_effect(operation, seen);
        if (auto const* raw = std::get_if<RawSql>(&operation)) {
            run_raw(migration, *raw, seen);
            return;
        }
        Plan const alone{"lint",
                         {Migration{.id = migration.id, .release = migration.release, .operations = {operation}}}};
        if (attempt(alone, seen)) return;
        // Rows may be what stands in the way, which a rule tells from the live ones.
        Savepoint with_rows{connection_};
        empty_tables(connection_, copy_);
        if (!attempt(alone, seen)) return;
        (void)give_rows();
        with_rows.keep();
    }

    /// What the contract text of an operation that is expanded already would do.
    void look_ahead(Operation const& operation, Case& seen) {
        seen.before = seen.after = now();
        auto const* const raw = std::get_if<RawSql>(&operation);
        if (raw == nullptr || !raw->contract) return;
        RawFacts facts;
        try {
            RawSql const last{.contract = raw->contract, .verify = raw->verify};
            auto texts = tried(last);
            facts.stopped = told(lint_rules::stop_of(texts), texts, tried_without_rows(last));
            // That it fails without rows is the rehearsal's to tell, which takes contracts in their order.
            if (facts.stopped && !facts.stopped->on_rows) facts.stopped.reset();
            facts.contract = std::move(texts.contract);
        } catch (Error const& error) {
            if (passes(error, connection_)) throw;
            facts.stopped = Stop{.words = lint_rules::first_line(error)};
        }
        seen.raw = std::move(facts);
    }

private:
    [[nodiscard]] Schema now() const { return seen_in(connection_, copy_); }

    /// True: there are more.
    bool give_rows() {
        return samples_ == Samples::some && copy_some_rows(connection_, real_, schema_, copy_, most_samples);
    }

    static void learn_effect(Operation const& operation, Case& seen) {
        try {
            auto known = seen.before;
            auto effect = effect_of(operation, known);
            seen.pairs = std::move(effect.pairs);
            seen.added_rules = std::move(effect.rules);
        } catch (Error const&) {
            // refused: the rehearsal has the words
        }
    }

    bool attempt(Plan const& alone, Case& seen) {
        Savepoint begun{connection_};
        try {
            Blueprint blueprint{alone, {}, connection_, copy_};
            try_expand(blueprint.expand(), connection_, copy_);
            try_fill(blueprint, 0, connection_, copy_);
            try_contract(Blueprint{alone, {0, 1}, connection_, copy_}.contract(), connection_, copy_);
            seen.after = now();
        } catch (Error const& error) {
            if (passes(error, connection_)) throw;
            return false;
        }
        begun.keep();
        return true;
    }

    [[nodiscard]] Texts tried(RawSql const& raw) const {
        Savepoint const nothing_lasts{connection_};
        Texts texts;
        if (raw.expand) texts.expand = try_script(connection_, copy_, raw.expand->text(Engine::postgresql));
        if (raw.contract && !lint_rules::failed(texts.expand)) {
            if (raw.verify) texts.refused = finds_rows(*raw.verify);
            texts.contract = try_script(connection_, copy_, raw.contract->text(Engine::postgresql));
        }
        return texts;
    }
    [[nodiscard]] Texts tried_without_rows(RawSql const& raw) const {
        Savepoint const nothing_lasts{connection_};
        empty_tables(connection_, copy_);
        return tried(raw);
    }
    [[nodiscard]] bool finds_rows(Expression const& query) const {
        Savepoint const nothing_lasts{connection_};
        try {
            return !connection_.query(query.text(Engine::postgresql)).empty();
        } catch (EngineError const& error) {
            if (passes(error, connection_)) throw;
            return false;  // the rehearsal has the words
        }
    }

    /// The stop, where it is true of the database that is there. `rowless`: the same without rows.
    [[nodiscard]] std::optional<Stop> told(std::optional<Stop> stop, Texts const& texts, Texts const& rowless) const {
        if (!stop) return std::nullopt;
        stop->on_rows = !lint_rules::failed(rowless);
        stop->sampled = sampled_;
        if (stop->at_contract && texts.refused) return std::nullopt;
        return stop;
    }

    [[nodiscard]] MigrationReplay replayed(Migration const& migration, RawSql const& raw, Case& seen) const {
        auto result =
            replay_within({.id = migration.id, .release = migration.release, .operations = {raw}}, connection_, copy_);
        seen.after = now();
        return result;
    }

    void run_raw(Migration const& migration, RawSql const& raw, Case& seen) {
        RawFacts facts;
        Savepoint begun{connection_};
        try {
            run_raw(migration, raw, seen, facts);
            begun.keep();
        } catch (Error const& error) {
            if (passes(error, connection_)) throw;
            facts = {};
            facts.stopped = Stop{.words = lint_rules::first_line(error)};
        }
        seen.raw = std::move(facts);
    }

    void run_raw(Migration const& migration, RawSql const& raw, Case& seen, RawFacts& facts) {
        auto texts = tried(raw);
        RawSql up_to{.expand = raw.expand, .contract = raw.contract, .undo = raw.undo, .verify = raw.verify};
        if (raw.expand) up_to.expand = lint_rules::script_of(texts.expand, Engine::postgresql);
        if (raw.contract) up_to.contract = lint_rules::script_of(texts.contract, Engine::postgresql);
        auto const stop = lint_rules::stop_of(texts);
        if (!stop) {
            // BEGIN and COMMIT have a rule: what stands between them is looked at all the same.
            facts.replayed = replayed(migration, up_to, seen);
            if (!facts.replayed.failure.empty()) facts.stopped = Stop{.words = facts.replayed.failure};
        } else {
            take_apart(migration, raw, up_to, *stop, texts, seen, facts);
        }
        auto const elsewhere = [](TriedStatement const& one) { return one.elsewhere; };
        if (std::ranges::any_of(texts.expand, elsewhere) || std::ranges::any_of(texts.contract, elsewhere))
            facts.replayed.kinds.no_op = false;
        facts.expand = std::move(texts.expand);
        facts.contract = std::move(texts.contract);
    }

    /// It fails: with rows as far as it goes, and without them to the end, if it gets there.
    void take_apart(Migration const& migration, RawSql const& raw, RawSql const& up_to, Stop const& stop, Texts& texts,
                    Case& seen, RawFacts& facts) {
        Savepoint with_rows{connection_};
        auto as_far = replayed(migration, up_to, seen);
        auto schema = std::move(seen.after);
        with_rows.take_back();
        auto const rowless = tried_without_rows(raw);
        facts.stopped = told(stop, texts, rowless);
        if (!lint_rules::failed(rowless)) {
            Savepoint without_rows{connection_};
            empty_tables(connection_, copy_);
            facts.replayed = replayed(migration, raw, seen);
            if (facts.replayed.failure.empty()) {
                (void)give_rows();
                without_rows.keep();
                facts.replayed.rows = lint_rules::rows_lost(std::move(as_far));
                texts = lint_rules::joined(std::move(texts), rowless);
                return;
            }
        }
        seen.after = std::move(schema);
        facts.replayed = std::move(as_far);
        facts.replayed.failure = stop.words;
    }

    Connection const& connection_;
    Schema real_;
    std::string schema_;
    std::string copy_;
    Samples samples_;
    bool sampled_ = false;  ///< There are more rows than were copied.
};

}  // namespace

lint_rules::Live facts_of(Connection const& connection, std::string const& schema,
                          std::chrono::milliseconds lock_timeout) {
    lint_rules::PostgresqlFacts facts;
    for (auto const& [index, table] : invalid_indexes(connection, schema))
        facts.invalid_indexes.push_back({index, table});
    return {.rows = std::make_shared<RowFacts>(connection, schema, seen_in(connection, schema), lock_timeout),
            .postgresql = std::move(facts)};
}

std::vector<Case> cases_of(Plan const& plan, Standing standing, Connection const& connection, std::string const& schema,
                           lint_rules::Live const& live) {
    standing.expanded = std::min(standing.expanded, plan.migrations().size());
    standing.contracted = std::min(standing.contracted, standing.expanded);
    auto real = seen_in(connection, schema);
    auto const copy = "evolver_lint_" + connection.text("SELECT pg_backend_pid()");
    // SQL of the application's may wait for something, and readers' locks are held meanwhile.
    connection.run("SET LOCAL statement_timeout = 5000");
    copy_schema(connection, real, schema, copy);
    auto const refusals = rehearsed(plan, standing, connection, copy);

    std::vector<Case> cases{Case{.live = &live}};
    Walk walk{connection, std::move(real), schema, copy,
              runs_sql(plan, standing.contracted) ? Samples::some : Samples::none};
    for (auto position = standing.contracted; position < plan.migrations().size(); ++position) {
        auto const& migration = plan.migrations()[position];
        bool const expanded = position < standing.expanded;
        if (position == standing.expanded) walk.finish_open(plan, standing);
        cases.push_back(lint_rules::migration_case(plan, position, refusals, expanded, &live));
        std::vector<Name> made;
        for (auto const& operation : migration.operations) {
            Case seen{
                .migration = &migration, .operation = &operation, .expanded = expanded, .live = &live, .made = made};
            if (expanded)
                walk.look_ahead(operation, seen);
            else
                walk.go(migration, operation, seen);
            lint_rules::forget_refused(refusals, position, seen);
            for (auto const& table : seen.after.tables) {
                if (seen.before.find_table(table.name) == nullptr) made.push_back(table.name);
            }
            cases.push_back(std::move(seen));
        }
    }
    return cases;
}

}  // namespace evolver::postgresql
