#pragma once

// Facts about the rows of a live table, for lint.

#include "dialect/live_rows.hpp"
#include "dialect/sqlite/connection.hpp"

#include <cstdint>
#include <optional>

namespace evolver::sqlite {

/// SQLite's version as a number: 3040001.
[[nodiscard]] std::int64_t engine_version();

class RowFacts final : public LiveRows {
public:
    /// `connection` has to outlive it.
    explicit RowFacts(Connection const& connection) : connection_{connection} {}

    [[nodiscard]] Engine engine() const noexcept override { return Engine::sqlite; }
    [[nodiscard]] std::int64_t now() const override;
    [[nodiscard]] std::optional<Table> table(Name const& table) const override;
    [[nodiscard]] Count count_rows(Name const& table) const override;
    [[nodiscard]] Count count_values(Name const& table, Name const& column) const override;
    [[nodiscard]] Count count_duplicates(Index const& index) const override;
    [[nodiscard]] Count count_broken(Rule const& rule) const override;
    [[nodiscard]] Count count_lost(Pair const& pair) const override;

private:
    Connection const& connection_;
};

/// Rows of a column of numbers that hold text or bytes: SQLite keeps what it cannot convert.
[[nodiscard]] Count count_misfits(Connection const& connection, Name const& table, Column const& column);

}  // namespace evolver::sqlite
