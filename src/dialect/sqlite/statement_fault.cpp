#include "dialect/sqlite/statement_fault.hpp"

#include <sqlite3.h>

namespace evolver::sqlite {

bool is_the_statements_fault(Error const& error) noexcept {
    constexpr int primary_code = 0xff;
    switch (error.native_code() & primary_code) {
        case SQLITE_NOMEM:
        case SQLITE_IOERR:
        case SQLITE_FULL:
        case SQLITE_NOTADB:
        case SQLITE_BUSY:
        case SQLITE_PROTOCOL:
        case SQLITE_INTERRUPT: return false;
        default: return true;
    }
}

}  // namespace evolver::sqlite
