#pragma once

// What the undo of SQL of one's own takes away, that nothing else counts: tables with rows, and columns with values.
//
// Which tables and columns are gone after it, the clone of the schema knows, where it has been run already. What is only called by another name
// afterwards is not lost: it is known again by the digest of its values, so a column that is dropped beside one that is made anew is not taken for
// one that was renamed. Both looks happen in the transaction of the rollback, which takes the second one back where something would be lost.
// Each costs one scan of what is concerned.

#include "dialect/sqlite/connection.hpp"
#include "dialect/sqlite/table_digest.hpp"
#include "evolver/schema/schema.hpp"

#include <functional>
#include <string>
#include <vector>

namespace evolver {

class UndoLosses {
public:
    /// Says of a column, or of a table as a whole (no column), that somebody else counts what is lost there.
    using Counted = std::function<bool(Name const& table, Name const* column)>;

    /// `before`, `after`: the schema with the migration, and without it.
    UndoLosses(Schema const& before, Schema const& after, Counted const& counted);

    /// Before the steps of the undo.
    void look(sqlite::Connection const& connection);
    /// After them: what is lost, in words; empty where nothing is.
    [[nodiscard]] std::string lost(sqlite::Connection const& connection) const;

private:
    struct Part {
        Name table;
        std::vector<Name> columns;  ///< One column, or all of a table that is gone as a whole.
        bool whole = false;
        std::string unset = "NULL";  ///< What a column holds where nobody has written to it.
        std::int64_t rows = 0;       ///< With something to lose.
        sqlite::TableDigest digest = {};
    };
    [[nodiscard]] bool is_known_again(Part const& gone, sqlite::Connection const& connection) const;

    std::vector<Part> gone_;
    std::vector<Part> come_;
};

}  // namespace evolver
