#include "compile/lint/refusals.hpp"

#include <algorithm>
#include <limits>

namespace evolver::lint_rules {

std::string found_in(std::map<std::size_t, std::string> const& words, std::size_t position) {
    auto const found = words.find(position);
    return found == words.end() ? std::string{} : found->second;
}

// An error may hold the message of another one, with the statement on a line of its own.
std::string in_one_sentence(Error const& error) {
    std::string words = error.what();
    if (!error.instead().empty()) words.resize(std::min(words.size(), words.find("\n  instead: ")));
    constexpr std::string_view object = "\n  object:  ";
    constexpr std::string_view sql = "\n  sql:     ";
    auto const begin = words.find(sql);
    auto const statement =
        begin == std::string::npos ? std::string{} : in_a_sentence(std::string_view{words}.substr(begin + sql.size()));
    if (begin != std::string::npos) words.resize(begin);
    if (auto const at = words.find(object); at != std::string::npos) words.resize(at);
    if (!statement.empty()) words += ", in: " + statement;
    return error.instead().empty() ? words : words + "; " + error.instead();
}

std::string first_line(Error const& error) {
    std::string const words = error.what();
    return words.substr(0, words.find('\n'));
}

Case migration_case(Plan const& plan, std::size_t position, Refusals const& refusals, bool expanded, Live const* live) {
    auto const& migration = plan.migrations()[position];
    Case whole{.migration = &migration, .expanded = expanded, .live = live};
    whole.refused = found_in(refusals.expand, position);
    whole.contract_refused = found_in(refusals.contract, position);
    if (auto const& due = migration.contract.remove_after_release) {
        auto const releases = plan.releases();
        whole.releases_since_due =
            static_cast<std::size_t>(releases.end() - std::find(releases.begin(), releases.end(), *due));
    }
    return whole;
}

void forget_refused(Refusals const& refusals, std::size_t position, Case& seen) {
    if (!seen.raw || !seen.raw->stopped) return;
    auto const& stop = *seen.raw->stopped;
    auto const from = [](std::map<std::size_t, std::string> const& refused) {
        return refused.empty() ? std::numeric_limits<std::size_t>::max() : refused.begin()->first;
    };
    auto const expand = from(refusals.expand);
    bool const follows = position > expand || (!stop.on_rows && position == expand);
    bool const at_contract = !stop.on_rows && stop.at_contract && position >= from(refusals.contract);
    if (follows || at_contract) seen.raw->stopped.reset();
}

}  // namespace evolver::lint_rules
