#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

void judge(Case const& seen, Tell const& tell) {
    if (seen.expanded) return;
    auto const told = [&](std::string const& object, std::string const& what, std::int64_t needed,
                          std::string const& version) {
        bool const too_old = seen.live != nullptr && seen.live->sqlite->engine < needed;
        tell(too_old ? Severity::error : Severity::info, object,
             object + " needs SQLite " + version + " in every program that opens the database, older ones too: " + what,
             "look at sqlite3_libversion() of each program; without it, leave this out");
    };
    if (auto const* made = seen.as<CreateTable>(); made != nullptr && made->strict)
        told(made->table.text(), "an older one says \"malformed database schema\" to every statement", 3037000, "3.37");
    if (auto const* renamed = seen.as<RenameColumn>())
        told(renamed->table.text() + "." + renamed->to.text(), "the second name is a generated column", 3031000,
             "3.31");
}

}  // namespace

LintRule const sqlite_version_floor{
    .name = "sqlite-version-floor",
    .classification = Classification::behavioural,
    .page = {.catches = "An operation that stores something in the schema which only newer SQLite engines read: "
                        "STRICT tables (3.37), generated columns (3.31), which RenameColumn uses until contract.",
             .why = "One old engine among the readers cannot open the database any more: not only that table, "
                    "any of it.",
             .instead = "Know the oldest engine that opens the file, also of scripts and backup tools, before "
                        "such an operation.",
             .example = "CreateTable{.table = \"prices\", .columns = {…}, .strict = true}   // needs SQLite 3.37 "
                        "everywhere"},
    .judge = judge,
    .only = Engine::sqlite};

}  // namespace evolver::lint_rules
