#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (seen.migration != nullptr || seen.live == nullptr || seen.live->sqlite->wait >= 100) return;
    tell(Severity::warning, "busy_timeout",
         "the session waits " + std::to_string(seen.live->sqlite->wait) +
             " ms for a lock: its statements fail while evolver, or any other, writes",
         "soci::session db{soci::sqlite3, \"db=catalogue.db timeout=5\"}");
}

}  // namespace

LintRule const lock_timeout_missing{
    .name = "lock-timeout-missing",
    .classification = Classification::additive,
    .page = {.catches = "The session that was given waits for a lock less than 100 ms. SOCI waits not at all "
                        "unless told.",
             .why = "A statement that meets a lock fails at once with \"database is locked\", and evolver's "
                    "short locks are met often in transition.",
             .instead = "Give every program a busy timeout of some seconds: timeout=5 in SOCI's connection "
                        "string, or PRAGMA busy_timeout.",
             .example = "soci::session db{soci::sqlite3, \"db=catalogue.db timeout=5\"};"},
    .judge = judge,
    .only = Engine::sqlite};

}  // namespace evolver::lint_rules
