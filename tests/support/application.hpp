#pragma once

// An application as the tests of the face start it: a session, an Evolver, and a small catalogue.

#include "evolver/access/live_statement.hpp"
#include "evolver/evolver.hpp"
#include "support/folder.hpp"
#include "support/packages.hpp"

#include <doctest/doctest.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>

namespace evolver::testing {

struct Application {
    explicit Application(std::string const& path, Plan plan, Options options = {},
                         std::string const& more = " timeout=10")
        : db{soci::sqlite3, "db=" + path + more}, evolver{db, std::move(plan), std::move(options)} {}

    /// The first column of the first row, as text; empty without a row.
    std::string ask(std::string const& sql) {
        soci::rowset<soci::row> found{(db.prepare << sql)};
        for (auto const& row : found) {
            if (row.get_indicator(0) == soci::i_null) return "NULL";
            auto const type = row.get_properties(0).get_data_type();
            if (type == soci::dt_string) return row.get<std::string>(0);
            return type == soci::dt_integer ? std::to_string(row.get<int>(0)) : std::to_string(row.get<long long>(0));
        }
        return {};
    }

    soci::session db;
    Evolver evolver;
};

inline std::string file_bytes(std::string const& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// Everything that SQLite keeps of a database.
inline std::string bytes_of(std::string const& path) {
    return file_bytes(path) + "|" + file_bytes(path + "-wal") + "|" + file_bytes(path + "-journal");
}

inline Migration size_migration() {
    return {.id = "0002-size-bytes",
            .summary = "size becomes a number",
            .release = "2.0",
            .operations = {ChangeType{.table = "packages",
                                      .from = "size",
                                      .to = "size_bytes",
                                      .type = integer(),
                                      .up = "CAST(size AS INTEGER)",
                                      .down = "CAST(size_bytes AS TEXT)"}}};
}

inline Migration title_migration() {
    return {.id = "0003-title",
            .release = "2.0",
            .operations = {RenameColumn{.table = "packages", .from = "name", .to = "title"}}};
}

inline Plan catalogue() { return Plan{"catalogue", {packages_migration(), size_migration(), title_migration()}}; }

/// Release 1.0 with rows 1 … `rows`: ('package-<id>', '<10 · id>').
inline void make_catalogue(std::string const& path, int rows = 20, bool wal = true) {
    Application first{path, catalogue().until("1.0"), {.release = "1.0"}};
    if (wal) first.db << "PRAGMA journal_mode = WAL";
    first.evolver.expand();
    first.db << "BEGIN";
    for (int id = 1; id <= rows; ++id) {
        auto const name = "package-" + std::to_string(id);
        auto const size = std::to_string(id * 10);
        first.db << "INSERT INTO packages (id, name, size) VALUES (:id, :name, :size)", soci::use(id, "id"),
            soci::use(name, "name"), soci::use(size, "size");
    }
    first.db << "COMMIT";
}

/// Overrides what a test that has the file to itself need not wait for.
inline ContractOptions now() { return {.override_gates = {{"soak", "a test"}}}; }

inline bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// What an Error says; the test fails where there is none.
template <class Call>
std::string refused(Call const& call) {
    try {
        call();
    } catch (Error const& error) {
        return error.what();
    }
    FAIL_CHECK("it was not refused");
    return {};
}

}  // namespace evolver::testing
