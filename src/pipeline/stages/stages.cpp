#include "pipeline/stages/stages.hpp"

#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/online_copy.hpp"
#include "evolver/schema/digest.hpp"
#include "execute/advance.hpp"
#include "execute/fingerprint.hpp"
#include "execute/status.hpp"
#include "ledger/copied.hpp"

#include <filesystem>
#include <set>

namespace evolver {

namespace {

/// Throws where the file was not made by make_copy().
void refuse_others_file(std::string const& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return;
    bool own = false;
    try {
        auto const there = sqlite::open_for_reading(path, std::chrono::seconds{1});
        own = ledger::is_copy(there);
    } catch (Error const&) {
        own = false;  // it is no database
    }
    if (own) return;
    throw StageFailed{Failure{.what = "The file \"" + path + "\" is in the way of a copy, and evolver has not made it.",
                              .object = path,
                              .instead = "move it away, or name another path (PipelineOptions::staging, ::scratch)"}};
}

}  // namespace

void make_copy(Work const& work, sqlite::Connection const& source, std::string const& path) {
    refuse_others_file(path);
    work.recorder.step("copy " + source.path() + " to " + path, [&] {
        // Under its own name it is marked always: a copy that was killed on its way is known by this one.
        auto const unfinished = path + "-unfinished";
        sqlite::remove_database(unfinished);
        sqlite::copy_to_file(source, unfinished, [&](std::int64_t, std::int64_t) { work.recorder.look(); });
        {
            auto const copy = sqlite::open_for_writing(unfinished, work.options.wait, sqlite::Durability::none);
            sqlite::WriteTransaction transaction{copy, work.options.wait};
            ledger::mark_copy(copy, source.path());
            ledger::forget_orders(copy, work.plan.name());
            transaction.commit();
        }
        sqlite::remove_database(path);
        std::filesystem::rename(unfinished, path);
    });
}

std::string data_digest(Work const& work, sqlite::Connection const& connection) {
    std::set<std::string> lines;
    for (auto const& table : sqlite::inspect(connection).tables) {
        work.recorder.look();
        auto const found = fingerprint(connection, {.tables = {table.name.text()}, .stop = work.recorder.token()});
        for (auto const& one : found.tables) lines.insert(one.name + " " + one.digest + "\n");
    }
    std::string all;
    for (auto const& line : lines) all += line;
    return digest_of(all);
}

void fill_copy(Work const& work, Workplace& workplace) {
    Advancer advancer{workplace, {.order = work.options.fill_order}};
    advancer.to_the_end(Pace::full_speed, work.recorder.token());
}

std::vector<BackfillRecord> backfills_of(Workplace& workplace) {
    std::vector<BackfillRecord> all;
    for (auto const& migration : status_of(workplace).migrations) {
        if (migration.phase != Phase::expanded) continue;
        for (auto const& one : migration.backfills) {
            all.push_back({.migration = migration.id,
                           .table = one.table,
                           .rows = one.rows,
                           .batches = one.batches,
                           .skipped = one.skipped,
                           .rows_per_second = one.rows_per_second,
                           .work = one.work,
                           .longest_lock = one.longest_lock,
                           .expected = one.expected});
        }
    }
    return all;
}

CopyKept::~CopyKept() { sqlite::remove_database(path_); }

}  // namespace evolver
