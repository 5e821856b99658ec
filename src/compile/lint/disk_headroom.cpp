#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

std::string megabytes(std::int64_t bytes) { return std::to_string((bytes >> 20) + 1) + " MB"; }

void judge(Case const& seen, Tell const& tell) {
    if (seen.expanded || seen.live == nullptr || seen.live->sqlite->free_bytes < 0 || seen.pairs.empty()) return;
    auto const& pair = seen.pairs.front();
    if (pair.kind != PairKind::computed || !seen.in_use(pair.table)) return;
    auto const needed = 2 * seen.live->sqlite->bytes;
    if (seen.live->sqlite->free_bytes >= needed) return;
    tell(Severity::warning, pair.table.text(),
         "filling " + pair.table.text() + " may write as much again as the database has, " +
             megabytes(seen.live->sqlite->bytes) + ", and " + megabytes(seen.live->sqlite->free_bytes) + " are free",
         "make room for " + megabytes(needed) + " (table and WAL) before the backfill");
}

}  // namespace

LintRule const disk_headroom{
    .name = "disk-headroom",
    .classification = Classification::additive,
    .page = {.catches = "A backfill on a database that lies on a disk with less than twice its size free.",
             .why = "Every filled row is written anew, to the WAL first: a full disk in the middle stops all "
                    "writers, not only the backfill.",
             .instead = "Make room first. The WAL itself stays at some megabytes as long as no reader holds it "
                        "up.",
             .example = "df -h . && du -h catalogue.db*   # free: at least twice the size of the database"},
    .judge = judge,
    .only = Engine::sqlite};

}  // namespace evolver::lint_rules
