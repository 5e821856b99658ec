#pragma once

// The five stages, each in a file of its own. A stage returns how it came out, or throws: what an error means for the run is decided in one place, in
// pipeline.cpp.

#include "evolver/pipeline/pipeline.hpp"
#include "pipeline/recorder.hpp"
#include "pipeline/site.hpp"

#include <optional>
#include <string>

namespace evolver {

struct Verdict {
    StageOutcome outcome = StageOutcome::passed;
    std::string why = {};
};

/// A stage that does not pass for a reason of its own, not one that a call has thrown.
class StageFailed : public Error {
    using Error::Error;
};

/// What the stages work with.
struct Work {
    Plan const& plan;
    PipelineOptions const& options;
    Crew const& crew;
    PipelineRun& run;
    Recorder& recorder;
    std::string source;    ///< What the dry run reads: the real database, or the staging database that was given.
    std::string dry_copy;  ///< Paths of copies; what is there is evolver's own.
    std::string expanded_copy;
    std::string undone_copy;
    /// The database that is worked on, from the migration on.
    std::optional<Site> site = {};
};

/// Is the staging database one that evolver makes?
[[nodiscard]] bool is_staging_copy(PipelineOptions const& options);
/// Opens the database that is worked on; makes it where it is a copy, and this run has not made it yet.
void open_site(Work& work);
/// Has this very run made the staging database?
[[nodiscard]] bool made_by(PipelineRun const& run, std::string const& path);

[[nodiscard]] Verdict dry_run(Work& work);
[[nodiscard]] Verdict migrate(Work& work);
[[nodiscard]] Verdict fill(Work& work);
[[nodiscard]] Verdict compare_shapes(Work& work);
[[nodiscard]] Verdict test_rollback(Work& work);

/// Makes `path` a copy of the database, and a step of the stage. It replaces a copy of evolver's own; anything else that is there is refused. On the
/// way there it is `<path>-unfinished`.
void make_copy(Work const& work, sqlite::Connection const& source, std::string const& path);
/// A digest of all rows of all tables. Listens to orders between tables.
[[nodiscard]] std::string data_digest(Work const& work, sqlite::Connection const& connection);
/// Fills everything at once, on a copy.
void fill_copy(Work const& work, Workplace& workplace);
/// What the backfills of the open migrations took.
[[nodiscard]] std::vector<BackfillRecord> backfills_of(Workplace& workplace);

/// Takes a copy away again when it goes out of scope.
class CopyKept {
public:
    explicit CopyKept(std::string path) : path_{std::move(path)} {}
    ~CopyKept();
    CopyKept(CopyKept const&) = delete;
    CopyKept& operator=(CopyKept const&) = delete;

private:
    std::string path_;
};

}  // namespace evolver
