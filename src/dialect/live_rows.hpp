#pragma once

// What lint asks of a live database. Each question reads its table from end to end, beside whoever writes; the answer is none where the table or a column
// of it is not there, or where the engine cannot say.
//
// How it is asked is each engine's own: dialect/sqlite/row_facts.hpp, dialect/postgresql/row_facts.hpp.

#include "evolver/operation/pair.hpp"
#include "evolver/operation/rule.hpp"
#include "evolver/schema/index.hpp"
#include "evolver/schema/table.hpp"

#include <cstdint>
#include <optional>

namespace evolver {

using Count = std::optional<std::int64_t>;

class LiveRows {
public:
    LiveRows() = default;
    virtual ~LiveRows() = default;
    LiveRows(LiveRows const&) = delete;
    LiveRows& operator=(LiveRows const&) = delete;

    [[nodiscard]] virtual Engine engine() const noexcept = 0;
    /// Seconds since 1970, by the clock of the database.
    [[nodiscard]] virtual std::int64_t now() const = 0;
    [[nodiscard]] virtual std::optional<Table> table(Name const& table) const = 0;

    [[nodiscard]] virtual Count count_rows(Name const& table) const = 0;
    /// Rows in which the column is not NULL.
    [[nodiscard]] virtual Count count_values(Name const& table, Name const& column) const = 0;
    /// Rows that the index, if it were unique, would refuse beside the first of their values.
    [[nodiscard]] virtual Count count_duplicates(Index const& index) const = 0;
    /// Rows that break the rule.
    [[nodiscard]] virtual Count count_broken(Rule const& rule) const = 0;
    /// Rows whose old values cannot be had back from the new ones: `down(up(x))` is not `x`.
    [[nodiscard]] virtual Count count_lost(Pair const& pair) const = 0;
};

}  // namespace evolver
