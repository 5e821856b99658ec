#pragma once

/// The version of evolver, in its one place: the build reads it from here, and so does the installed package.
///
/// While the major number is 0, a change of the minor number may break a caller's source; a patch never does.

/// One number to compare against: 1'002'003 is 1.2.3.
#define EVOLVER_VERSION (EVOLVER_VERSION_MAJOR * 1000000 + EVOLVER_VERSION_MINOR * 1000 + EVOLVER_VERSION_PATCH)

#define EVOLVER_VERSION_MAJOR 0
#define EVOLVER_VERSION_MINOR 1
#define EVOLVER_VERSION_PATCH 0
