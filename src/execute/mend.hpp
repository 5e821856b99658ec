#pragma once

// Sync triggers that somebody has dropped by hand: noticed, and put back.

#include "execute/workplace.hpp"

namespace evolver {

/// Puts back what is missing of the sync triggers of open migrations, with a warning and an entry in the audit trail; the migrations have
/// to be reconciled anew. Writes nothing where nothing is missing. A plan that is older than the database only warns.
void mend_sync(Workplace& workplace);

}  // namespace evolver
