// The operator's tool for plans that are folders of SQL files: `evolver --migrations migrations --database catalogue.db status`.

#include "evolver/cli/run.hpp"

int main(int argc, char** argv) { return evolver::cli::run(argc, argv); }
