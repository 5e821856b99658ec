#pragma once

// What a RunCode's function gets: a connection inside a transaction that it cannot end.

#include "dialect/sqlite/connection.hpp"
#include "evolver/operation/code_database.hpp"

namespace evolver::sqlite {

class CodeConnection final : public CodeDatabase {
public:
    explicit CodeConnection(Connection const& connection) : connection_{connection} {}

    void run(std::string_view script) override;
    std::int64_t execute(std::string_view sql, std::vector<Value> const& values) override;
    void each(std::string_view sql, std::vector<Value> const& values,
              std::function<void(Row const&)> const& row) override;
    [[nodiscard]] Engine engine() const noexcept override { return Engine::sqlite; }

private:
    [[nodiscard]] Statement prepared(std::string_view sql, std::vector<Value> const& values) const;

    Connection const& connection_;
};

}  // namespace evolver::sqlite
