#include "cli/verbs.hpp"

namespace evolver::cli {

void add_audit(Verbs& verbs) {
    auto& family = verbs.family(
        {.name = "audit",
         .summary = "The trail of everything that was done: append-only, each row hashed with the one before",
         .examples = {{"audit verify", ""}}});
    auto& verb =
        verbs.add(family, {.name = "verify",
                           .summary = "Checks the chain of hashes: 1 where a row was changed, taken out or put in",
                           .examples = {{"audit verify", ""}}});
    verbs.runs(verb, [](Tool& tool) {
        auto const broken = tool.evolver().verify_audit();
        tool.out().record("audit", {{"whole", !broken.has_value()}, {"why", broken.value_or("")}});
        if (!broken) {
            tool.out().unit("the audit trail is whole");
            return ExitCode::done;
        }
        tool.out().error("the audit trail was tampered with: " + *broken);
        return ExitCode::findings;
    });
}

}  // namespace evolver::cli
