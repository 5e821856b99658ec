#include "cli/failure_words.hpp"
#include "cli/verbs.hpp"

#include <fmt/format.h>

#include <memory>

namespace evolver::cli {

namespace {

ExitCode gates(Tool& tool, std::string const& wanted) {
    auto& out = tool.out();
    auto const only = tool.optional_migration(wanted);
    std::string migration;
    std::int64_t closed = 0;
    std::int64_t open = 0;
    for (auto const& gate : tool.evolver().gates()) {
        if (only && only->text() != gate.migration) continue;
        if (gate.migration != migration) out.answer(out.toned(Tone::strong, gate.migration));
        migration = gate.migration;
        ++(gate.open ? open : closed);
        auto const reason = in_commands(gate.reason, tool);
        out.answer(fmt::format("  {}  {}{}",
                               gate.open ? out.toned(Tone::good, "open  ") : out.toned(Tone::bad, "closed"), gate.name,
                               reason.empty() ? "" : ": " + reason));
        out.record("gate",
                   {{"migration", gate.migration}, {"gate", gate.name}, {"open", gate.open}, {"reason", reason}});
    }
    if (open + closed == 0) {
        out.answer("no migration waits for contract");
    } else {
        out.unit(fmt::format("{} open, {} closed", open, closed));
    }
    out.record("summary", {{"verb", "gates"}, {"open", open}, {"closed", closed}});
    return closed > 0 ? ExitCode::blocked : ExitCode::done;
}

}  // namespace

void add_gates(Verbs& verbs) {
    auto const migration = std::make_shared<std::string>();
    auto& verb = verbs.add({.name = "gates",
                            .summary = "What has to hold before old shapes go, and what does: 3 where a gate is closed",
                            .examples = {{"gates", ""}, {"gates --soak 1h", "as it would be with a shorter soak"}}});
    add_migration(verb, *migration, "all");
    verbs.runs(verb, [migration](Tool& tool) { return gates(tool, *migration); });
}

}  // namespace evolver::cli
