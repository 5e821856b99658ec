#pragma once

// What the tests in this folder run on: a database of one engine. Each program of tests brings the engine; the tests are the same.

#include "evolver/schema/expression.hpp"

#include <memory>
#include <string>
#include <vector>

namespace soci {
class session;
}

namespace evolver::testing {

/// Empty at first; gone with the object.
class Database {
public:
    Database();
    ~Database();
    Database(Database const&) = delete;
    Database& operator=(Database const&) = delete;

    void open(soci::session& session) const;
    [[nodiscard]] static Engine engine() noexcept;

    /// The rows of a query, by a connection of its own: "1|'a'; 2|NULL".
    [[nodiscard]] std::string rows(std::string const& sql) const;

    /// A statement of somebody who writes past the triggers.
    void run_past_triggers(std::string const& sql) const;

    /// Tables, columns, constraints and indexes, in words that are the same for equal schemas.
    [[nodiscard]] std::string schema() const;
    /// The names of the application's tables.
    [[nodiscard]] std::vector<std::string> tables() const;
    /// "by_age; single unique": those of a table that somebody has made, by name.
    [[nodiscard]] std::string indexes(std::string const& table) const;
    /// What is there of evolver's beside its ledger, and what of the rows is broken; empty where nothing is.
    [[nodiscard]] std::string left_over() const;

private:
    struct Place;
    std::unique_ptr<Place> place_;
};

}  // namespace evolver::testing
