#pragma once

/// The root of everything evolver throws: facts of a failure, and what to do next.
///
/// Each layer derives its own errors from `Error` (a plan's mistakes are `PlanError`, an engine's refusals `EngineError`, a
/// closed gate is `GateClosed`); a caller that only wants to react asks the two questions on the root instead of the type:
///
///     try { evolver.expand(); }
///     catch (evolver::Error const& error) {
///         log(error.what());
///         if (error.retry_helps()) schedule_again();
///         else if (error.database_changed() != evolver::Changed::no) page_somebody();
///     }
///
/// Messages are one to four lines: what happened, to which object, why, and what to do instead, ready to paste. They never
/// hold the values of rows, except where a function says that it names keys. The text is for people: do not parse it.

#include <exception>
#include <memory>
#include <string>

namespace evolver {

/// Did the database change before the failure?
enum class Changed {
    no,       ///< Nothing was written, or everything that was written has been rolled back.
    partly,   ///< Complete steps were committed before the one that failed; calling again goes on from there.
    unknown,  ///< The connection was lost at commit: look (`status`) before you decide.
};

/// Does the same call, made again without any change, have a chance?
enum class Retry {
    useless,  ///< The cause is in the plan, the data or the call.
    helps,    ///< Somebody held a lock, or a reader held a snapshot: call again later.
};

/// What is known of a failure. Fields that do not apply are empty.
struct Failure {
    std::string what;          ///< What happened and why, in one sentence.
    std::string object = {};   ///< The table, column, migration or file it happened to.
    std::string instead = {};  ///< What to do instead, ready to paste.
    std::string sql = {};      ///< The statement that the engine refused.
    int native_code = 0;       ///< The engine's own (extended) result code.
    Changed changed = Changed::no;
    Retry retry = Retry::useless;
};

/// The root of all errors. Copying never throws; the message is built once.
class Error : public std::exception {
public:
    explicit Error(Failure failure);

    /// The whole message: what, object, instead, SQL.
    [[nodiscard]] char const* what() const noexcept override;

    [[nodiscard]] Changed database_changed() const noexcept;
    [[nodiscard]] bool retry_helps() const noexcept;
    [[nodiscard]] std::string const& object() const noexcept;
    [[nodiscard]] std::string const& instead() const noexcept;
    [[nodiscard]] std::string const& sql() const noexcept;
    [[nodiscard]] int native_code() const noexcept;

    /// For whoever passes it on, after steps of his own that are committed: `Changed::no` becomes `Changed::partly`.
    void after_committed_steps();

private:
    struct Told;
    std::shared_ptr<Told const> told_;
};

}  // namespace evolver
