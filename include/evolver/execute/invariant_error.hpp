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
    /// The first row of the answers that differs, or their first, as SQL literals; empty unless somebody asked for values.
    std::string before = {};
    std::string after = {};
};

/// The two queries of an invariant have different answers. The message shows no values unless ReconcileOptions::show_values
/// asks for them; the statement that it carries shows them.
class InvariantError : public Error {
public:
    InvariantError(InvariantAnswer answer, std::string const& when, std::string sql, Changed changed);
    [[nodiscard]] InvariantAnswer const& answer() const noexcept { return *answer_; }

private:
    std::shared_ptr<InvariantAnswer const> answer_;
};

}  // namespace evolver
