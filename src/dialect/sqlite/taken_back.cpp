#include "dialect/sqlite/taken_back.hpp"

#include "evolver/error.hpp"

namespace evolver::sqlite {

TakenBack::TakenBack(Connection const& connection) : connection_{connection} {
    connection_.run("SAVEPOINT evolver_trial");
}

TakenBack::~TakenBack() {
    try {
        now();
    } catch (Error const&) {
        // The exception that has led here is told; one of a destructor would end the program.
        open_ = false;
    }
}

void TakenBack::now() {
    if (!open_) return;
    // RAISE(ROLLBACK) and OR ROLLBACK have ended it already.
    if (connection_.in_transaction()) connection_.run("ROLLBACK TO evolver_trial; RELEASE evolver_trial");
    open_ = false;
}

}  // namespace evolver::sqlite
