#pragma once

/// The compatibility kit: what an application's own tests ask of its plan. Link evolver::testing.
///
///   testing/compatibility.hpp  every statement of every release, on every schema that it may meet
///   testing/recorder.hpp       gathers those statements from a running application
///   testing/scenario.hpp       programs of each release, interleaved, in every phase
///   testing/snapshot.hpp       each release's schema in a file, and upgrades from every one of them
///
/// Everything is a value and a plain function, for any test framework. The macros are for doctest: include its header, too, where you use one.

#include "evolver/testing/compatibility.hpp"
#include "evolver/testing/recorder.hpp"
#include "evolver/testing/scenario.hpp"
#include "evolver/testing/snapshot.hpp"

/// Fails with the table of what does not fit.
#define EVOLVER_CHECK_COMPATIBLE(releases)                                                               \
    do {                                                                                                 \
        auto const evolver_report = (releases).check();                                                  \
        DOCTEST_CHECK_MESSAGE(evolver_report.compatible(), ::evolver::testing::text_of(evolver_report)); \
    } while (false)

/// Fails with the shortest history that goes wrong, and its seed.
#define EVOLVER_CHECK_SCENARIO(scenario)                                                               \
    do {                                                                                               \
        auto const evolver_outcome = (scenario).play();                                                \
        DOCTEST_CHECK_MESSAGE(evolver_outcome.passed(), ::evolver::testing::text_of(evolver_outcome)); \
    } while (false)

/// Fails with what is not the same.
#define EVOLVER_CHECK_SNAPSHOTS(plan, folder)                                                  \
    do {                                                                                       \
        auto const evolver_complaints = ::evolver::testing::check_snapshots(plan, folder);     \
        std::string evolver_text;                                                              \
        for (auto const& evolver_one : evolver_complaints) evolver_text += evolver_one + "\n"; \
        DOCTEST_CHECK_MESSAGE(evolver_complaints.empty(), evolver_text);                       \
    } while (false)
