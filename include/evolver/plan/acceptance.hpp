#pragma once

/// A finding of lint that somebody has looked at and takes as it is.

#include <string>

namespace evolver {

/// Requires: a reason; a finding that it matches. One without either is a finding itself, and accepts nothing.
/// Ensures:  lint() leaves the finding out. expand() writes rule, object and reason into the audit trail. It is no
/// part of a
///           migration's digest: accepting later does not make an applied migration look edited.
struct Acceptance {
    std::string rule = {};    ///< "drop-column-in-use"
    std::string object = {};  ///< "packages.size", as the finding says it.
    std::string reason = {};  ///< For those who read the audit trail; never a secret.
};

}  // namespace evolver
