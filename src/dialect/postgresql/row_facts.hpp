#pragma once

// Facts about the rows of a live table, for lint.

#include "dialect/live_rows.hpp"
#include "dialect/postgresql/connection.hpp"
#include "evolver/schema/schema.hpp"

#include <chrono>
#include <map>
#include <string>

namespace evolver::postgresql {

/// Each question is a transaction of its own that is rolled back, with a reader's lock on its table: who writes goes on. What is asked again is answered
/// from memory. Throws EngineError where a lock or the connection is to blame.
class RowFacts final : public LiveRows {
public:
    /// `live`: what there is in `schema`. `connection` has to outlive it, and is in no transaction when it is asked for rows.
    RowFacts(Connection const& connection, std::string schema, Schema live, std::chrono::milliseconds lock_timeout);

    [[nodiscard]] Engine engine() const noexcept override { return Engine::postgresql; }
    [[nodiscard]] std::int64_t now() const override;
    [[nodiscard]] std::optional<Table> table(Name const& table) const override;
    [[nodiscard]] Count count_rows(Name const& table) const override;
    [[nodiscard]] Count count_values(Name const& table, Name const& column) const override;
    [[nodiscard]] Count count_duplicates(Index const& index) const override;
    [[nodiscard]] Count count_broken(Rule const& rule) const override;
    [[nodiscard]] Count count_lost(Pair const& pair) const override;

private:
    /// The answer of the last statement; none where the server does not understand one of them.
    [[nodiscard]] Count asked(std::vector<std::string> const& before, std::string const& question) const;
    [[nodiscard]] bool has(Name const& table, std::vector<Name> const& columns) const;

    Connection const& connection_;
    std::string schema_;
    Schema live_;
    std::chrono::milliseconds lock_timeout_;
    mutable std::map<std::string, Count> answers_ = {};
};

}  // namespace evolver::postgresql
