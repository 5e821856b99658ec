#pragma once

/// The database as a RunCode sees it: evolver's own connection, inside the transaction of the phase.

#include "evolver/schema/expression.hpp"
#include "evolver/schema/value.hpp"

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace evolver {

/// Valid while the callable runs, and only in its thread.
///
/// Every call throws EngineError, with the statement, where the engine refuses it; Error for a statement that would end the transaction or
/// change the schema (BEGIN, COMMIT, SAVEPOINT, PRAGMA, ATTACH, CREATE, ALTER, DROP and their kin): operations do that. Placeholders are by
/// position, `?` or `?1`; on PostgreSQL also `$1`, where `?` is an operator.
///
/// On PostgreSQL whole numbers and booleans come as int64_t, float4 and float8 as double, bytea as Blob, everything else as the server's text;
/// each() has read all rows before it calls for the first one.
class CodeDatabase {
public:
    using Row = std::vector<Value>;

    virtual ~CodeDatabase() = default;
    CodeDatabase(CodeDatabase const&) = delete;
    CodeDatabase& operator=(CodeDatabase const&) = delete;

    /// Every statement of a script; rows are passed over.
    virtual void run(std::string_view script) = 0;
    /// One statement. Returns the number of rows that it changed.
    virtual std::int64_t execute(std::string_view sql, std::vector<Value> const& values = {}) = 0;
    /// One query, and `row` for each of its rows. `row` may run other statements.
    virtual void each(std::string_view sql, std::vector<Value> const& values,
                      std::function<void(Row const& row)> const& row) = 0;
    [[nodiscard]] virtual Engine engine() const noexcept = 0;

protected:
    CodeDatabase() = default;
};

}  // namespace evolver
