#include "cli/init_files.hpp"

#include <array>

namespace evolver::cli {

namespace {

constexpr std::string_view configuration =
    R"__(# Options of the tool, by their long names; the command line goes before them, and EVOLVER_DATABASE does, too.
migrations = "migrations"
plan-name = "application"
# database = "application.db"
)__";

constexpr std::string_view first_migration =
    R"__(-- The first migration. What adds runs at expand, when the new release starts; what removes belongs into a file of its own,
-- 0001_first.contract.sql, which runs when nothing of the old release is there any more.
CREATE TABLE notes (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL
);
)__";

constexpr std::string_view first_way_back = R"__(-- The way back, until contract.
DROP TABLE notes;
)__";

// The same as the one in examples/, which is run as a test.
constexpr std::string_view check = R"__(#!/bin/sh
# What a change of the database has to pass before it is merged: lint, then the five stages of the pipeline on a copy, then the report.
# The workflow runs this, and so does whoever wants to know before they push:
#
#     ci/migrations [DATABASE]
#
# DATABASE: a snapshot of the real one, which is only read. Without it, one is made as the release before the last would have it, with the rows of
# ci/sample.sql where there is such a file.
#
#     EVOLVER   the operator's tool ("evolver")
#     BEFORE    the release that the database is of, where it is not the one before the last
#     OUT       the folder for what it leaves behind ("build/migrations")
#     SOURCES   where the plan is in C++: its files, at which findings point
#
# Ends with the tool's code: 0 passed, 1 findings or differences, 2 failed, 3 blocked, 4 stopped.
set -eu

evolver=${EVOLVER:-evolver}
out=${OUT:-build/migrations}
database=${1:-}

# Annotations in a pull request, plain words elsewhere.
format=text
if [ "${GITHUB_ACTIONS:-}" = true ]; then format=github; fi

rm -rf "$out"
mkdir -p "$out"

echo "lint" >&2
# With the rows of the snapshot, where there is one: what they break, they show.
if [ -n "$database" ]; then set -- --database "$database" lint; else set -- lint --no-database; fi
set -- "$@" --fail-on error --format "$format"
# Files of a plan in C++, to point at: a list of words.
for file in ${SOURCES:-}; do set -- "$@" --source "$file"; done
"$evolver" "$@"

if [ -z "$database" ]; then
    database=$out/before.db
    before=${BEFORE:-}
    if [ -z "$before" ] && [ "$("$evolver" plan --releases | wc -l)" -gt 1 ]; then
        before=$("$evolver" plan --releases | tail -n 2 | head -n 1)
    fi
    if [ -n "$before" ]; then
        echo "a database of release $before" >&2
        "$evolver" --quiet --database "$database" --release "$before" expand --create
    else
        : >"$database" # the first release begins with nothing
    fi
    if [ -f ci/sample.sql ]; then sqlite3 "$database" <ci/sample.sql; fi
fi

echo "pipeline" >&2
code=0
"$evolver" --database "$database" pipeline run --staging "$out/staging.db" --alert-file "$out/alert.jsonl" || code=$?
"$evolver" --database "$database" report --output "$out/report.html" --save "$out/run.json" || true
"$evolver" --database "$database" runbook --output "$out/runbook.md" || true
exit "$code"
)__";

// Actions are named by their commits: a tag can be moved. Where evolver comes from is said by two variables of the repository.
constexpr std::string_view workflow =
    R"__(# Runs on a pull request that touches migrations: lint with annotations at file and line, and the five stages on a copy.
# The same without the service: ci/migrations
name: migrations

on:
  pull_request:
    paths:
      - "migrations/**"
      - "evolver.toml"
      - "ci/**"
      - ".github/workflows/migrations.yml"

permissions:
  contents: read

concurrency:
  group: migrations-${{ github.ref }}
  cancel-in-progress: true

jobs:
  pipeline:
    runs-on: ubuntu-24.04
    container: debian:12-slim
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          persist-credentials: false
      - name: Install what evolver is built with
        run: |
          apt-get update
          apt-get install -y --no-install-recommends ca-certificates git g++ cmake ninja-build libsoci-dev libboost-dev \
            libsqlite3-dev libfmt-dev libb2-dev libxxhash-dev libcli11-dev sqlite3
      - name: Build evolver
        env:
          EVOLVER_REPOSITORY: ${{ vars.EVOLVER_REPOSITORY }}
          EVOLVER_REVISION: ${{ vars.EVOLVER_REVISION }}
        run: |
          git init -q /tmp/evolver
          git -C /tmp/evolver fetch -q --depth 1 "$EVOLVER_REPOSITORY" "$EVOLVER_REVISION"
          git -C /tmp/evolver checkout -q FETCH_HEAD
          cmake -S /tmp/evolver -B /tmp/build -G Ninja -DCMAKE_BUILD_TYPE=Release -DEVOLVER_TESTS=OFF -DEVOLVER_EXAMPLES=OFF
          cmake --build /tmp/build
          cmake --install /tmp/build --prefix /usr/local
      - name: Lint and pipeline
        run: ci/migrations
      - name: Keep the report
        if: always()
        uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2
        with:
          name: migrations
          path: |
            build/migrations/report.html
            build/migrations/runbook.md
            build/migrations/run.json
          if-no-files-found: ignore
)__";

constexpr std::array files{
    InitFile{.path = "evolver.toml", .text = configuration},
    InitFile{.path = "migrations/0001_first.expand.sql", .text = first_migration},
    InitFile{.path = "migrations/0001_first.rollback.sql", .text = first_way_back},
    InitFile{.path = "ci/migrations", .text = check, .runs = true},
    InitFile{.path = ".github/workflows/migrations.yml", .text = workflow},
};

}  // namespace

std::span<InitFile const> init_files() noexcept { return files; }

}  // namespace evolver::cli
