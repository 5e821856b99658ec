#pragma once

// plan × live schema → steps, on PostgreSQL; what compile/compiler.hpp is on SQLite, for the operations that are possible here.
//
// A Blueprint reads the schema that it is told to, in the transaction that the connection is in. So the same code compiles a migration for the
// real tables, and, before that, for empty ones of the same form, where the steps are tried and taken back: see execute/postgresql/expand.cpp.
//
// Only computed pairs have triggers. A second name (RenameColumn) is a column of its own here, which sync keeps equal: PostgreSQL has no column that is
// only a name, and a view would not take every statement.
//
// A table that gets another name (RenameTable) has, from expand to contract, a view of that name beside it, of the kind that takes every write. Contract drops the view
// and renames the table. Whatever is compiled for an open rename names the table as the database has it: operations are written for the new name, effects
// are led back to the stored one.

#include "compile/compiler.hpp"
#include "dialect/postgresql/call_sql.hpp"
#include "dialect/postgresql/connection.hpp"
#include "dialect/postgresql/fill_sql.hpp"
#include "dialect/postgresql/proof.hpp"
#include "dialect/postgresql/rule_sql.hpp"
#include "dialect/postgresql/sync.hpp"
#include "evolver/plan/plan.hpp"
#include "evolver/plan/step.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace evolver::postgresql {

/// An index that is made beside writers, once the rows are filled; at contract it takes the name that the old one has until then.
struct LaterIndex {
    Index index;
    std::string name;  ///< Until contract.
};

/// An index that contract would make under the lock is made beforehand, beside writers.
[[nodiscard]] LaterIndex early_index(Index const& index);

/// The one that a primary key is made of at contract.
[[nodiscard]] LaterIndex key_index(ReplacePrimaryKey const& change);

/// Is it of an operation that makes columns unique? Its index is there from contract on, and not before.
[[nodiscard]] bool is_unique_rule(Effect const& effect);

/// One phase of one migration, ready to run in one transaction.
struct Compiled {
    std::size_t position = 0;
    std::vector<Step> steps = {};
    std::vector<std::string> parse_checks = {};  ///< SELECTs that have to be understood, before the steps.
    std::vector<std::string> refuse_rows =
        {};                                  ///< SELECTs that have to find nothing, behind the steps of a rehearsal …
    std::vector<std::string> refusals = {};  ///< … and what a row means.
    std::vector<Name> tables = {};           ///< That were there before, and are changed.
    std::vector<LegacyCounter> counters = {};
    std::vector<Proof> proofs = {};  ///< What the table keeps from contract on: before the steps, beside writers.
    std::vector<LaterIndex> proven_indexes = {};  ///< The same, of what has to be unique.
    std::vector<PhysicalRule> rules = {};         ///< Of rows that are there.
    std::vector<LaterIndex> indexes = {};
    std::vector<MoveTable> moves = {};  ///< By contract.
    bool fills = false;
    bool removes = false;  ///< Contract takes something away from older releases.
};

/// An open pair, and the key of its rows.
struct OpenPair {
    std::size_t position;
    NamedPair pair;
    RowKey key;
};

/// Columns of the rows that are there, filled once.
struct OpenTransform {
    Transform transform;
    RowKey key;
    std::optional<CalledTransform> called = {};  ///< The same, where it calls C++ functions.
};

class Blueprint {
public:
    /// Throws PlanError where an open migration does not fit the schema.
    Blueprint(Plan plan, Standing standing, Connection const& connection, std::string schema);

    /// The next planned migration; `schema()` is then as after it. Throws PlanError, in words, for what is not possible here yet.
    [[nodiscard]] Compiled expand();
    /// The first open migration.
    [[nodiscard]] Compiled contract() const;
    /// The last expanded migration.
    [[nodiscard]] Compiled undo() const;

    [[nodiscard]] Standing standing() const noexcept { return standing_; }
    /// In plan order; of all open migrations, or of one.
    [[nodiscard]] std::vector<OpenPair> pairs(std::optional<std::size_t> position = {}) const;
    [[nodiscard]] std::vector<OpenTransform> transforms(std::size_t position) const;
    /// Those whose table and columns are there.
    [[nodiscard]] std::vector<PhysicalRule> rules(std::size_t position) const;
    [[nodiscard]] std::vector<LaterIndex> indexes(std::size_t position) const;
    [[nodiscard]] bool removes(std::size_t position) const;
    /// Of a migration without triggers, once nobody reads the old shape: has its columns accept that nothing is written into them.
    [[nodiscard]] std::vector<std::string> let_go(std::size_t position) const;
    /// The open pairs, of whatever migration, that are computed from what the transform sets, and that no trigger carries over.
    [[nodiscard]] std::vector<OpenPair> carried(Transform const& transform) const;
    /// Queries that count what only the new shape of the last expanded migration holds, each with its words: "in table notes".
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> losses() const;
    /// Every table that a migration from here on is about or refers to, and that is there; and every such view.
    [[nodiscard]] std::vector<Name> tables() const;
    [[nodiscard]] std::vector<Name> views() const;

private:
    struct Open {
        std::size_t position;
        std::size_t number;  ///< Among the pairs of its migration.
        Pair pair;           ///< Of the table as it is stored.
        Name said;           ///< The table as its operation calls it, which stays what it is.
    };
    struct Move {
        std::size_t position;
        MovedTable moved;  ///< Both names as the operation has them.
    };

    std::vector<Effect> const& effects_of(std::size_t position);
    /// The name under which the database has a table that open renames call so.
    [[nodiscard]] Name stored(Name table) const;
    [[nodiscard]] Effect stored(Effect effect) const;
    [[nodiscard]] Name said(std::size_t position, Name const& stored_table) const;
    /// The view by the new name over the table called `table`; what may be done to that, may be done to this.
    [[nodiscard]] Step show_as(Name const& table, Name const& name) const;
    /// No column that a view shows can be dropped or renamed: views of open renames over tables that `compiled` changes go before its steps and come back
    /// after them, but for those of migration `gone`.
    void set_aside_views(Compiled& compiled, std::size_t gone) const;
    /// What contract of the migration renames, by the names that the tables have until then.
    [[nodiscard]] std::vector<MoveTable> moves_of(std::size_t position) const;
    using Refuse = std::function<void(std::string why, std::string instead)>;
    /// Names that open renames need until contract.
    void refuse_held_names(Effect const& effect, Refuse const& refuse) const;
    /// A primary key that something relies on; and rows that would be walked by one that is being replaced.
    void refuse_key_in_use(std::size_t position, Effect const& effect, Refuse const& refuse) const;
    [[nodiscard]] Side side_of(Name const& table, Name const& column) const;
    [[nodiscard]] NamedPair physical(Open const& open) const;
    /// The trigger of a table for the pairs of all open migrations but `without`. `called`: it has that name by then.
    [[nodiscard]] Step sync(Name const& table, std::optional<std::size_t> without,
                            std::optional<Name> const& called = {}) const;
    /// Does a trigger keep both shapes of the migration in step?
    [[nodiscard]] bool has_triggers(std::size_t position) const {
        return plan_.migrations()[position].sync == Sync::triggers;
    }
    [[nodiscard]] bool is_synced(Open const& open) const;
    enum class To { new_columns, old_columns };
    /// Comments, and rights on columns alone. To the old columns only where the old one stays under the new name.
    [[nodiscard]] Step extras_of(std::size_t position, To to) const;
    [[nodiscard]] std::vector<Name> paired_tables(std::size_t position) const;
    void restore_foreign_indexes(Name const& table);
    void refuse_impossible(std::size_t position, Operation const& operation, Effect const& effect) const;
    void refuse_hidden_rows(std::size_t position, Effect const& effect, Refuse const& refuse) const;
    void refuse_fillings(Operation const& operation, Effect const& effect, Refuse const& refuse) const;
    void refuse_functions(Backfill const& fill) const;
    void refuse_mending(Effect const& effect, Refuse const& refuse) const;
    void refuse_indexes(Effect const& effect, Refuse const& refuse) const;
    void refuse_unsynced(Effect const& effect, Refuse const& refuse) const;
    /// What Sync::application cannot do: a second name, and columns that another open change computes, too.
    void refuse_without_triggers(std::size_t position, Operation const& operation, Effect const& effect,
                                 Refuse const& refuse) const;
    void refuse_new_side(Transform const& transform, Operation const& operation) const;
    /// What stays of a column that is a second name: the old column, which takes that name when its migration is contracted. What is made for the new one is
    /// made on the old one.
    [[nodiscard]] Name lasting(std::size_t position, Name const& table, Name const& column) const;
    [[nodiscard]] Index lasting(std::size_t position, Index index) const;
    [[nodiscard]] std::vector<Proof> proofs(std::size_t position) const;
    [[nodiscard]] std::vector<LaterIndex> proven_indexes(std::size_t position) const;
    /// "view v relies on the key of …"; empty where nothing does.
    [[nodiscard]] std::string relies_on_key(Name const& table) const;
    [[nodiscard]] Step replace_key(std::size_t position, ReplacePrimaryKey const& change) const;
    [[nodiscard]] std::string title_of(std::size_t position) const;

    Plan plan_;
    Standing standing_;
    Connection const* connection_;
    std::string schema_;
    Schema live_;     ///< What is there, and what expand() has added since.
    Schema virtual_;  ///< What the next migration is meant for.
    std::map<std::size_t, std::vector<Effect>> effects_;
    std::vector<Open> open_;
    std::vector<Move> moves_;
    std::vector<Name> shown_;  ///< Views of open renames that are there.
};

}  // namespace evolver::postgresql
