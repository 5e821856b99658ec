#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge_others(Case const& seen, Tell const& tell) {
    if (seen.expanded || seen.migration == nullptr) return;
    auto const& id = seen.migration->id.text();
    auto const* const code = seen.as<RunCode>();
    if (code != nullptr && code->expand && !code->undo)
        tell(Severity::warning, id, "the code \"" + code->name.text() + "\" says no way back: rollback() is refused",
             "RunCode{.expand = …, .undo = …}, or accept: .accept = {{.rule = \"irreversible-undeclared\", .object = "
             "\"" +
                 id + "\", .reason = \"…\"}}");
    auto const* const fill = seen.as<Backfill>();
    if (fill != nullptr)
        tell(Severity::info, id,
             "the values that it replaces in " + fill->table.text() +
                 " are kept nowhere: rollback() leaves the new ones",
             "where older releases need the old values, a column of its own beside the old one: ChangeType, with .up "
             "and .down");
}

void judge(Case const& seen, Tell const& tell) {
    judge_others(seen, tell);
    if (!seen.raw || seen.expanded || seen.raw->replayed.kinds.no_op || !seen.raw->replayed.failure.empty()) return;
    auto const& id = seen.migration->id.text();
    auto const* const raw = seen.as<RawSql>();
    std::string const instead =
        "RawSql{.expand = \"…\", .undo = \"…\"}, which in a folder of SQL files is the file for the way down "
        "(7_x.down.sql beside "
        "7_x.up.sql); or accept: .accept = {{.rule = "
        "\"irreversible-undeclared\", .object = \"" +
        id + "\", .reason = \"…\"}}";
    if (raw->expand && !raw->undo)
        tell(Severity::warning, id, "the SQL says no way back: rollback() is refused", instead);
    std::string words;
    for (auto const& one : seen.raw->replayed.way_back_words) words += (words.empty() ? "" : ", ") + one;
    if (seen.raw->replayed.way_back == WayBack::fails)
        tell(Severity::error, id, "the way back fails: " + words, instead);
    if (seen.raw->replayed.way_back == WayBack::leads_elsewhere)
        tell(Severity::error, id, "the way back does not lead back: " + words, instead);
}

}  // namespace

LintRule const irreversible_undeclared{
    .name = "irreversible-undeclared",
    .classification = Classification::behavioural,
    .page = {.catches = "SQL of your own without `.undo`; or with one that, tried on samples, fails or leads to "
                        "another schema or other rows. RunCode without `.undo`; a Backfill, which keeps no old values.",
             .why = "On the evening when the release has to go back, nobody has a tried way.",
             .instead = "Write the way back; lint tries it on samples. Where there is none, say so in an "
                        "acceptance.",
             .example = "RawSql{.expand = \"CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)\", .undo = \"DROP "
                        "TABLE notes\"}"},
    .judge = judge};

}  // namespace evolver::lint_rules
