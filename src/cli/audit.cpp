#include "cli/text_file.hpp"
#include "cli/usage_error.hpp"
#include "cli/verbs.hpp"
#include "dialect/sqlite/file_rights.hpp"
#include "observe/words.hpp"

#include <fmt/format.h>

#include <charconv>
#include <deque>
#include <fstream>
#include <memory>

namespace evolver::cli {

namespace {

struct Said {
    std::int64_t last = 20;
    std::int64_t after = 0;
    std::string migration = {};
    std::string file = {};
    std::string anchored = {};
};

/// The last rows that were asked for, oldest first.
std::deque<AuditEntry> last_rows(Tool& tool, Said const& said) {
    std::deque<AuditEntry> rows;
    tool.evolver().audit([&](AuditEntry const& entry) {
        if (!said.migration.empty() && entry.migration != said.migration) return;
        rows.push_back(entry);
        if (static_cast<std::int64_t>(rows.size()) > said.last) rows.pop_front();
    });
    return rows;
}

json_text::Object record_of(AuditEntry const& entry) {
    return {{"sequence", entry.sequence}, {"at", entry.at},
            {"event", entry.event},       {"migration", entry.migration},
            {"actor", entry.actor},       {"detail", entry.detail},
            {"rows", entry.rows},         {"microseconds", std::int64_t{entry.duration.count()}}};
}

/// One line each: what happened, when, by whom.
ExitCode log(Tool& tool, Said const& said) {
    auto& out = tool.out();
    for (auto const& entry : last_rows(tool, said)) {
        auto text = fmt::format("{}  {}", entry.at.substr(0, 19), entry.event);
        if (!entry.migration.empty()) text += "  " + entry.migration;
        if (entry.rows > 0) text += "  " + counted(entry.rows, "row");
        if (entry.duration.count() > 0) text += "  " + words_of(entry.duration);
        if (!entry.actor.empty())
            text += "  by " + entry.actor + (entry.on_behalf_of.empty() ? "" : " for " + entry.on_behalf_of);
        if (!entry.detail.empty()) text += "  " + entry.detail.substr(0, entry.detail.find('\n'));
        out.answer(in_one_line(text));
        out.record("log", record_of(entry));
    }
    return ExitCode::done;
}

/// Everything of each row.
ExitCode show(Tool& tool, Said const& said) {
    auto& out = tool.out();
    for (auto const& entry : last_rows(tool, said)) {
        out.answer(out.toned(Tone::strong, fmt::format("{} {} {}", entry.sequence, entry.at, entry.event)));
        auto const field = [&](std::string_view name, std::string const& value) {
            if (!value.empty()) out.answer(fmt::format("  {:<14} {}", name, in_one_line(value)));
        };
        field("migration", entry.migration);
        field("actor", entry.actor + (entry.on_behalf_of.empty() ? "" : " for " + entry.on_behalf_of));
        field("where",
              entry.host + (entry.process != 0 ? fmt::format(", process {}, {}", entry.process, entry.database) : ""));
        field("release", entry.release);
        field("run", entry.run + (entry.stage.empty() ? "" : ", " + entry.stage));
        field("detail", entry.detail);
        if (entry.rows > 0 || entry.planned_rows > 0)
            field("rows", fmt::format("{}, {} planned", entry.rows, entry.planned_rows));
        if (entry.duration.count() > 0) field("duration", words_of(entry.duration));
        if (entry.lock_wait.count() > 0) field("waited", words_of(entry.lock_wait));
        field("schema before", entry.schema_before);
        field("schema after", entry.schema_after);
        for (auto const& warning : entry.warnings) field("warning", warning);
        field("plan digest", entry.plan_digest);
        field("hash", entry.hash);
        out.record("audit", record_of(entry));
    }
    return ExitCode::done;
}

/// JSON Lines as they are, whatever --json says.
ExitCode export_rows(Tool& tool, Said const& said) {
    std::ofstream file;
    if (!said.file.empty()) {
        refuse_database(said.file, "audit export", tool);
        sqlite::make_no_more_open(said.file, tool.database());
        file.open(said.file, std::ios::trunc);
    }
    std::int64_t rows = 0;
    tool.evolver().audit(
        [&](AuditEntry const& entry) {
            ++rows;
            auto const line = to_json(entry) + "\n";
            if (said.file.empty()) {
                tool.out().raw(line);
            } else {
                file << line;
            }
        },
        said.after);
    if (said.file.empty()) return ExitCode::done;
    file.close();
    if (file.fail())
        throw InputError{Failure{.what = "The file \"" + said.file + "\" cannot be written.",
                                 .object = said.file,
                                 .instead = "name one in a folder that you may write to"}};
    tool.out().unit(counted(rows, "row") + " in " + said.file);
    return ExitCode::done;
}

AuditHead head_of(std::string const& text) {
    AuditHead head;
    auto const colon = text.find(':');
    auto const number = std::string_view{text}.substr(0, colon);
    auto const [end, error] = std::from_chars(number.data(), number.data() + number.size(), head.sequence);
    if (colon == std::string::npos || error != std::errc{} || end != number.data() + number.size()) {
        throw UsageError{Failure{.what = "--anchored is no head of a trail: \"" + text + "\".",
                                 .object = "--anchored",
                                 .instead = "what `audit head` has printed: 17:9f86d081884c7d65"}};
    }
    head.hash = text.substr(colon + 1);
    return head;
}

ExitCode verify(Tool& tool, Said const& said) {
    auto& evolver = tool.evolver();
    auto const broken = said.anchored.empty() ? evolver.verify_audit() : evolver.verify_audit(head_of(said.anchored));
    tool.out().record("audit", {{"whole", !broken.has_value()}, {"why", broken.value_or("")}});
    if (!broken) {
        tool.out().unit("the audit trail is whole");
        return ExitCode::done;
    }
    tool.out().error("the audit trail was tampered with: " + *broken);
    return ExitCode::findings;
}

void add_window(CLI::App& verb, Said& said) {
    verb.add_option("--last", said.last, "How many of the last rows")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    verb.add_option("--migration", said.migration, "Only of this migration")->type_name("ID");
}

}  // namespace

void add_audit(Verbs& verbs) {
    auto const said = std::make_shared<Said>();
    auto& logged = verbs.add({.name = "log",
                              .summary = "What was done, when, by whom: a line each",
                              .examples = {{"log", ""}, {"log --last 100 --migration 0002-sizes", ""}}});
    add_window(logged, *said);
    verbs.runs(logged, [said](Tool& tool) { return log(tool, *said); });

    auto& family = verbs.family(
        {.name = "audit",
         .summary = "The trail of everything that was done: append-only, each row hashed with the one before",
         .examples = {{"audit verify", ""}, {"audit export trail.jsonl", ""}}});
    auto& shown = verbs.add(
        family,
        {.name = "show", .summary = "The last rows, with every field", .examples = {{"audit show --last 3", ""}}});
    add_window(shown, *said);
    verbs.runs(shown, [said](Tool& tool) { return show(tool, *said); });

    auto& verified =
        verbs.add(family, {.name = "verify",
                           .summary = "Checks the chain of hashes: 1 where a row was changed, taken out or put in",
                           .examples = {{"audit verify", ""},
                                        {"audit verify --anchored 17:9f86d081884c7d65",
                                         "and that it still has the end that it had then"}}});
    verified
        .add_option("--anchored", said->anchored,
                    "What `audit head` printed earlier, kept where nobody who can write to the database can write")
        ->type_name("HEAD");
    verbs.runs(verified, [said](Tool& tool) { return verify(tool, *said); });

    auto& head = verbs.add(family, {.name = "head",
                                    .summary = "Where the trail ends now: to be kept elsewhere",
                                    .examples = {{"audit head >> /secure/anchors", ""}}});
    verbs.runs(head, [](Tool& tool) {
        auto const found = tool.evolver().audit_head();
        tool.out().answer(fmt::format("{}:{}", found.sequence, found.hash));
        tool.out().record("head", {{"sequence", found.sequence}, {"hash", found.hash}});
        return ExitCode::done;
    });

    auto& exported = verbs.add(family, {.name = "export",
                                        .summary = "Every row as JSON Lines",
                                        .examples = {{"audit export trail.jsonl", ""},
                                                     {"audit export --after 100", "to the standard output"}}});
    exported.add_option("file", said->file, "Where to; without it, the standard output")->type_name("FILE");
    exported.add_option("--after", said->after, "Only rows behind this number")->check(CLI::NonNegativeNumber);
    verbs.runs(exported, [said](Tool& tool) { return export_rows(tool, *said); });
}

}  // namespace evolver::cli
