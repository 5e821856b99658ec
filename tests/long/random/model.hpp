#pragma once

// What the releases should see, by the rules of promise P2. It knows nothing of phases, backfills or sync triggers,
// only which releases live.

#include "long/random/conversion.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace evolver::random_test {

/// What the releases see of a row.
struct Row {
    Value key = Null{};
    std::int64_t u = 0;
    std::vector<Value> seen = {};  ///< One per link.
    SideValues side = {};
};

class Model {
public:
    explicit Model(Setting const& setting);

    /// The key is the model's own: `u`, which no statement changes.
    [[nodiscard]] std::map<std::int64_t, Row>& rows() { return rows_; }
    [[nodiscard]] std::map<std::int64_t, Row> const& rows() const { return rows_; }
    [[nodiscard]] Row& add(Value key, std::int64_t u);
    /// One of the rows; null where there is none.
    [[nodiscard]] Row* pick(unsigned number);

    [[nodiscard]] std::vector<Link> const& links() const { return convert_.links(); }
    /// The second pair is there: expanded with the last release, and it stays when that is contracted.
    [[nodiscard]] bool side_open() const { return setting_.side != Side::none && top + 1 == links().size(); }
    [[nodiscard]] bool side_contracted() const { return side_open() && floor == top; }

    // What a statement does to a row. It may be a plain one of the release `floor`, or by LiveTable, or by hand in the
    // new shape.

    void inserted(Row& row, std::size_t link, Value const& value);
    void updated_old(Row& row, Value const& value);
    /// By hand: `values` by link.
    void wrote(Row& row, std::map<std::size_t, Value> const& values);
    /// By hand into a row of defaults: what an INSERT names is written, and be it what the default would be.
    void inserted_by_hand(Row& row, std::map<std::size_t, Value> const& values);
    /// By LiveTable, which writes everything older, too.
    void wrote_live(Row& row, std::size_t link, Value const& value);
    void trimmed_after_live(Row& row, Value const& before);
    void wrote_p(Row& row, Value const& value);
    void wrote_side_live(Row& row);
    /// Is the value in y above what the capping triggers let be?
    [[nodiscard]] bool too_high(Row const& row) const;
    /// The newest release goes: what only it could hold is gone.
    void rolled_back();
    void side_rolled_back();

    /// What the application's own trigger makes of an old value that an UPDATE writes.
    [[nodiscard]] Value rewritten(Value const& value) const;
    [[nodiscard]] Value default_of(std::size_t link) const;
    /// What the newest release makes of a value of the oldest.
    [[nodiscard]] Value newest_of(Value const& old_value) const;
    [[nodiscard]] Value stored(std::size_t link, Value const& value) const { return convert_.stored(link, value); }

    void audited(std::int64_t updates) { audits += setting_.audit ? updates : 0; }

    std::size_t top = 0;    ///< The newest link that is expanded.
    std::size_t floor = 0;  ///< The oldest that is not contracted.
    bool trigger_after_made = false;
    bool capped = false;          ///< The application's capping triggers are there.
    std::int64_t audits = 0;      ///< Firings of the application's audit trigger ...
    bool audited_exactly = true;  ///< ... as long as each statement says how many.

private:
    enum class Counts { what_differs, all };
    void took(Row& row, std::map<std::size_t, Value> const& values, Counts counts = Counts::what_differs);
    void cap(Row& row);
    void keep_both(Row& row, std::size_t older, std::size_t newest);
    void carry(Row& row, std::size_t newest);
    void carry_up(Row& row, std::size_t from) const;
    void stamp(Row& row, std::map<std::size_t, Value> const& values) const;
    void same_names(Row& row) const;

    Setting setting_;
    Conversion convert_;
    SideConversion side_convert_;
    std::map<std::int64_t, Row> rows_;
};

}  // namespace evolver::random_test
