#include "execute/postgresql/rules.hpp"

#include "dialect/postgresql/render.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "execute/postgresql/index_build.hpp"
#include "execute/violation_words.hpp"

#include <algorithm>
#include <thread>

namespace evolver::postgresql {

namespace {

constexpr int check_violation = code_of("23514");
constexpr int foreign_key_violation = code_of("23503");
constexpr std::int64_t chunk_rows = 2'000;
constexpr int most_samples = 5;

Violations violations(Connection const& connection, PhysicalRule const& rule) {
    Violations found;
    auto const counts = connection.query(count_broken(rule));
    found.count = counts.integer(0, 0);
    found.groups = counts.integer(0, 1);
    if (found.count == 0) return found;
    found.rows = connection.integer(count_rows(rule.schema, rule.rule.table));
    auto const keys = connection.query(find_broken(rule, most_samples));
    for (std::size_t row = 0; row < keys.rows.size(); ++row) found.keys.push_back(keys.text(row, 0));
    return found;
}

/// In batches of their own. Returns how many rows it was.
std::int64_t mend_rows(Site& site, std::vector<PhysicalRule> const& rules, std::string const& migration) {
    auto const& connection = site.connection();
    std::int64_t rows = 0;
    for (auto const& rule : rules) {
        if (!mends(rule.rule)) continue;
        auto const table = in_schema(rule.schema, rule.rule.table.text());
        std::vector<Text> done;
        for (bool more = true; more;) {
            auto const start = std::chrono::steady_clock::now();
            site.patiently([&] {
                auto const next = connection.query(
                    key_after_rows(table, rule.key, done.empty() ? Range::all : Range::after, chunk_rows), done);
                more = !next.empty();
                if (!more) return;
                auto bounds = done;
                bounds.insert(bounds.end(), next.rows[0].begin(), next.rows[0].end());
                auto const range = done.empty() ? Range::until : Range::after_until;
                if (!connection.query(any_broken(rule, range), bounds).empty()) {
                    Transaction transaction{connection, site.options().lock_timeout};
                    auto const changed =
                        connection.query(mend(rule, range, site.plan().name(), migration), bounds).changed;
                    transaction.commit();
                    site.count_commit();
                    rows += changed;
                }
                done = next.rows[0];
            });
            // Who writes has a turn in between.
            std::this_thread::sleep_for((std::chrono::steady_clock::now() - start) / 4);
        }
    }
    return rows;
}

}  // namespace

void measure(Connection const& connection, std::vector<PhysicalRule> const& rules, std::string const& migration,
             std::vector<std::string>& warnings) {
    for (auto const& rule : rules) {
        auto const found = violations(connection, rule);
        if (found.count > 0) warnings.push_back(warning_of(migration, rule.rule, found));
    }
}

Gate rules_gate(Connection const& connection, std::vector<PhysicalRule> const& rules, std::string const& migration) {
    Gate gate{.name = "rules", .migration = migration, .open = true, .reason = {}};
    for (auto const& rule : rules) {
        if (!mends(rule.rule)) judge(gate, rule.rule, violations(connection, rule));
    }
    return gate;
}

Proving::Proving(Site& site, Compiled const& compiled, std::string migration)
    : site_{site}, migration_{std::move(migration)}, proofs_{compiled.proofs}, indexes_{compiled.proven_indexes} {
    take_back();
    try {
        mended_ = mend_rows(site, compiled.rules, migration_);
        // The indexes first: a foreign key may refer to what one of them makes unique, and nobody is held to anything yet while they are built.
        for (auto const& later : indexes_) prove(later);
        for (auto const& proof : proofs_) locked(proof.make);
        // What came in between.
        mended_ += mend_rows(site, compiled.rules, migration_);
        for (auto const& proof : proofs_) prove(proof);
    } catch (Error const&) {
        take_back();
        throw;
    }
}

Proving::~Proving() {
    if (kept_) return;
    try {
        take_back();
    } catch (Error const&) {
        return;  // the next contract does
    }
}

void Proving::prove(Proof const& proof) const {
    try {
        locked(proof.validate);
    } catch (EngineError const& error) {
        if (error.native_code() != check_violation && error.native_code() != foreign_key_violation) throw;
        refuse(proof.rule);
    }
}

void Proving::prove(LaterIndex const& later) const {
    try {
        site_.patiently([&] { build(site_, later); });
    } catch (IndexBroken const&) {
        refuse(later.index.table.text() + " is unique by \"" + later.index.name.text() + "\"");
    }
}

void Proving::refuse(std::string const& rule) const {
    throw GateClosed{{{.name = "rules",
                       .migration = migration_,
                       .open = false,
                       .reason = "rows break the rule that " + rule + ": mend them, then contract() again"}}};
}

void Proving::locked(std::string const& sql) const {
    site_.patiently([&] {
        Transaction transaction{site_.connection(), site_.options().lock_timeout};
        site_.connection().run(sql);
        transaction.commit();
    });
}

void Proving::take_back() const {
    for (auto const& proof : proofs_) locked(proof.take_back);
    for (auto const& later : indexes_)
        site_.patiently([&] { site_.connection().query(drop_index(site_.schema(), later.name, Beside::writers)); });
}

}  // namespace evolver::postgresql
