#pragma once

// A backup that somebody has made, looked at: is it whole, and is it of this database?

#include "execute/workplace.hpp"

#include <string>

namespace evolver {

void verify_backup(Workplace& workplace, std::string const& path);

}  // namespace evolver
