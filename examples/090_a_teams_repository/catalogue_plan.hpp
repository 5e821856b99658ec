#pragma once

#include <evolver/plan/plan.hpp>

/// Shared by the application, its tests and the operator's tool.
[[nodiscard]] evolver::Plan catalogue_plan();
