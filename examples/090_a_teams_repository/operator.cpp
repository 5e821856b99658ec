// The operator's tool of this application.

#include "catalogue_plan.hpp"

#include <evolver/cli/run.hpp>

int main(int argc, char** argv) { return evolver::cli::run(argc, argv, catalogue_plan()); }
