// The tests on a real server: skipped, in words, where none could be started.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

int main(int count, char** arguments) {
    constexpr int skipped = 77;
    auto const* const given = std::getenv("EVOLVER_POSTGRESQL_SERVER");
    std::string const server = given == nullptr ? "" : given;
    auto const at = server.find("host=/");
    if (at != std::string::npos) {
        auto const folder = server.substr(at + 5, server.find(' ', at) - at - 5);
        if (!std::filesystem::exists(folder)) {
            std::cout << "skipped: there is no PostgreSQL at " << folder << " (Debian: postgresql)\n";
            return skipped;
        }
    }
    return doctest::Context{count, arguments}.run();
}
