#pragma once

// A trial inside a savepoint: whatever it writes is taken back.

#include "dialect/sqlite/connection.hpp"

namespace evolver::sqlite {

/// What is done while it lives is taken back at its end, also where that comes by an exception.
class TakenBack {
public:
    explicit TakenBack(Connection const& connection);
    /// Cannot say that it failed, so where things go well call now() first.
    ~TakenBack();
    TakenBack(TakenBack const&) = delete;
    TakenBack& operator=(TakenBack const&) = delete;

    /// Throws EngineError: no memory.
    void now();

private:
    Connection const& connection_;
    bool open_ = true;
};

}  // namespace evolver::sqlite
