#pragma once

// plan × live schema × dialect → steps.
//
// A Compiler clones the live schema into memory and runs ahead of the real database there: every statement it returns has been run
// on the clone, in the order in which the executor will run it. So a typo in a name, a bad expression or a name that is taken is found
// before the first write, and what was reviewed is what runs.
//
// Contracted migrations are a prefix of the plan, expanded ones follow, planned ones are the rest. The compiler keeps the virtual schema, which
// is what the next migration's operations are meant for, beside the physical one, which holds both shapes of every open migration.

#include "compile/rebuilds.hpp"
#include "dialect/sqlite/clone.hpp"
#include "dialect/sqlite/cross_sql.hpp"
#include "dialect/sqlite/fill_sql.hpp"
#include "dialect/sqlite/natural_statements.hpp"
#include "dialect/sqlite/rule_sql.hpp"
#include "dialect/sqlite/sync.hpp"
#include "evolver/plan/plan.hpp"
#include "evolver/plan/step.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace evolver {

namespace sqlite {
struct IndexLayout;
}

/// An old column that accepts NULL for as long as its migration is at stage `complete`, by the database's names.
struct RelaxedColumn {
    std::size_t position;  ///< Of the migration.
    Name table;
    Name column;
    std::string down = {};  ///< What fills it, where Compiler::refillable() knows.
};

/// How far a database has come along a plan.
struct Standing {
    std::size_t contracted = 0;  ///< Migrations before this one are contracted.
    std::size_t expanded = 0;    ///< Migrations before this one are expanded, or contracted.
    std::vector<RelaxedColumn> relaxed = {};
};

/// The way to stage `complete`.
struct Completion {
    std::vector<Step> steps = {};
    std::vector<RelaxedColumn> relaxed = {};
};

/// The counter of one table's legacy writes under one migration.
struct LegacyCounter {
    std::int64_t id;
    std::string table;
};

/// A column that gets another default, by the database's names.
struct ChangedDefault {
    Name table;
    Name column;
    std::string before;  ///< SQL of the default that it has; NULL where it has none.
};

/// One phase of one migration, ready to run in one transaction.
struct Compiled {
    std::size_t position = 0;
    std::vector<Step> steps = {};
    std::vector<std::string> fills = {};  ///< Tables that want a backfill.
    std::vector<LegacyCounter> counters = {};
    std::vector<sqlite::PhysicalRule> rules = {};  ///< That the migration adds.
    std::vector<ChangedDefault> defaults =
        {};                                   ///< Before `steps`, and before `rebuilds`; see execute/transform_run.hpp.
    std::vector<TableRebuild> rebuilds = {};  ///< To be done in batches before `steps`.
    bool has_filled_steps = false;            ///< Something waits until the backfill is complete.
    bool adopts = false;                      ///< Among that are indexes in small batches.
    bool removes = false;                     ///< Contract takes something away from older releases.
    std::vector<std::string> warnings = {};
};

/// The way back to sync triggers that somebody has dropped.
struct Mend {
    std::vector<std::string> missing = {};  ///< The triggers' names.
    std::vector<Step> steps = {};
};

/// One pair of an open migration, over physical columns.
struct OpenPhysicalPair {
    std::size_t position;
    sqlite::PhysicalPair pair;
};

/// A Backfill of an open migration, over physical columns.
struct OpenTransform {
    sqlite::PhysicalTransform transform;
    std::vector<sqlite::PhysicalPair> carried;  ///< Open pairs that are computed from what it writes, in plan order.
    /// What keeps another table in step with what it writes: statements over the key ?1 … ?k of a row.
    std::vector<std::string> crossed = {};
};

/// A cross pair of an open migration, over physical columns.
struct OpenPhysicalCrossPair {
    std::size_t position;
    sqlite::PhysicalCrossPair pair;
};

class Compiler {
public:
    /// `live` is read once, here. Throws PlanError if an open migration does not fit the live schema.
    Compiler(Plan plan, Standing standing, sqlite::Connection const& live,
             std::chrono::milliseconds budget = std::chrono::milliseconds{50});

    /// From here on, expand() warns where SQL in the application's own words breaks what programs of this schema may
    /// do; see dialect/sqlite/natural_statements.hpp. Tables that the plan has yet to make are in nobody's use.
    void watch_statements() { watched_ = sqlite::natural_statements(clone_.connection); }

    /// From here on, no index of Lock::online is made by expand(), however small its table is.
    void put_off_online() { online_ = Online::put_off; }
    /// From here on, indexes of Lock::online are made at once: the steps run on samples, without batches between them.
    void make_online_at_once() { online_ = Online::at_once; }

    /// The next planned migration. Throws PlanError.
    [[nodiscard]] Compiled expand();
    /// The indexes of migration `position` that are to be built in small batches, and are not there yet.
    [[nodiscard]] std::vector<sqlite::IndexLayout> online(std::size_t position);
    /// What waits for the backfill of migration `position`.
    [[nodiscard]] Compiled filled(std::size_t position);
    /// The first open migration.
    [[nodiscard]] Compiled contract();
    /// The last expanded migration.
    [[nodiscard]] Compiled undo();

    /// Has the old columns of migration `position` accept NULL. Throws PlanError where one cannot.
    [[nodiscard]] Completion complete(std::size_t position);
    /// Has the relaxed columns be NOT NULL again; does not look for rows in which they are NULL.
    [[nodiscard]] std::vector<Step> const& restoring() const noexcept { return restoring_; }
    /// The relaxed columns, each with what fills it.
    [[nodiscard]] std::vector<RelaxedColumn> refillable() const;

    /// The sync triggers of open migrations that are not there, and how to put them back.
    [[nodiscard]] Mend mend();

    /// Of the real database, when it was read.
    [[nodiscard]] std::int64_t schema_version() const noexcept { return schema_version_; }
    [[nodiscard]] Standing standing() const noexcept { return standing_; }
    /// Would contract of migration `position` take anything away?
    [[nodiscard]] bool removes(std::size_t position) const;
    /// The tables that migration `position` is about.
    [[nodiscard]] std::vector<Name> tables(std::size_t position) const;
    /// The name under which the database has the table after the steps that were compiled so far.
    [[nodiscard]] Name at(Name table) const;
    /// Computed pairs that are open, in plan order; of all migrations, or of one.
    [[nodiscard]] std::vector<OpenPhysicalPair> pairs(std::optional<std::size_t> position = {}) const;
    /// Open cross pairs, in plan order; of all migrations, or of one.
    [[nodiscard]] std::vector<OpenPhysicalCrossPair> crossings(std::optional<std::size_t> position = {}) const;
    /// What migration `position` fills besides its pairs, in plan order, while it is open.
    [[nodiscard]] std::vector<OpenTransform> transforms(std::size_t position) const;
    /// The rules that migration `position` adds, while it is open.
    [[nodiscard]] std::vector<sqlite::PhysicalRule> rules(std::size_t position) const;
    /// What the database's schema is after the steps that were compiled so far.
    [[nodiscard]] Schema physical() const;
    /// Where the steps that were compiled so far have run.
    [[nodiscard]] sqlite::Connection const& clone() const noexcept { return clone_.connection; }
    /// Objects that could not be cloned.
    [[nodiscard]] std::vector<std::string> const& left_out() const noexcept { return clone_.left_out; }

private:
    struct Open {
        std::size_t position;
        Pair pair;
    };

    struct Kept {
        std::size_t position;
        KeptColumn column;
    };

    struct OpenCross {
        std::size_t position;
        CrossPair pair;
    };

    struct OpenMove {
        std::size_t position;
        MovedTable move;
    };

    struct OpenRule {
        std::size_t position;
        Rule rule;
    };

    std::vector<Effect> effects_of(std::size_t position);
    void run(std::vector<Step>& steps, Step step, std::string const& migration);
    void render(std::vector<Step>& steps, Change const& change, Lock lock, std::string const& migration,
                bool online = false);
    [[nodiscard]] bool is_put_off(Effect const& effect, Change const& change);
    void make_strict();
    void unsync(std::vector<Step>& steps, Name const& table, std::string const& migration);
    void unsync(std::vector<Step>& steps, std::vector<Name> const& tables, std::string const& migration);
    /// Those that are there. Code of the application's runs between the two: what it writes is carried over as anybody's is.
    void resync(std::vector<Step>& steps, std::vector<Name> const& tables, std::string const& migration);
    void sync(std::vector<Step>& steps, Name const& table, std::string const& migration);
    [[nodiscard]] std::vector<std::string> triggers_on(Name const& table) const;
    [[nodiscard]] PhysicalChange physical_change(Change const& change, Lock lock) const;
    [[nodiscard]] std::vector<ChangedDefault> changed_defaults(std::vector<Effect> const& effects) const;
    /// The tables that the contract makes anew; those that are made in batches have their shadow in the clone from here on.
    Rebuilds begin_rebuilds(Compiled& compiled, std::vector<Effect> const& effects);
    void finish_rebuild(std::vector<Step>& steps, TableRebuild const& rebuild, std::string const& migration);
    void open_pairs(std::size_t position, Effect& effect);
    void refuse_dependents(Step const& step) const;
    /// Throws PlanError where what `effect` makes needs a name that an open migration, or an earlier operation of this one (`before`), has
    /// still to free.
    void refuse_held_names(Effect const& effect, std::vector<Effect> const& before, std::size_t position,
                           std::string const& title);
    /// Throws PlanError where what moves to another table, or the keys that it goes along, is in another open change, too.
    void refuse_crossed(Effect const& effect, std::size_t position, std::string const& title) const;
    /// Throws PlanError where a pair without triggers shares a column with another open pair.
    void refuse_chained(Effect const& effect, std::size_t position, std::string const& title) const;
    [[nodiscard]] bool has_triggers(std::size_t position) const {
        return plan_.migrations()[position].sync == Sync::triggers;
    }
    void check(sqlite::PhysicalCrossPair const& cross, std::string const& title) const;
    [[nodiscard]] sqlite::PhysicalCrossPair physical_cross(CrossPair const& cross) const;
    /// Both tables of each open cross pair that one of `tables` is in.
    void include_crossed(std::vector<Name>& tables) const;
    void warn_of_broken(Compiled& compiled);
    void forget(std::size_t position);
    void forget_moves(std::size_t position);
    void check(Pair const& pair, std::string const& title) const;
    void check(sqlite::PhysicalRule const& rule, std::string const& title) const;
    void check(Transform const& transform, std::string const& title) const;
    /// Throws PlanError where an open pair says what is in a column that `transform` sets.
    void refuse_new_side(Transform const& transform, std::string const& title) const;
    [[nodiscard]] sqlite::PhysicalTransform physical_transform(Transform const& transform) const;
    /// `expression` without second names.
    [[nodiscard]] std::string over_columns(Name const& table, Expression const& expression) const;
    [[nodiscard]] sqlite::PhysicalRule physical_rule(Rule rule) const;
    [[nodiscard]] bool waits_for_backfill(Index const& index) const;
    [[nodiscard]] Change resolved(Change change) const;
    [[nodiscard]] std::string base_of(Name const& table, Name const& column) const;
    [[nodiscard]] sqlite::PhysicalPair bare_pair(Pair const& pair) const;
    [[nodiscard]] sqlite::PhysicalPair physical_pair(Pair const& pair) const;
    [[nodiscard]] bool is_strict(Name const& table) const;
    /// Tables with open pairs that `effects` are about; every one of them where SQL in the application's own words is among the effects.
    [[nodiscard]] std::vector<Name> synced_tables(std::vector<Effect> const& effects) const;
    [[nodiscard]] std::int64_t rows_of(std::string const& table);
    [[nodiscard]] std::int64_t bytes_of(std::int64_t rows) const;
    [[nodiscard]] std::vector<Name> tables_of(std::vector<Effect> const& effects) const;
    [[nodiscard]] std::string const& id_of(std::size_t position) const {
        return plan_.migrations()[position].id.text();
    }

    Plan plan_;
    Standing standing_;
    std::chrono::milliseconds budget_;
    sqlite::Connection const* live_;
    std::int64_t schema_version_;
    sqlite::Clone clone_;
    Schema virtual_;
    std::map<std::size_t, std::vector<Effect>> effects_;  // of open and planned migrations, once walked
    /// What to do instead, where the engine refuses a step of the phase that is compiled.
    std::string way_out_ = "nothing was written: mend the migration, then call again";
    std::vector<Open> open_;
    std::vector<OpenCross> crossings_;
    std::vector<Kept> kept_;  // of open migrations, like open_
    std::vector<OpenRule> rules_;
    std::vector<OpenMove> moves_;
    std::map<std::string, std::int64_t> rows_;
    std::vector<NaturalStatement> watched_;
    std::vector<Step> restoring_;
    enum class Online { by_size, put_off, at_once };
    Online online_ = Online::by_size;
};

/// The schema that the history should have made, where the plan itself says how everything began; none where it starts from tables that
/// others made. Of an open migration it lacks what waits for the backfill: that may be there, or not yet.
[[nodiscard]] std::optional<Schema> expected_schema(Plan const& plan, Standing standing);

/// The counter's number: the same in every process, without asking the database.
[[nodiscard]] std::int64_t legacy_id(std::string const& plan, std::string const& migration, std::string const& table);

}  // namespace evolver
