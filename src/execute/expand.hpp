#pragma once

// Expand: bring the database to a schema that serves this release and every older one down to the floor.

#include "evolver/plan/step.hpp"
#include "execute/workplace.hpp"

namespace evolver {

/// One statement that tells whether there is anything to do. Throws HistoryError and SchemaTooNew like the long way.
[[nodiscard]] bool nothing_to_expand(Workplace& workplace);

/// Each pending migration in a transaction of its own, with its entry in the ledger: a crash leaves it done or not begun. Safe from many
/// processes at once: the one that gets the lock works, the others find it done.
[[nodiscard]] Report expand(Workplace& workplace);

/// Compiles what expand would do, and rehearses contract after it, on a clone. Writes nothing.
[[nodiscard]] Report rehearse(Workplace& workplace);

}  // namespace evolver
