#include "evolver/pipeline/runbook.hpp"

#include "compile/broken_releases.hpp"
#include "evolver/error.hpp"
#include "observe/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace evolver {

namespace {

/// In a cell of a table, on one line.
std::string cell(std::string_view text) {
    std::string result;
    for (char const letter : text) {
        if (letter == '|') result += '\\';
        result += letter == '\n' ? ' ' : letter;
    }
    return result;
}

/// What is wide enough to hold backticks of its own.
std::string code(std::string_view text) {
    bool const has_ticks = text.find('`') != std::string_view::npos;
    return has_ticks ? fmt::format("`` {} ``", text) : fmt::format("`{}`", text);
}

class Runbook {
public:
    Runbook(Plan const& plan, PipelineRun const& rehearsal, RunbookOptions const& options)
        : plan_{plan}, run_{rehearsal}, dry_{rehearsal.at(PipelineStage::dry_run)}, options_{options} {
        for (auto const& it : dry_.estimates) {
            rows_ += it.rows;
            time_ += it.time;
            disk_ += it.disk;
            lock_ = std::max(lock_, it.lock);
        }
        removes_ = run_.change == ChangeClass::destructive;
    }

    std::string text() {
        head();
        roles();
        figures();
        before();
        steps();
        watch();
        way_back();
        after();
        tell();
        return std::move(text_);
    }

private:
    std::string command(std::string_view words) const {
        return options_.command ? options_.command(words) : "evolver " + std::string{words};
    }
    void line(std::string_view words = {}) {
        text_ += words;
        text_ += '\n';
    }
    void shell(std::string_view words) { line("   ```sh\n   " + command(words) + "\n   ```"); }
    static std::string named(std::string const& name) { return name.empty() ? "________________" : name; }

    void head() {
        line("# Runbook: " + plan_.name() + ", release " + run_.release);
        line();
        std::string list;
        for (auto const& id : run_.migrations) list += (list.empty() ? "" : ", ") + code(id);
        line(run_.migrations.empty()
                 ? "The database has every migration of the plan already: there is nothing to do."
                 : fmt::format("It brings {} to {}: {}.",
                               counted(static_cast<std::int64_t>(run_.migrations.size()), "migration"),
                               code(run_.source), list));
        if (breaks_older_releases())
            line(
                "**Older releases do not all go on working**: see the findings and warnings below, before anything is "
                "begun.");
        else
            line("Old and new releases of the application go on working the whole time.");
        line();
        line("| | |\n|---|---|");
        line("| plan | " + code(plan_.digest()) + " |");
        line("| does at most | " + std::string{name_of(run_.change)} + " |");
        line("| figures from | run " + code(run_.id) + " of " + cell(to_text(run_.started).substr(0, 19)) +
             " UTC, the dry run " + std::string{name_of(dry_.outcome)} + " |");
        line("| good for | this plan and this schema: where either has changed, write a new one |");
        line();
    }

    /// Lint or the dry run has found something that an older release uses and that changes before contract.
    bool breaks_older_releases() const {
        return tells_of_broken_releases(dry_.warnings) ||
               std::ranges::any_of(dry_.findings, [](Finding const& it) { return it.severity == Severity::error; });
    }

    void roles() {
        line("## Who\n");
        line("| role | who | does |\n|---|---|---|");
        line("| executes | " + cell(named(options_.executes)) + " | types the commands below, one at a time |");
        line("| observes | " + cell(named(options_.observes)) +
             " | watches the figures, and says stop: nobody else has to agree |");
        line("| approves | " + cell(named(options_.approves)) +
             " | reads the report of the run on staging, and approves; somebody else than who executes |");
        line("| cleans up | " + cell(named(options_.cleans_up)) +
             " | removes the old shape when its time has come, and the copies |");
        line();
    }

    void figures() {
        line("## What to expect\n");
        if (dry_.estimates.empty()) {
            line("No rows have to be filled.\n");
        } else {
            line(
                "| table | migration | rows | batches | time, with pauses | lock of a batch | disk "
                "|\n|---|---|--:|--:|--:|--:|--:|");
            for (auto const& it : dry_.estimates)
                line(fmt::format("| {} | {} | {} | {} | {} | {} | {} |", cell(it.table), cell(it.migration), it.rows,
                                 it.batches, words_of(it.time), words_of(it.lock), words_of_bytes(it.disk)));
            line();
        }
        for (auto const& warning : dry_.warnings) line("- " + cell(warning));
        if (!dry_.warnings.empty()) line();
    }

    void before() {
        line("## Start when all of this holds\n");
        line("- [ ] The run on staging has passed all five stages, for this plan, and its report was read.");
        line("- [ ] It is approved, and the approval is younger than its term.");
        line("- [ ] A backup was made today, and " + code(command("contract verify-backup FILE")) +
             " says that it is good.");
        if (disk_ > 0) line("- [ ] " + words_of_bytes(2 * disk_) + " of disk are free: twice what is expected.");
        line("- [ ] Nobody else deploys, and no other migration runs.");
        line("- [ ] Who observes has the application's errors and latency in sight.");
        for (auto const& it : dry_.findings)
            if (it.severity != Severity::info)
                line(fmt::format("- [ ] {} {}: {} - seen, and meant so.", it.rule, code(it.object), cell(it.what)));
        line();
    }

    void step(std::string const& title, std::string_view words, std::string const& expect) {
        line(fmt::format("{}. **{}**", ++step_, title));
        line();
        shell(words);
        line();
        line("   Expect: " + expect);
        line();
    }

    void steps() {
        line("## Steps\n");
        step("See where it stands.", "status", "the migrations above are planned, and nothing is paused or failed.");
        step("Rehearse, on a copy.", "pipeline run", "`passed` in each of the five stages.");
        step("Write the report of that, and read it.", "report --output report.html",
             "no difference in reconciliation, digests that are equal in the rollback test.");
        step("Approve (not who executes).",
             run_.expands == ChangeClass::destructive ? "approve --change destructive --reason 'why'"
                                                      : "approve --reason 'why'",
             "`approved`, with its term.");
        auto const filling = rows_ > 0 ? fmt::format("{} filled in about {}; locks of about {}.", counted(rows_, "row"),
                                                     words_of(time_), words_of(lock_))
                                       : std::string{"a few seconds: no rows have to be filled."};
        step("Bring it to production.", "pipeline run --production", filling);
        step("Deploy the new release, instance by instance.", "instances",
             "fewer of the old release each time, until there is none.");
        if (removes_) {
            step("Wait for the gates.", "gates",
                 "`soak` is the last to open: the old shape was not used for its time.");
            step("Remove the old shape (approved as destructive).", "contract run --yes",
                 "`contracted`. From here on there is no way back but the backup.");
        }
        step("See that it is done.", "status",
             removes_ ? "each migration `contracted`." : "each migration `expanded`, with nothing left to do.");
    }

    void watch() {
        line("## Stop when any of this is so\n");
        line("| seen in | limit |\n|---|---|");
        line("| the application's errors | more than before, for a minute |");
        line("| the application's writes | 99 of 100 wait for more than 50 ms |");
        line("| " + code(command("status --watch")) + ", the longest lock | above 50 ms |");
        line("| the same, the WAL | above 64 MB, and growing: a reader holds a snapshot |");
        if (time_.count() > 0) line("| the backfill's time | more than twice " + words_of(time_) + " |");
        if (disk_ > 0) line("| free disk | below " + words_of_bytes(disk_) + " |");
        line("| reconciliation | any row that differs |");
        line();
    }

    bool has_way_back() const {
        return std::ranges::none_of(plan_.migrations(), [&](Migration const& migration) {
            bool const is_brought = std::ranges::find(run_.migrations, migration.id.text()) != run_.migrations.end();
            return is_brought && std::ranges::any_of(migration.accept, [](Acceptance const& it) {
                       return it.rule == "irreversible-undeclared";
                   });
        });
    }

    void way_back() {
        line("## Stopping, and the way back\n");
        line("1. Something is wrong. Is the application harmed right now?");
        line("   - **Yes:** pause. No batch is committed once the command has returned, and no lock is held.\n");
        line("     ```sh\n     " + command("pipeline pause --reason 'why'") + "\n     ```\n");
        line("   - **No, but a limit above is reached:** the same.");
        line("   - **No:** go on, and watch.");
        line("2. Is the cause known and gone?");
        line("   - **Yes:** " + code(command("pipeline go-on")) + ".");
        line("   - **No:** " + code(command("pipeline stop --reason 'why'")) +
             ". What is filled stays; nothing has to be undone to wait a day.");
        line("3. A batch has failed: " + code(command("resolve show")) +
             " names the rows and the three ways on. Nothing is tried again by itself.");
        line("4. Has the change to go?");
        if (!has_way_back()) {
            line(
                "   - **There is no way back** for one of these migrations: the plan says so. Leave both shapes in "
                "place, deploy the old release, and decide in the daylight.");
        } else {
            line("   - **Before contract:** deploy the old release everywhere; then, the last migration first:\n");
            line("     ```sh");
            for (auto it = run_.migrations.rbegin(); it != run_.migrations.rend(); ++it)
                line("     " + command("rollback --undo " + *it));
            line("     ```\n");
            line(
                "     Writes that reached the old shape stay. It is refused where something would be lost that is not "
                "accepted by name.");
        }
        line("   - **After contract:** only the backup leads back. Decide together, not alone.");
        line();
    }

    void after() {
        line("## It is over when\n");
        line("- [ ] " + code(command("status")) + " says that nothing is left to do.");
        line("- [ ] " + code(command("audit verify")) +
             " says that the trail is whole; its head is kept elsewhere: " + code(command("audit head")) + ".");
        line("- [ ] The staging database and its copies are removed (" + code(run_.source + "-staging") + ").");
        line("- [ ] The report, and the figures that were not as expected, are with the ticket.");
        if (removes_) line("- [ ] The day of contract is in somebody's calendar, by name.");
        line();
    }

    void tell() {
        line("## Whom to tell what\n");
        line("| who | before | if it is stopped | after |\n|---|---|---|---|");
        auto const row = [&](std::string const& who) {
            line("| " + cell(who) +
                 fmt::format(
                     " | \"Release {} of {} brings a change of the database; {}. It takes about {}.\" | \"It is "
                     "stopped, and nothing is lost: both releases work. Next news at "
                     "____.\" | \"It is done; the old shape stays until its day.\" |",
                     run_.release, cell(plan_.name()),
                     breaks_older_releases() ? "older releases do not all go on working" : "nothing stops working",
                     time_.count() > 0 ? words_of(time_) : "a minute"));
        };
        if (options_.told.empty()) row("________________");
        for (auto const& who : options_.told) row(who);
    }

    Plan const& plan_;
    PipelineRun const& run_;
    StageRecord const& dry_;
    RunbookOptions const& options_;
    std::string text_;
    int step_ = 0;
    std::int64_t rows_ = 0;
    std::int64_t disk_ = 0;
    std::chrono::microseconds time_{0};
    std::chrono::microseconds lock_{0};
    bool removes_ = false;
};

}  // namespace

std::string runbook(Plan const& plan, PipelineRun const& rehearsal, RunbookOptions const& options) {
    if (rehearsal.plan_digest != plan.until(Release{rehearsal.release}).digest()) {
        throw Error{Failure{
            .what = "The run \"" + rehearsal.id +
                    "\" is of another plan, or of one that was edited since: its figures say nothing of this one.",
            .object = rehearsal.id,
            .instead = "rehearse this plan first: Pipeline::run()"}};
    }
    return Runbook{plan, rehearsal, options}.text();
}

}  // namespace evolver
