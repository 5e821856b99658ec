#include "cli/advice.hpp"
#include "cli/reasons.hpp"
#include "cli/report_lines.hpp"
#include "cli/usage_error.hpp"
#include "cli/verbs.hpp"

#include <algorithm>
#include <memory>

namespace evolver::cli {

namespace {

struct Said {
    std::string undo = {};
    std::string to = {};
    std::vector<std::string> accept_loss = {};
};

/// What is to be taken back, the last first.
std::vector<std::string> targets(Tool& tool, Said const& said) {
    if (!said.undo.empty()) return {tool.migration(said.undo).text()};
    auto const kept = tool.migration(said.to).text();
    std::vector<std::string> behind;
    bool found = false;
    for (auto const& migration : tool.evolver().status().migrations) {
        if (found && migration.phase == Phase::expanded) behind.push_back(migration.id);
        found = found || migration.id == kept;
    }
    std::ranges::reverse(behind);
    return behind;
}

ExitCode rollback(Tool& tool, Said const& said) {
    if (said.undo.empty() == said.to.empty()) {
        throw UsageError{Failure{.what = "rollback needs a target, and there is no \"all\".",
                                 .object = "rollback",
                                 .instead = "--undo ID takes back one migration, the last that is expanded; --to ID "
                                            "takes back every one behind it"}};
    }
    auto& evolver = tool.evolver();
    auto& out = tool.out();
    std::int64_t undone = 0;
    for (auto const& id : targets(tool, said)) {
        auto const report = evolver.rollback({.migration = id, .accept_loss = losses_of(said.accept_loss)});
        ++undone;
    }
    out.unit(undone == 0 ? "nothing to do: no migration behind \"" + said.to + "\" is expanded"
                         : counted(undone, "migration") + " taken back; what was written to the old shape stays");
    out.record("summary", {{"verb", "rollback"}, {"migrations", undone}});
    return ExitCode::done;
}

}  // namespace

void add_rollback(Verbs& verbs) {
    auto const said = std::make_shared<Said>();
    auto& verb =
        verbs.add({.name = "rollback",
                   .summary = "Takes the new shape away again, before contract",
                   .examples = {{"rollback --undo 0002-sizes", "the last migration that is expanded"},
                                {"rollback --to 0001-packages", "every one behind it, the last first"},
                                {"rollback --undo 0003-notes --accept-loss '0003-notes=nobody has written one'",
                                 "where the old shape cannot hold what the new one does"}}});
    verb.add_option("--undo", said->undo, "The migration to take back: the last that is expanded")->type_name("ID");
    verb.add_option("--to", said->to, "The migration that is to be the last")->type_name("ID");
    add_accept_loss(verb, said->accept_loss);
    verbs.runs(verb, [said](Tool& tool) { return rollback(tool, *said); });
}

}  // namespace evolver::cli
