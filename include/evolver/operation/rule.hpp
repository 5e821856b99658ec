#pragma once

/// A rule: a constraint that the new release keeps from expand on, and that every row has to keep from contract on.
///
/// Old releases know nothing of it and may break it as long as they live: their statements succeed. What the new release writes through
/// LiveTable is held to it at once. At expand the rows that break it are counted; the operation says what becomes of them.

#include "evolver/schema/constraint.hpp"

#include <optional>
#include <string>
#include <vector>

namespace evolver {

/// What becomes of rows that break a rule and that no `clean` mends.
enum class Violators {
    refuse,      ///< expand() is refused while there are any, and later contract(): both name some of them.
    quarantine,  ///< Right before contract they move into evolver_quarantine, each as the INSERT that brings it back.
};

/// A column and the value that it is given, over the columns of its row.
struct ColumnValue {
    Name column;
    Expression value;
};

enum class RuleKind { not_null, check, unique, foreign_key };

struct Rule {
    RuleKind kind;
    Name table;
    std::vector<Name> columns;                 ///< That it speaks of.
    std::optional<Expression> condition = {};  ///< Of a check.
    std::optional<ForeignKey> reference = {};  ///< Of a foreign key.
    std::vector<ColumnValue> clean = {};       ///< How a row that breaks it is mended.
    Violators violators = Violators::refuse;
};

/// What a column that an insert leaves out holds, for the new release; contract makes it the table's own default.
struct NewDefault {
    Name table;
    Name column;
    std::optional<Expression> value = {};  ///< None: NULL.
};

/// "packages.size IS NOT NULL", "packages (name, version) is unique": for messages.
[[nodiscard]] std::string name_of(Rule const& rule);

}  // namespace evolver
