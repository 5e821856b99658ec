#pragma once

// Golden files: texts that were read once by a person, and are compared from then on.
//
// To write them anew after an intended change, and to read the difference before it is kept:
//
//     EVOLVER_WRITE_GOLDEN=1 build/dev/tests/evolver_tests -tc='*golden*' ; git diff tests/golden

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace evolver::support {

/// The text of tests/golden/`name`; where EVOLVER_WRITE_GOLDEN is set, `actual` is written there first.
inline std::string golden(std::string const& name, std::string_view actual) {
    std::filesystem::path const path = std::filesystem::path{EVOLVER_SOURCE_DIR} / "tests/golden" / name;
    if (std::getenv("EVOLVER_WRITE_GOLDEN") != nullptr) {
        std::filesystem::create_directories(path.parent_path());
        std::ofstream{path, std::ios::binary} << actual;
    }
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace evolver::support
