#pragma once

#include "evolver/execute/speed.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace evolver::cli {

/// `--speed polite|full`
inline void add_speed(CLI::App& verb, std::string& speed) {
    verb.add_option("--speed", speed, "polite: beside others; full: where nobody else uses the database")
        ->check(CLI::IsMember({"polite", "full"}))
        ->type_name("SPEED")
        ->capture_default_str();
}

inline Speed speed_of(std::string const& text) { return text == "full" ? Speed::full : Speed::polite; }

}  // namespace evolver::cli
