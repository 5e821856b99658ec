#pragma once

// The umask of the process, for one test.

#include <sys/stat.h>

namespace evolver::testing {

class Umask {
public:
    explicit Umask(mode_t mask) : before_{umask(mask)} {}
    ~Umask() { umask(before_); }
    Umask(Umask const&) = delete;
    Umask& operator=(Umask const&) = delete;

private:
    mode_t before_;
};

}  // namespace evolver::testing
