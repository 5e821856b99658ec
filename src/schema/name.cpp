#include "evolver/schema/name.hpp"

#include <utility>

namespace evolver {

namespace {

char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

bool same_identifier(std::string_view left, std::string_view right) noexcept {
    if (left.size() != right.size()) return false;
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (lower(left[i]) != lower(right[i])) return false;
    }
    return true;
}

Name::Name(std::string text) : text_{std::move(text)} {
    if (text_.empty()) {
        throw NameError{Failure{.what = "a name is empty",
                                .instead = "write the name of the table, column, index, trigger or view"}};
    }
    // A zero byte ends a name for SQLite's C interface and for libpq: what follows it would be cut off silently.
    auto const zero = text_.find('\0');
    if (zero != std::string::npos) {
        throw NameError{Failure{.what = "a name holds a zero byte after its first " + std::to_string(zero) + " bytes",
                                .object = text_.substr(0, zero),
                                .instead = "remove the byte: no engine can hold it in a name"}};
    }
}

}  // namespace evolver
