#pragma once

/// The primitive changes that operations are made of. A dialect handles each by name, with no generic fallback: adding one here
/// fails to compile until every dialect has decided what it means there.

#include "evolver/operation/one_of.hpp"
#include "evolver/schema/index.hpp"
#include "evolver/schema/table.hpp"

#include <functional>
#include <optional>
#include <variant>
#include <vector>

namespace evolver {

class CodeDatabase;

struct MakeTable {
    Table table;
};

struct RemoveTable {
    Name table;
};

/// Gives a table another name; what refers to it follows.
struct MoveTable {
    Name table;
    Name to;
};

/// Adds a column that old programs need not know: it accepts NULL or has a default.
struct MakeColumn {
    Name table;
    Column column;
};

/// Takes a column away for good. Where that would hold a lock for long, a dialect leaves a tombstone instead.
struct RemoveColumn {
    Name table;
    Name column;
};

/// Gives `column` a second name.
struct MakeAlias {
    Name table;
    Name column;
    Name alias;
};

struct RemoveAlias {
    Name table;
    Name alias;
};

/// Makes the second name the only one.
struct SettleAlias {
    Name table;
    Name column;
    Name alias;
};

/// Makes NOT NULL and the default of a column what `column` says, and nothing else of it.
struct DeclareColumn {
    Name table;
    Column column;
};

struct MakeCheck {
    Name table;
    Check check;
};

struct RemoveCheck {
    Name table;
    Check check;
};

struct MakeForeignKey {
    Name table;
    ForeignKey key;
};

struct RemoveForeignKey {
    Name table;
    ForeignKey key;
};

/// Takes a UNIQUE constraint out of a table's own text. (A unique index is RemoveIndex.)
struct RemoveUnique {
    Name table;
    UniqueKey key;
};

/// Gives a table another primary key.
struct ReplacePrimaryKey {
    Name table;
    std::vector<Name> columns;
};

struct MakeIndex {
    Index index;
};

struct RemoveIndex {
    Name index;
};

struct MakeView {
    Name view;
    Expression query;
};

struct RemoveView {
    Name view;
};

/// SQL in the application's own words.
struct RunScript {
    Expression script;
    /// A query; the script is refused if it returns a row.
    std::optional<Expression> refuse_if = {};
};

/// C++ in the application's own words.
struct CallCode {
    Name name;
    std::function<void(CodeDatabase&)> code;
};

/// What a Change can be.
using ChangeVariant =
    std::variant<MakeTable, RemoveTable, MoveTable, MakeColumn, RemoveColumn, MakeAlias, RemoveAlias, SettleAlias,
                 DeclareColumn, MakeCheck, RemoveCheck, MakeForeignKey, RemoveForeignKey, RemoveUnique,
                 ReplacePrimaryKey, MakeIndex, RemoveIndex, MakeView, RemoveView, RunScript, CallCode>;

/// Any one change: a std::variant whose copies and moves are compiled once; see Operation.
class Change : public ChangeVariant {
public:
    template <class Kind>
    requires is_one_of<Kind, ChangeVariant> Change(Kind change);
    Change(Change const& other);
    Change(Change&& other) noexcept;
    Change& operator=(Change const& other);
    Change& operator=(Change&& other) noexcept;
    ~Change();
};

}  // namespace evolver
