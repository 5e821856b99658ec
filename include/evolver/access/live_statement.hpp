#pragma once

/// A prepared statement of the new shape, for hot paths: prepared once, and anew when the shape has moved.
///
/// This header includes SOCI's; evolver.hpp does not.

#include "evolver/access/live_sql.hpp"

#include <soci/soci.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace evolver {

///     evolver::LiveStatement insert{db, packages.insert({"name", "size_bytes"})};
///     insert.use(name, "name").use(bytes, "size_bytes");
///     for (…) { name = …; bytes = …; insert.execute(); }
///
/// Binds are references that must outlive the statement, as SOCI's are; temporaries do not compile.
/// Threads: it belongs to the session's. It never leaves a read open: a SELECT that SOCI has not read to its end would keep the WAL from
/// being checkpointed, and every change of the schema waiting.
/// Cost: SOCI's prepared execution, an atomic load and two counts.
class LiveStatement {
public:
    LiveStatement(soci::session& session, LiveSql sql);
    ~LiveStatement();
    LiveStatement(LiveStatement&&) noexcept;
    LiveStatement& operator=(LiveStatement&&) noexcept;

    template <class T>
    LiveStatement& use(T const& value, std::string name) {
        return bind([&value, name = std::move(name)](soci::statement& statement) {
            statement.exchange(soci::use(value, name));
        });
    }
    template <class T>
    LiveStatement& use(T const& value, soci::indicator& indicator, std::string name) {
        return bind([&value, &indicator, name = std::move(name)](soci::statement& statement) {
            statement.exchange(soci::use(value, indicator, name));
        });
    }
    /// The value would be gone when the statement runs.
    template <class T>
    LiveStatement& use(T const&& value, std::string name) = delete;

    template <class T>
    LiveStatement& into(T& target) {
        return bind([&target](soci::statement& statement) { statement.exchange(soci::into(target)); });
    }
    template <class T>
    LiveStatement& into(T& target, soci::indicator& indicator) {
        return bind(
            [&target, &indicator](soci::statement& statement) { statement.exchange(soci::into(target, indicator)); });
    }

    /// Runs it once. True if there was a row; the first is in the targets then, and the statement is ended.
    bool execute();

    /// Runs it and calls `row` for each row, with the values in the targets.
    void each(std::function<void()> const& row);

    /// Rows changed by the last execute().
    [[nodiscard]] long long affected_rows() const;

private:
    LiveStatement& bind(std::function<void(soci::statement&)> binder);
    void prepare(std::uint64_t epoch);

    soci::session* session_;
    std::shared_ptr<detail::AccessState> state_;
    LiveSql::Writer writer_;
    std::vector<std::function<void(soci::statement&)>> binders_;
    std::optional<soci::statement> statement_;
    std::shared_ptr<detail::Counters const> counted_;
    std::uint64_t epoch_ = 0;
};

}  // namespace evolver
