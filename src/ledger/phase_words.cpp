#include "ledger/phase_words.hpp"

#include "ledger/ledger.hpp"

#include <fmt/format.h>

namespace evolver::ledger {

Phase phase_from(std::string const& text) {
    for (auto const phase : {Phase::planned, Phase::expanded, Phase::contracted}) {
        if (text == name_of(phase)) return phase;
    }
    throw HistoryError{Failure{.what = "The ledger holds the phase \"" + text + "\", which this evolver does not know.",
                               .object = "evolver_migration",
                               .instead = "use the version of evolver that wrote it, or a newer one"}};
}

Stage stage_from(std::string const& text) {
    for (auto const stage : {Stage::off, Stage::dual, Stage::switched, Stage::complete}) {
        if (text == name_of(stage)) return stage;
    }
    throw HistoryError{Failure{.what = "The ledger holds the stage \"" + text + "\", which this evolver does not know.",
                               .object = "evolver_migration",
                               .instead = "use the version of evolver that wrote it, or a newer one"}};
}

void refuse_newer_format(std::int64_t found) {
    if (found <= format) return;
    throw HistoryError{
        Failure{.what = fmt::format("The ledger has format {}; this evolver knows formats up to {}.", found, format),
                .object = "evolver_plan",
                .instead = "build the application with the version of evolver that the others use"}};
}

}  // namespace evolver::ledger
