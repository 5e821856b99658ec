#include "long/random/model.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace evolver::random_test {

Model::Model(Setting const& setting) : setting_{setting}, convert_{links_of(setting)}, side_convert_{setting.side} {}

Value Model::rewritten(Value const& value) const {
    auto const* text = std::get_if<std::string>(&value);
    if (text == nullptr || floor > 0 || !(setting_.trigger_before || trigger_after_made) || !text->ends_with(" "))
        return value;
    std::string trimmed = *text;
    trimmed.erase(trimmed.find_last_not_of(' ') + 1);
    trimmed.erase(
        0, trimmed.find_first_not_of(' ') == std::string::npos ? trimmed.size() : trimmed.find_first_not_of(' '));
    return trimmed;
}

bool Model::too_high(Row const& row) const {
    for (std::size_t i = 0; i < row.seen.size(); ++i) {
        auto const* number = std::get_if<std::int64_t>(&row.seen[i]);
        if (links()[i].column == "y") return number != nullptr && *number > highest;
    }
    return false;
}

/// The application's own trigger answers to a high value by a write of the old column.
void Model::cap(Row& row) {
    if (!capped || !too_high(row)) return;
    took(row, {{0, std::to_string(highest)}});
    audited_exactly = false;
}

void Model::wrote(Row& row, std::map<std::size_t, Value> const& values) {
    took(row, values);
    cap(row);
}

/// The application's BEFORE trigger writes the row first, and sync carries that up. What the statement then writes is its own; what it leaves
/// out stays as the trigger left it, and counts where it agrees with what was written.
void Model::stamp(Row& row, std::map<std::size_t, Value> const& values) const {
    auto const old_value = values.find(0);
    if (!setting_.stamps || old_value == values.end() || values.size() < 2) return;
    auto const* text = std::get_if<std::string>(&old_value->second);
    if (text == nullptr || !text->starts_with('1') || row.seen[0] == Value{std::string{"44"}}) return;
    Row left = row;
    left.seen[0] = std::string{"44"};
    carry_up(left, 0);
    for (std::size_t i = 1; i < row.seen.size(); ++i) {
        if (values.count(i) == 0) row.seen[i] = left.seen[i];
    }
}

void Model::inserted_by_hand(Row& row, std::map<std::size_t, Value> const& values) {
    // What it does not name follows what is older: the default of a new column is what new statements give it, not the table.
    for (auto i = floor; i < row.seen.size(); ++i) {
        auto const named = values.find(i);
        if (named != values.end())
            row.seen[i] = convert_.stored(i, named->second);
        else if (i > floor)
            row.seen[i] = convert_.up(i, row.seen[i - 1]);
    }
    took(row, values, Counts::all);
    cap(row);
}

void Model::took(Row& row, std::map<std::size_t, Value> const& values, Counts counts) {
    if (counts != Counts::all) stamp(row, values);  // the trigger is one of UPDATE
    std::optional<std::size_t> older;
    std::optional<std::size_t> newest;
    for (auto const& [link, value] : values) {
        auto const stored = convert_.stored(link, value);
        if (counts == Counts::all || stored != row.seen[link]) older = std::exchange(newest, link);
        row.seen[link] = stored;
        // A second name of what was written is written, too.
        for (auto i = link + 1; i < row.seen.size() && convert_.links()[i].up.empty(); ++i) {
            if (values.count(i) == 0) row.seen[i] = stored;
        }
    }
    if (older) keep_both(row, *older, *newest);
    if (newest) carry(row, *newest);
    same_names(row);
}

/// Two that a statement wrote, and not what is in between: where they agree, what is in between follows the older one.
void Model::keep_both(Row& row, std::size_t older, std::size_t newest) {
    std::vector<Value> between{row.seen[older]};
    for (auto i = older + 1; i <= newest; ++i) between.push_back(convert_.up(i, between.back()));
    if (between.back() == row.seen[newest])
        std::copy(between.begin(), between.end(), row.seen.begin() + static_cast<std::ptrdiff_t>(older));
}

void Model::wrote_live(Row& row, std::size_t link, Value const& value) {
    auto const stored = convert_.stored(link, value);
    bool const changed = stored != row.seen[link];
    row.seen[link] = stored;
    for (std::size_t i = link; i > floor; --i) row.seen[i - 1] = convert_.down(i, row.seen[i]);
    if (changed) carry_up(row, link);
    same_names(row);
    cap(row);
}

void Model::carry(Row& row, std::size_t newest) {
    for (std::size_t i = newest; i > floor; --i) {
        if (!convert_.in_sync(i, row.seen[i - 1], row.seen[i])) row.seen[i - 1] = convert_.down(i, row.seen[i]);
    }
    carry_up(row, newest);
}

void Model::carry_up(Row& row, std::size_t from) const {
    for (std::size_t i = from + 1; i < row.seen.size(); ++i) {
        if (!convert_.in_sync(i, row.seen[i - 1], row.seen[i])) row.seen[i] = convert_.up(i, row.seen[i - 1]);
    }
}

/// A second name is the same value.
void Model::same_names(Row& row) const {
    auto const& links = convert_.links();
    for (std::size_t i = floor + 1; i < links.size(); ++i) {
        if (links[i].up.empty()) row.seen[i] = row.seen[i - 1];
    }
}

Row& Model::add(Value key, std::int64_t u) {
    auto& row = rows_[u];
    row = Row{std::move(key), u, std::vector<Value>(convert_.links().size(), Value{Null{}})};
    return row;
}

Row* Model::pick(unsigned number) {
    if (rows_.empty()) return nullptr;
    return &std::next(rows_.begin(), static_cast<std::ptrdiff_t>(number % rows_.size()))->second;
}

void Model::inserted(Row& row, std::size_t link, Value const& value) {
    std::fill(row.seen.begin(), row.seen.end(), Value{Null{}});
    row.side = {};
    row.seen[link] = convert_.stored(link, value);
    carry(row, link);
    same_names(row);
    cap(row);
}

void Model::updated_old(Row& row, Value const& value) {
    // The application's trigger acts where the old value changes.
    auto const after = convert_.stored(floor, value) == row.seen[floor] ? value : rewritten(value);
    wrote(row, {{floor, value}});
    if (after != value) {
        wrote(row, {{floor, after}});
        audited_exactly = false;
    }
}

/// The application's own trigger may answer to the old value that LiveTable wrote.
void Model::trimmed_after_live(Row& row, Value const& before) {
    auto const after = rewritten(row.seen[floor]);
    if (after == row.seen[floor] || before == row.seen[floor]) return;
    wrote(row, {{floor, after}});
    audited_exactly = false;
}

void Model::wrote_p(Row& row, Value const& value) {
    bool const changed = row.side.p != value;
    row.side.p = value;
    if (changed && !side_convert_.in_sync(row.side)) side_convert_.up(row.side);
}

Value Model::default_of(std::size_t link) const {
    if (!setting_.old_has_default) return Null{};
    Value value = std::string{"5"};
    for (std::size_t i = 1; i <= link; ++i) value = convert_.up(i, value);
    return value;
}

Value Model::newest_of(Value const& old_value) const {
    auto value = stored(floor, old_value);
    for (std::size_t i = floor + 1; i <= top; ++i) value = convert_.up(i, value);
    return value;
}

void Model::wrote_side_live(Row& row) {
    if (!side_contracted()) side_convert_.down(row.side);
}

void Model::side_rolled_back() {
    for (auto& [u, row] : rows_) side_convert_.up(row.side);
}

void Model::rolled_back() {
    for (auto& [u, row] : rows_) {
        for (std::size_t i = top; i < row.seen.size(); ++i) row.seen[i] = convert_.up(i, row.seen[i - 1]);
        same_names(row);
    }
    --top;
}

}  // namespace evolver::random_test
