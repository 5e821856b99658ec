#pragma once

// Two releases at work on one database: an old program, which knows release 1.0 by heart and has a connection of its own, and an application of the
// newest release.

#include "both/database.hpp"
#include "evolver/evolver.hpp"
#include "support/packages.hpp"

#include <soci/soci.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace evolver::testing {

/// A session of SOCI's, and what one asks of it.
struct Asked {
    explicit Asked(Database const& database) { database.open(db); }

    void run(std::string const& sql) { db << sql; }
    /// The rows as text: "1|a; 2|NULL".
    enum class Texts { bare, quoted };
    [[nodiscard]] std::string rows(std::string const& sql, Texts texts = Texts::bare);

    soci::session db;
};

/// Release 1.0 has packages (id, name, size); release 2.0 changes it by these operations.
[[nodiscard]] Plan catalogue_with(std::vector<Operation> operations);

struct World {
    /// Begins with release 1.0 of the plan and rows 1 … 5 of packages, ('package-<id>', '<10 · id>'); release 2.0 has not expanded yet.
    explicit World(Plan const& plan);
    explicit World(std::vector<Operation> operations) : World{catalogue_with(std::move(operations))} {}

    void insert(long long id, std::string const& name, std::optional<std::string> const& size);
    /// What the new release reads.
    [[nodiscard]] std::string size(long long id);
    /// Everything up to the end of the old release, and beyond.
    void contract();

    Database database;
    Asked old;
    Asked release;
    Evolver evolver;
    LiveTable packages;
};

/// What the call throws; empty where it does not.
[[nodiscard]] std::string message_of(std::function<void()> const& call);
[[nodiscard]] bool has(std::string const& text, std::string const& part);

}  // namespace evolver::testing
