#pragma once

/// A backfill that does not go on by itself.

#include "evolver/error.hpp"
#include "evolver/ledger/run_state.hpp"

#include <memory>

namespace evolver {

/// A batch has failed, now or earlier: nothing of it was written, and nothing is tried again by itself. The message names the rows by key and
/// the three ways on: mend the rows and resume; resume with halved batches; skip the rows with a reason.
class BackfillFailed : public Error {
public:
    explicit BackfillFailed(FailedBatch batch);
    [[nodiscard]] FailedBatch const& batch() const noexcept { return *batch_; }

private:
    std::shared_ptr<FailedBatch const> batch_;
};

/// Somebody has stopped the run; resume_backfill() lets it go on.
class BackfillStopped : public Error {
    using Error::Error;
};

}  // namespace evolver
