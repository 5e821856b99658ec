#pragma once

/// Constraints of a table as values.

#include "evolver/schema/expression.hpp"
#include "evolver/schema/name.hpp"

#include <string>
#include <vector>

namespace evolver {

struct Check {
    std::string name = {};  ///< Empty: the engine names it.
    Expression condition;
};

struct UniqueKey {
    std::string name = {};
    std::vector<Name> columns;
};

struct ForeignKey {
    std::string name = {};
    std::vector<Name> columns;
    Name table;                         ///< The referenced table.
    std::vector<Name> referenced = {};  ///< Its columns; empty is its primary key.
    std::string on_delete = "NO ACTION";
    std::string on_update = "NO ACTION";
    bool deferred = false;  ///< Checked at commit: DEFERRABLE INITIALLY DEFERRED.
};

}  // namespace evolver
