#pragma once

// Functions and collations that only the application registers, so that SQL which names them can be prepared and tried
// without it.
//
// A function's stand-in returns its first argument, and 0 without one; a collation's compares bytes. So whether a
// statement is understood is known, and what it computes is not.

#include "dialect/sqlite/connection.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace evolver::sqlite {

/// Makes stand-ins for collations as they are met, as long as the connection lives.
void stand_in_for_collations(Connection const& connection);

class StandIns {
public:
    /// `declared` are the application's functions with the number of their arguments: "slug/1", "slug" for any number.
    /// Throws PlanError for another form. The connection must outlive the stand-ins.
    StandIns(Connection const& connection, std::span<std::string const> declared);

    /// Calls `action`. Where it fails for a function that the connection does not have, a stand-in is made and it is
    /// called again; so what it did before has to be harmless twice. A function that was declared with another number
    /// of arguments is not stood in for.
    void retry(std::function<void()> const& action);

    /// Functions that were met and not declared, since the last call.
    [[nodiscard]] std::vector<std::string> take_met();

private:
    Connection const* connection_;
    std::vector<std::string> known_ = {};  // declared or met
    std::vector<std::string> met_ = {};
};

}  // namespace evolver::sqlite
