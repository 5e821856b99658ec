#pragma once

// What the access layer says to PostgreSQL: one statement of the new shape as it has to be written at this moment.
//
//   stage      insert, update write                 read
//   off        the old columns, through `down`;     `up` of the old columns
//              fails where that loses something
//   dual       both                                 the new column; of a row that is not filled yet, what `up` makes of the
//                                                   old ones, or NULL where it cannot
//   switched   both                                 the bare new column, so that an index on it serves
//   complete   the new columns                      the new column
//
// contract() makes it complete, and waits until every instance has heard of it, before it takes the old columns away.
//
// The sync trigger is there from expand to contract, and carries what reaches one shape only. It tells by OLD and NEW who has written; so NULL for a new
// column that is empty because its row is not filled yet would be no write to it, and a default of the old column one of the old release. Whoever
// writes both leaves nothing to guess. A row whose new columns are all NULL is not filled, or holds what `up` makes NULL of; both read alike, because
// expand() refuses an `up` that makes something of what `down` makes of NULL.

#include "dialect/access_sql.hpp"
#include "dialect/postgresql/conversion.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evolver::postgresql {

//
// A second name (RenameColumn) is read as the old column until complete: that says the same in every row, and has the indexes.
//
// From expand to contract this release has rules and defaults that the table does not have yet: its statements bring them along. A rule that looks at other
// rows (unique, a foreign key) sees what is committed, so of two writers at the same moment each may pass; contract finds what they have broken.

class AccessSql : public evolver::AccessSql {
public:
    /// `pairs`: those of the table that are expanded, in plan order. Both have to outlive it.
    AccessSql(Shape const& shape, std::string schema, std::vector<NamedPair> const& pairs)
        : shape_{shape}, schema_{std::move(schema)}, pairs_{pairs} {}

    [[nodiscard]] std::string insert(std::vector<Name> const& columns) const override;
    [[nodiscard]] std::string update(std::vector<Assignment> const& assignments) const override;
    [[nodiscard]] std::string remove() const override;
    [[nodiscard]] std::string select(std::vector<Name> const& columns) const override;
    [[nodiscard]] std::string from(std::string_view alias) const override;
    [[nodiscard]] std::string column(Name const& column) const override;

private:
    using Written = std::vector<std::pair<Name, std::string>>;

    [[nodiscard]] std::string table() const;
    [[nodiscard]] OpenPair const* pair_of(Name const& column) const;
    /// Rows of old releases may break a rule; where it says how they are mended, this release reads them so.
    [[nodiscard]] std::string read(Name const& column) const;
    [[nodiscard]] std::string read_as_is(Name const& column) const;
    /// A column of another row of the table, which a unique rule compares with: of one that is not filled, no index would serve for `up`.
    [[nodiscard]] std::string read_other(Name const& column) const;
    [[nodiscard]] std::string breaks(Rule const& rule, Spelling const& value, std::string const& other_row) const;
    [[nodiscard]] NamedPair const* named_pair(OpenPair const& open) const;
    [[nodiscard]] std::string read_filled(OpenPair const& open, Name const& column) const;
    /// What is written to new columns, to the old ones, too; instead, where the new ones are not there yet.
    void carry_back(OpenPair const& open, Written& written, bool inserts) const;
    enum class Kind { insert, update };
    void put_defaults(Written& written) const;
    void put_older_defaults(OpenPair const& open, Written& written) const;
    void put_carried_defaults(OpenPair const& open, Written& written) const;
    /// What the table is held to after contract, this release's writes are held to now.
    void hold_to_rules(Written& written, Kind kind) const;
    [[nodiscard]] std::string typed(Name const& column, std::string const& value) const;
    [[nodiscard]] Column const* stored(Name const& column) const;
    [[nodiscard]] std::string held(OpenPair const& open, Written const& given, std::string value) const;

    Shape const& shape_;
    std::string schema_;
    std::vector<NamedPair> const& pairs_;
};

}  // namespace evolver::postgresql
