// The operator of the package catalogue: takes the plan through its phases, a step per call, as `run` shows them.
//
//   operator DATABASE baseline | dry-run | expand | backfill | reconcile | contract [GATE=REASON ...] | verify JOURNAL ...
//
// Exits with 3 where contract is refused.

#include "journal.hpp"
#include "plan.hpp"
#include "session.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>

namespace {

using Words = std::vector<std::string>;

constexpr int refused = 3;
std::string const me = "operator";

std::string milliseconds(std::int64_t microseconds) {
    auto const tenths = (microseconds + 50) / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

/// What evolver promises: nobody is kept out for longer.
constexpr std::int64_t bound = 50'000;  // microseconds

/// How long evolver has kept writers out, the longest of each kind; over all calls of the operator, by a file beside the database.
class Locks {
public:
    explicit Locks(std::string file) : file_{std::move(file)} {
        std::ifstream in{file_};
        std::string kind;
        for (std::int64_t longest = 0; in >> kind >> longest;) longest_[kind] = longest;
    }
    ~Locks() {
        std::ofstream out{file_};
        for (auto const& [kind, longest] : longest_) out << kind << ' ' << longest << '\n';
    }
    Locks(Locks const&) = delete;
    Locks& operator=(Locks const&) = delete;

    /// `ran`: of that, how long this process had a processor.
    void seen(std::string const& kind, std::int64_t time, std::int64_t ran) {
        ++longest_["count"];
        longest_[kind] = std::max(longest_[kind], time);
        longest_[kind + "-ran"] = std::max(longest_[kind + "-ran"], ran);
    }
    [[nodiscard]] std::int64_t longest(std::string const& kind) const {
        auto const found = longest_.find(kind);
        return found == longest_.end() ? 0 : found->second;
    }

private:
    std::string file_;
    std::map<std::string, std::int64_t> longest_;
};

/// A line for what happens, one per quarter of a backfill; and how long writers were kept out.
class Observer : public evolver::Observer {
public:
    explicit Observer(Locks& locks) : locks_{locks} {}

    void on(evolver::Event const& event) override {
        using evolver::EventKind;
        // What this thread has worked since the last event is at least what it worked under the lock.
        auto const now = worked();
        auto const kept_out = static_cast<std::int64_t>(event.duration.count());
        // The indexes that wait for a backfill are the one thing that SQLite can only do under one long lock.
        auto const* kind = event.kind == EventKind::filled ? "index" : "lock";
        if (event.kind == EventKind::contracted) kind = "contract";
        if (kept_out > 0) locks_.seen(kind, kept_out, std::min(kept_out, now - worked_));
        if (event.kind != EventKind::step)
            worked_ = now;  // steps are told after the lock, before the event that has its time
        if (event.kind != EventKind::batch) return line_.on(event);
        auto const quarter = event.total > 0 ? std::min<std::int64_t>(event.done * 4 / event.total, 4) : 0;
        if (event.migration == migration_ && quarter <= quarter_) return;
        migration_ = event.migration;
        quarter_ = quarter;
        demo::say(me, event.migration + ": " + std::to_string(25 * quarter) + " % of " + event.object + " filled, " +
                          std::to_string(event.done) + " rows");
    }

private:
    static std::int64_t worked() {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return time.tv_sec * std::int64_t{1'000'000} + time.tv_nsec / 1000;
    }

    Locks& locks_;
    std::int64_t worked_ = 0;
    evolver::ProgressLine line_{[](std::string_view text) { demo::say(me, std::string{text}); },
                                evolver::ProgressStyle::lines};
    std::string migration_;
    std::int64_t quarter_ = 0;
};

class Operator {
public:
    explicit Operator(std::string const& database) : db_{database}, locks_{database + "-locks"} {}

    /// The table is older than evolver: this says once what it is, and refuses where it is not.
    int baseline() {
        evolver_.baseline("0001-packages");
        demo::say(me, "baseline: the table is what release 1.0 made");
        return 0;
    }

    int dry_run() {
        auto const report = evolver_.dry_run();
        std::string text = "dry run: expand would do, and write nothing now:";
        for (auto const& step : report.steps) text += "\n  " + step.migration + "  " + step.what;
        for (auto const& warning : report.warnings) text += "\n  warning: " + warning;
        demo::say(me, text);
        return 0;
    }

    int expand() {
        auto const report = evolver_.expand();
        demo::say(me, "expand: " + std::to_string(report.steps.size()) + " steps; both releases work on");
        return 0;
    }

    /// As an idle loop would do it, in slices of 8 ms.
    int backfill() {
        int slices = 0;
        while (evolver_.advance(std::chrono::milliseconds{8})) ++slices;
        demo::say(me, "backfill: complete after " + std::to_string(slices) + " slices; the longest lock was " +
                          milliseconds(locks_.longest("lock")));
        return 0;
    }

    int reconcile() {
        evolver_.reconcile();
        demo::say(me, "reconcile: old and new shape agree in every row");
        return 0;
    }

    int contract(Words const& overrides) {
        evolver::ContractOptions options;
        for (auto const& one : overrides) {
            auto const equals = one.find('=');
            options.override_gates.push_back(
                {one.substr(0, equals), equals == std::string::npos ? "" : one.substr(equals + 1)});
        }
        try {
            evolver_.contract(options);
        } catch (evolver::GateClosed const& closed) {
            demo::say(me, closed.what());
            return refused;
        }
        demo::say(me, "contract: the old shape is gone");
        return 0;
    }

    int verify(Words const& journals);

private:
    demo::Session db_;
    Locks locks_;
    Observer observer_{locks_};
    evolver::Evolver evolver_{db_, catalogue_plan(), {.release = "2.0", .actor = "operator", .observer = &observer_}};
};

/// Columns and indexes, as text to compare, whatever way the database came to them.
/// Without what evolver left behind of large old columns: tombstones, which no program sees and the next rebuild removes.
std::string schema_of(soci::session& db) {
    soci::rowset<std::string> const lines =
        (db.prepare
         << "SELECT t.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || coalesce(c.dflt_value, "
            "'') || ' ' || c.pk "
            "FROM sqlite_schema t, pragma_table_xinfo(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE "
            "'evolver~_%' ESCAPE '~' AND c.name NOT LIKE 'evolver~_gone~_%' ESCAPE '~' "
            "UNION ALL SELECT t.name || ' ' || i.\"unique\" || ' ' || i.origin || ' ' || (SELECT group_concat(name) "
            "FROM pragma_index_info(i.name)) "
            "FROM sqlite_schema t, pragma_index_list(t.name) i WHERE t.type = 'table' AND t.name NOT LIKE 'evolver~_%' "
            "ESCAPE '~' "
            "UNION ALL SELECT type || ' ' || name FROM sqlite_schema WHERE type IN ('trigger', 'view') ORDER BY 1");
    std::string text;
    for (auto const& line : lines) text += line + "\n";
    return text;
}

/// What the plan makes of an empty database.
std::string fresh_schema() {
    soci::session db{soci::sqlite3, "db=:memory:"};
    evolver::Evolver evolver{db, catalogue_plan(), {.release = "2.0", .soak = std::chrono::seconds{0}}};
    evolver.expand();
    evolver.backfill();
    evolver.reconcile();
    evolver.contract();
    return schema_of(db);
}

/// What is counted for one release, over its processes.
struct Tally {
    std::vector<std::int64_t> waits;
    std::int64_t processes = 0;
    std::int64_t reads = 0;
    std::int64_t lost = 0;

    [[nodiscard]] std::int64_t quantile(std::size_t permille) const {
        if (waits.empty()) return 0;
        auto sorted = waits;
        std::sort(sorted.begin(), sorted.end());
        return sorted[std::min(sorted.size() - 1, sorted.size() * permille / 1000)];
    }
};

void row(std::string const& what, std::string const& first, std::string const& second = {}) {
    auto const padded = [](std::string const& text, std::size_t width) {
        return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
    };
    std::cout << "  " << what << std::string(what.size() < 43 ? 43 - what.size() : 1, ' ') << padded(first, 14)
              << padded(second, 14) << "\n";
}

/// Whether the table, as release 2.0 reads it, holds what every journal says was committed; and the last table.
int Operator::verify(Words const& journals) {
    std::map<std::string, Tally> tallies{{"1.0", {}}, {"2.0", {}}};
    std::map<std::string, long long> sums;
    std::int64_t facts = 0;

    std::string version, person, email;
    long long bytes = 0;
    soci::indicator has_bytes, has_person, has_email;
    auto const found = [&](std::string const& name) -> std::optional<demo::Package> {
        db_ << "SELECT version, size_bytes, maintainer_name, maintainer_email FROM packages WHERE name = :name",
            soci::into(version), soci::into(bytes, has_bytes), soci::into(person, has_person),
            soci::into(email, has_email), soci::use(name, "name");
        if (!db_.got_data()) return std::nullopt;
        return demo::Package{name, version, has_bytes == soci::i_ok ? std::optional{bytes} : std::nullopt,
                             has_person == soci::i_ok ? person : "", has_email == soci::i_ok ? email : ""};
    };

    for (auto const& file : journals) {
        auto const journal = demo::Journal::load(file);
        auto& tally = tallies[journal.release()];
        ++tally.processes;
        tally.reads += journal.reads();
        tally.lost += journal.lost();
        tally.waits.insert(tally.waits.end(), journal.waits().begin(), journal.waits().end());
        for (auto const& [name, bytes_added] : journal.added()) sums[name] += bytes_added;
        for (auto const& [name, package] : journal.packages()) {
            ++facts;
            if (found(name) == package) continue;
            ++tally.lost;
            demo::say(me, "LOST: " + name + ", of " + journal.who());
        }
    }
    bool sums_right = true;
    for (auto const& [name, sum] : sums) {
        auto const package = found(name);
        if (package && package->size == sum) continue;
        sums_right = false;
        demo::say(me, "LOST: what was added to " + name);
    }

    auto const status = evolver_.status();
    std::int64_t filled = 0, batches = 0, legacy = 0;
    bool contracted = true;
    for (auto const& migration : status.migrations) {
        filled += migration.rows_filled;
        batches += migration.batches;
        legacy += migration.legacy_writes;
        contracted = contracted && migration.phase == evolver::Phase::contracted;
    }
    auto const broken = evolver_.verify_audit();
    long long rows = 0, hops = 0;
    db_ << "SELECT count(*) FROM packages", soci::into(rows);
    db_ << "SELECT count(*) FROM evolver_audit", soci::into(hops);
    bool const same_schema = schema_of(db_) == fresh_schema();

    auto const& one = tallies["1.0"];
    auto const& two = tallies["2.0"];
    auto const lost = one.lost + two.lost + (sums_right ? 0 : 1);
    auto const number = [](auto value) { return std::to_string(value); };
    std::cout << "\n";
    row("", "release 1.0", "release 2.0");
    row("processes", number(one.processes), number(two.processes));
    row("committed writes", number(one.waits.size()), number(two.waits.size()));
    row("reads", number(one.reads), number(two.reads));
    row("write, median", milliseconds(one.quantile(500)), milliseconds(two.quantile(500)));
    row("write, 99 of 100 within", milliseconds(one.quantile(990)), milliseconds(two.quantile(990)));
    row("write, 999 of 1000 within", milliseconds(one.quantile(999)), milliseconds(two.quantile(999)));
    row("write, the longest with all waiting", milliseconds(one.quantile(1000)), milliseconds(two.quantile(1000)));
    row("lost writes", number(one.lost), number(two.lost));
    // What evolver answers for. What writers wait is more: they sleep between two looks at the lock, mostly for longer than it is held.
    std::cout << "\n";
    row("", "kept out for", "worked for");
    auto const lock = [&](std::string const& what, std::string const& kind) {
        row(what, milliseconds(locks_.longest(kind)), milliseconds(locks_.longest(kind + "-ran")));
    };
    lock("evolver's longest lock, of " + number(locks_.longest("count")), "lock");
    lock("evolver's longest standstill, for contract", "contract");
    lock("the index, which SQLite builds in one lock", "index");
    std::cout << "\n";
    row("packages in the table", number(rows));
    row("rows backfilled", number(filled));
    row("batches", number(batches));
    row("old writes counted, one a second at most", number(legacy));
    row("rows compared with the journals", number(facts));
    row("sums of both releases' additions", sums_right ? "right" : "WRONG");
    row("every migration contracted", contracted ? "yes" : "NO");
    row("audit trail", broken ? "BROKEN" : "verified", number(hops) + " entries");
    row("schema equals a fresh one, tombstones apart", same_schema ? "yes" : "NO");
    row("lost writes", number(lost));
    std::cout << "\n";
    if (broken) demo::say(me, *broken);
    if (!same_schema) demo::say(me, "the schema is\n" + schema_of(db_) + "and a fresh one\n" + fresh_schema());
    // Judged by the time that evolver worked: what a process that gets no processor holds longer is not its doing. The index may take twice
    // as long as evolver has estimated, because a processor that others share is slower.
    bool const bounded = std::getenv("CATALOGUE_ANY_TIME") != nullptr ||
                         (locks_.longest("lock-ran") <= bound && locks_.longest("contract-ran") <= bound &&
                          locks_.longest("index-ran") <= 2 * bound);
    if (!bounded) demo::say(me, "BROKEN: evolver has kept writers out for longer than 50 ms");
    return lost == 0 && !broken && same_schema && contracted && bounded ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    Words words(arguments + 1, arguments + count);
    auto const is = [&](std::string_view verb) { return words.size() >= 2 && words[1] == verb; };
    try {
        if (words.size() >= 2) {
            Operator me_at_work{words[0]};
            Words const rest(words.begin() + 2, words.end());
            if (is("baseline")) return me_at_work.baseline();
            if (is("dry-run")) return me_at_work.dry_run();
            if (is("expand")) return me_at_work.expand();
            if (is("backfill")) return me_at_work.backfill();
            if (is("reconcile")) return me_at_work.reconcile();
            if (is("contract")) return me_at_work.contract(rest);
            if (is("verify")) return me_at_work.verify(rest);
        }
        std::cerr << "operator DATABASE baseline | dry-run | expand | backfill | reconcile | contract [GATE=REASON "
                     "...] | verify JOURNAL ...\n";
    } catch (std::exception const& error) {
        demo::say(me, std::string{"FAILED: "} + error.what());
    }
    return 1;
}
