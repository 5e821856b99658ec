#pragma once

// Which changes of a contract are done by making a table anew, and as one: several changes of a table are one rebuild.

#include "dialect/sqlite/render.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace evolver {

/// A change of a contract, by the names that the database has.
struct PhysicalChange {
    Change change;
    Name table;
    Lock lock;
};

/// A table that is made anew, with everything that its migration's contract does to it.
struct TableRebuild {
    sqlite::Rebuild form;
    bool in_batches;                ///< Before the contract's transaction, by triggers and batches; else within it.
    Lock lock;                      ///< The longest that an operation of it allows.
    bool removes_columns = false;   ///< Views and triggers may miss something afterwards.
    std::vector<Step> checks = {};  ///< What rows have to keep in the new form: steps with `refuse_if` and no SQL.
};

/// How a change would be rendered if the table were not made anew: for its estimate, and its check.
using RenderAlone = std::function<Step(PhysicalChange const&)>;

class Rebuilds {
public:
    /// `changes` are of one contract, in order; `schema` is the clone before the first of them. `rows_of` says how many rows a table has.
    /// Throws PlanError, EngineError where a table cannot have its new form.
    Rebuilds(sqlite::Connection const& schema, std::vector<PhysicalChange> const& changes,
             std::function<std::int64_t(Name const&)> const& rows_of, RenderAlone const& alone,
             std::chrono::milliseconds budget, std::function<std::int64_t(Name const&)> const& id_of);

    /// Is the change part of a rebuild?
    [[nodiscard]] bool holds(PhysicalChange const& change) const;
    /// The rebuild of `table`; null where it is not made anew.
    [[nodiscard]] TableRebuild const* of(Name const& table) const;
    [[nodiscard]] std::vector<TableRebuild> const& all() const noexcept { return rebuilds_; }

private:
    std::vector<TableRebuild> rebuilds_;
};

}  // namespace evolver
