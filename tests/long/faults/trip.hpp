#pragma once

// What the faults strike: each operation of a plan, from expand to contract, or to rollback, with programs that write meanwhile. A trip that
// was cut short is gone on with by making it again: each part knows whether it is done.

#include "evolver/plan/plan.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace evolver::faults {

struct Journey {
    std::string name;
    std::vector<Operation> before;  ///< Besides the tables that every journey has.
    std::vector<Operation> change;
    std::vector<std::string> new_columns;  ///< Of packages, that release 2.0 inserts by LiveTable; none: it does not.
    bool back = false;                     ///< To rollback, not to contract.
    bool wal = true;
};

/// Each operation in both directions, in one journal mode; `every_mode`: in both.
[[nodiscard]] std::vector<Journey> journeys(bool every_mode);

/// Makes the database as release 1.0 leaves it.
void make(Journey const& journey, std::string const& path);

/// How far the writers' transactions have come, as they were told: each is acknowledged once COMMIT has returned.
struct Acknowledged {
    std::int64_t writes = 0;
};

/// From wherever the database stands to the end. Throws what evolver or SOCI throws.
void travel(Journey const& journey, std::string const& path, Acknowledged& acknowledged);

/// The writes that the database knows of.
[[nodiscard]] std::int64_t writes_in(std::string const& path);

/// Everything that has to be the same, and what has to be whole: schema, rows, evolver's own triggers and tables, the audit trail.
[[nodiscard]] std::string end_of(Journey const& journey, std::string const& path);

}  // namespace evolver::faults
