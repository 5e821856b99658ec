#include "long/faults/memory.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace evolver::faults {

namespace {

sqlite3_mem_methods usual;
std::size_t count = 0;
std::size_t fatal = 0;
bool for_good_ = false;
bool ran_out_ = false;

bool runs_out() {
    ++count;
    bool const now = fatal != 0 && (count == fatal || (for_good_ && count > fatal));
    ran_out_ = ran_out_ || now;
    return now;
}

void* allocate(int bytes) { return runs_out() ? nullptr : usual.xMalloc(bytes); }
void* grow(void* old, int bytes) { return runs_out() ? nullptr : usual.xRealloc(old, bytes); }

}  // namespace

void watch_memory() {
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual);
    auto own = usual;
    own.xMalloc = allocate;
    own.xRealloc = grow;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &own) != SQLITE_OK) throw std::runtime_error{"SQLite is in use already"};
    // Its own stock for small pieces would answer most.
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
}

void run_out_at(std::size_t at, bool for_good) {
    count = 0;
    fatal = at;
    for_good_ = for_good;
    ran_out_ = false;
}

std::size_t allocations() { return count; }
bool ran_out() { return ran_out_; }

}  // namespace evolver::faults
