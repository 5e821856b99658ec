#pragma once

// What a RunCode's function gets: a connection inside a transaction that it cannot end.
//
// Placeholders are `?`, `?1` or the server's own `$1`; what type they are, the server says. Rows come as their columns' types: whole numbers and truth values as
// int64_t, float4 and float8 as double, bytea as Blob, everything else, numeric too, as the server's text.

#include "dialect/postgresql/connection.hpp"
#include "evolver/operation/code_database.hpp"

#include <exception>

namespace evolver::postgresql {

class CodeConnection final : public CodeDatabase {
public:
    explicit CodeConnection(Connection const& connection) : connection_{connection} {}

    void run(std::string_view script) override;
    std::int64_t execute(std::string_view sql, std::vector<Value> const& values) override;
    void each(std::string_view sql, std::vector<Value> const& values,
              std::function<void(Row const&)> const& row) override;
    [[nodiscard]] Engine engine() const noexcept override { return Engine::postgresql; }

    /// An error of a statement's for which a retry of the whole phase helps: a lock that somebody holds, a connection that was cut. None if there was none.
    [[nodiscard]] std::exception_ptr const& passing() const noexcept { return passing_; }

private:
    [[nodiscard]] Rows query(std::string_view sql, std::vector<Value> const& values);

    Connection const& connection_;
    std::exception_ptr passing_;
};

}  // namespace evolver::postgresql
