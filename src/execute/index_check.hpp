#pragma once

// Is what was built in small batches what the table says? A digest of the table against one of the holder, piece by piece, with no lock and
// no snapshot that lasts.
//
// Between the first piece and the last nobody writes to the holder. A row that is noted when its piece of the table is read is left out, on both
// sides; of a row that is noted later, the piece has seen what the holder has.

#include "dialect/sqlite/index_sql.hpp"

#include <cstdint>
#include <vector>

namespace evolver {

class IndexCheck {
public:
    enum class Result {
        going_on,
        equal,
        different,
        duplicates,  ///< The index is unique, and two rows that are not noted share their values.
    };

    /// A whole table and a whole holder at once spares the looks for where a piece ends.
    enum class Pieces { of_some_rows, whole };

    /// Makes its temporary table.
    IndexCheck(sqlite::Connection const& connection, sqlite::IndexLayout const& layout, Pieces pieces);

    /// About so many rows. Inside a read transaction.
    Result piece(sqlite::Connection const& connection, sqlite::IndexLayout const& layout, std::int64_t rows);

private:
    [[nodiscard]] bool whole() const noexcept { return pieces_ == Pieces::whole; }

    struct Digest {
        std::int64_t rows = 0;
        std::uint64_t sum = 0;
        void add(sqlite::Statement& statement, bool negative = false);
        friend bool operator==(Digest const&, Digest const&) = default;
    };

    void read_table(sqlite::Connection const& connection, sqlite::IndexLayout const& layout, std::int64_t rows);
    Result read_holder(sqlite::Connection const& connection, sqlite::IndexLayout const& layout, std::int64_t rows);

    Pieces pieces_;
    std::vector<sqlite::Value> bound_;  ///< The table's last key.
    std::vector<sqlite::Value> until_;  ///< Read so far: a key of the table, then an entry of the holder.
    bool table_read_ = false;
    Digest table_;
    Digest holder_;
};

}  // namespace evolver
