#include "dialect/sqlite/online_copy.hpp"
#include "evolver/fleet/gate.hpp"
#include "execute/approval_check.hpp"
#include "execute/expand.hpp"
#include "ledger/copied.hpp"
#include "ledger/pipeline_runs.hpp"
#include "pipeline/stages/stages.hpp"

#include <algorithm>
#include <filesystem>

namespace evolver {

bool made_by(PipelineRun const& run, std::string const& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return false;
    auto const there = [&] {
        constexpr std::chrono::seconds wait{1};
        try {
            return sqlite::open_for_reading(path, wait);
        } catch (Error const&) {
            // Killed in the middle of a transaction, outside WAL mode. Only where it is known to be this run's own may that be rolled back.
            if (run.at(PipelineStage::migration).outcome == StageOutcome::pending) throw;
            return sqlite::open_for_writing(path, wait, sqlite::Durability::none);
        }
    }();
    if (!ledger::is_copy(there)) return false;
    for (auto const& note : ledger::runs_of(there)) {
        if (note.id == run.id) return true;
    }
    return false;
}

bool is_staging_copy(PipelineOptions const& options) {
    return options.environment == Environment::staging && options.staging_is == Staging::copied;
}

void open_site(Work& work) {
    if (work.site) return;
    bool const copies = is_staging_copy(work.options);
    if (copies && !made_by(work.run, work.run.database)) {
        auto const source = Site::look_at(work.source, work.crew);
        make_copy(work, source.connection(), work.run.database);
    }
    work.site.emplace(copies ? Site::open_copy(work.run.database, work.crew)
                             : Site::open(work.run.database, work.crew));
}

Verdict migrate(Work& work) {
    auto& recorder = work.recorder;
    auto& workplace = work.site->workplace();
    auto const& connection = workplace.own();
    auto& stage = recorder.stage();
    auto const entries = workplace.state(connection).entries;
    bool const begun = std::ranges::any_of(entries, [&](ledger::Entry const& entry) {
        return std::ranges::find(work.run.migrations, entry.id) != work.run.migrations.end();
    });
    if (begun) {
        // A stage that was killed, or stopped, has left a part of its steps: what was there before them only its record knows.
        stage.schema_before = recorder.last_attempt().schema_before;
        stage.data_before = recorder.last_attempt().data_before;
    } else {
        stage.schema_before = schema_digest(connection);
        // On production it would be a scan of everything beside everybody.
        if (work.options.environment == Environment::staging) stage.data_before = data_digest(work, connection);
    }
    recorder.keep();
    recorder.merge(expand(workplace));
    recorder.stage().schema_after = schema_digest(connection);
    return {};
}

}  // namespace evolver
