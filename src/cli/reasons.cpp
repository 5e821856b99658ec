#include "cli/reasons.hpp"

#include "cli/usage_error.hpp"

#include <utility>

namespace evolver::cli {

namespace {

std::pair<std::string, std::string> parted(std::string const& text, std::string const& option,
                                           std::string const& example) {
    auto const equals = text.find('=');
    if (equals != std::string::npos && equals > 0 && equals + 1 < text.size())
        return {text.substr(0, equals), text.substr(equals + 1)};
    throw UsageError{Failure{.what = option + " needs a name and a reason, not \"" + text + "\".",
                             .object = option,
                             .instead = option + " " + example + ": the reason goes into the audit trail"}};
}

}  // namespace

void add_accept_loss(CLI::App& verb, std::vector<std::string>& texts) {
    verb.add_option("--accept-loss", texts, "A migration whose loss is accepted, and why")
        ->type_name("ID=REASON")
        ->allow_extra_args(false);
}

void add_overrides(CLI::App& verb, std::vector<std::string>& texts) {
    verb.add_option("--override", texts, "A gate that is treated as open, and why")
        ->type_name("GATE=REASON")
        ->allow_extra_args(false);
}

std::vector<AcceptedLoss> losses_of(std::vector<std::string> const& texts) {
    std::vector<AcceptedLoss> losses;
    for (auto const& text : texts) {
        auto [migration, reason] = parted(text, "--accept-loss", "'0002-sizes=sizes like 12 kB become 12'");
        losses.push_back({.migration = std::move(migration), .reason = std::move(reason)});
    }
    return losses;
}

std::vector<Override> overrides_of(std::vector<std::string> const& texts) {
    std::vector<Override> overrides;
    for (auto const& text : texts) {
        auto [gate, reason] = parted(text, "--override", "'soak=the last 1.0 was shut down an hour ago'");
        overrides.push_back({.gate = std::move(gate), .reason = std::move(reason)});
    }
    return overrides;
}

}  // namespace evolver::cli
