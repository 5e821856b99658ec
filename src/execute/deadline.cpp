#include "execute/deadline.hpp"

#include "evolver/error.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace evolver {

Deadline::Deadline(sqlite::Connection const& connection, Migration const& migration, ContractOptions const& options,
                   std::int64_t now)
    : connection_{connection}, migration_{migration} {
    auto const& window = migration.contract.window;
    bool const overridden =
        std::ranges::any_of(options.override_gates, [](Override const& one) { return one.gate == "window"; });
    if (!window || overridden) return;
    bounded_ = true;
    auto const left = left_of(*window, now);
    end_ = Clock::now() + (window->longest.count() > 0 ? std::min(left, window->longest) : left);
}

void Deadline::run(std::function<void()> const& work) const {
    if (!bounded_) return work();
    constexpr int instructions = 1000;
    auto const is_over = [](void* end) { return Clock::now() >= *static_cast<Clock::time_point*>(end) ? 1 : 0; };
    auto end = end_;
    sqlite3_progress_handler(connection_.handle(), instructions, is_over, &end);
    try {
        work();
    } catch (Error const& error) {
        sqlite3_progress_handler(connection_.handle(), 0, nullptr, nullptr);
        constexpr int primary_code = 0xff;
        if ((error.native_code() & primary_code) != SQLITE_INTERRUPT) throw;
        throw Error{Failure{
            .what = "The steps of migration \"" + migration_.id.text() +
                    "\" had not ended when their maintenance window did, and were taken back.",
            .object = migration_.id.text(),
            .instead = "have more of it done beforehand, in batches (.lock = Lock::online), or make the window longer",
            .native_code = error.native_code(),
            .changed = Changed::no}};
    } catch (...) {
        sqlite3_progress_handler(connection_.handle(), 0, nullptr, nullptr);
        throw;
    }
    sqlite3_progress_handler(connection_.handle(), 0, nullptr, nullptr);
}

}  // namespace evolver
