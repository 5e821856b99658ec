#pragma once

/// The plan of the package catalogue, shared by release 2.0 and its operator.

#include <evolver/evolver.hpp>

evolver::Plan catalogue_plan();
