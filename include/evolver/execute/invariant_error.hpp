#pragma once

/// An invariant of a migration that does not hold.

#include "evolver/error.hpp"

#include <memory>
#include <string>

namespace evolver {

/// What one invariant has come to.
struct InvariantAnswer {
    std::string migration;
    std::string name;
    std::string before =
        {};  ///< The answer's first row that differs, as SQL literals; empty unless somebody asked for values.
    std::string after = {};
};

/// Two queries of a migration that must have the same answer have two. The message shows no values unless ReconcileOptions::show_values
/// asks for them; the statement that it carries shows them.
class InvariantError : public Error {
public:
    InvariantError(InvariantAnswer answer, std::string const& when, std::string sql);
    [[nodiscard]] InvariantAnswer const& answer() const noexcept { return *answer_; }

private:
    std::shared_ptr<InvariantAnswer const> answer_;
};

}  // namespace evolver
