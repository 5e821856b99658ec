#include "execute/postgresql/fingerprint.hpp"

#include "dialect/postgresql/inspect.hpp"
#include "dialect/postgresql/table_digest.hpp"
#include "evolver/schema/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace evolver::postgresql {

namespace {

/// So many hashes are held at a time, and it is looked whether one is told to stop.
constexpr std::size_t hashes_at_once = 200'000;
constexpr std::size_t most_rows_at_once = 10'000;

/// No Error on the way out: whoever has patience would begin anew.
struct Stopped {
    std::string table;
};

void stop_if_told(FingerprintOptions const& options, std::string const& table) {
    if (options.stop.stop_requested()) throw Stopped{table};
}

std::uint64_t number_of(std::string_view digits) {
    std::uint64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    return number;
}

/// The sum of hashes modulo 2^128: the order of the rows does not matter, and a row that is there twice shows.
class Sum {
public:
    void add(std::string_view hash) {
        constexpr std::size_t half = 16;
        auto const before = low_;
        low_ += number_of(hash.substr(half));
        high_ += number_of(hash.substr(0, half)) + (low_ < before ? 1 : 0);
    }
    [[nodiscard]] std::string in_hex() const { return fmt::format("{:016x}{:016x}", high_, low_); }

private:
    std::uint64_t high_ = 0;
    std::uint64_t low_ = 0;
};

/// Counts values that are not the same. It keeps the least of their hashes: how dense these are tells how many there are.
class Distinct {
public:
    void add(std::string_view hash) {
        constexpr std::size_t half = 16;
        auto const number = number_of(hash.substr(0, half));
        if (!all_ && number >= *hashes_.rbegin()) return;
        hashes_.insert(number);
        if (hashes_.size() <= most) return;
        hashes_.erase(std::prev(hashes_.end()));
        all_ = false;
    }
    [[nodiscard]] bool is_exact() const noexcept { return all_; }
    [[nodiscard]] std::int64_t count() const {
        if (all_) return static_cast<std::int64_t>(hashes_.size());
        constexpr double every = 18446744073709551616.0;  // 2^64
        return std::llround((static_cast<double>(most) - 1) * every / static_cast<double>(*hashes_.rbegin()));
    }

private:
    static constexpr std::size_t most = 1024;
    std::set<std::uint64_t> hashes_;
    bool all_ = true;
};

std::string shown(Text const& literal, bool show_values) {
    if (!literal) return {};
    return show_values ? *literal : digest_of(*literal);
}

/// One table, from one end to the other.
class Look {
public:
    Look(Site const& site, Name const& table, FingerprintOptions const& options)
        : site_{site},
          table_{table},
          options_{options},
          columns_{digested_columns(site.connection(), site.schema(), table)},
          distinct_(options.columns ? columns_.size() : 0) {}

    [[nodiscard]] TableFingerprint found() {
        TableFingerprint found{.name = table_.text()};
        stop_if_told(options_, found.name);
        hash_rows(found);
        if (options_.columns) look_at_columns(found);
        return found;
    }

private:
    void hash_rows(TableFingerprint& found) {
        auto const& connection = site_.connection();
        auto const hashes = options_.columns ? Hashes::of_each_value_too : Hashes::of_rows;
        auto const at_once = std::clamp<std::size_t>(hashes_at_once / (1 + distinct_.size()), 1, most_rows_at_once);
        Sum sum;
        connection.run(open_hashes(site_.schema(), table_, columns_, hashes));
        for (bool more = true; more;) {
            stop_if_told(options_, found.name);
            auto const part = connection.query(next_hashes(at_once));
            for (auto const& row : part.rows) {
                sum.add(row[0].value_or(""));
                for (std::size_t i = 0; i < distinct_.size(); ++i) {
                    if (row[i + 1]) distinct_[i].add(*row[i + 1]);
                }
            }
            found.rows += static_cast<std::int64_t>(part.rows.size());
            more = part.rows.size() == at_once;
        }
        connection.run(close_hashes());
        found.digest = sum.in_hex();
    }

    void look_at_columns(TableFingerprint& found) const {
        for (std::size_t first = 0; first < columns_.size(); first += most_columns_of_facts) {
            stop_if_told(options_, found.name);
            auto const last = std::min(first + most_columns_of_facts, columns_.size());
            std::vector<DigestedColumn> const part{columns_.begin() + static_cast<std::ptrdiff_t>(first),
                                                   columns_.begin() + static_cast<std::ptrdiff_t>(last)};
            auto const facts = site_.connection().query(column_facts(site_.schema(), table_, part));
            for (std::size_t i = first; i < last; ++i) {
                auto const at = 4 * (i - first);
                auto const values = facts.integer(0, at);
                auto const count = [&](StoredAs type) { return columns_[i].stored_as == type ? values : 0; };
                found.columns.push_back({.name = columns_[i].name,
                                         .values = values,
                                         .nulls = found.rows - values,
                                         .integers = count(StoredAs::integer),
                                         .reals = count(StoredAs::real),
                                         .texts = count(StoredAs::text),
                                         .blobs = count(StoredAs::bytes),
                                         .distinct = distinct_[i].count(),
                                         .distinct_is_exact = distinct_[i].is_exact(),
                                         .least = shown(facts.rows[0][at + 1], options_.show_values),
                                         .greatest = shown(facts.rows[0][at + 2], options_.show_values),
                                         .sum = facts.text(0, at + 3)});
            }
        }
    }

    Site const& site_;
    Name const& table_;
    FingerprintOptions const& options_;
    std::vector<DigestedColumn> columns_;
    std::vector<Distinct> distinct_;
};

/// Those that were asked for, by name.
std::vector<Name> wanted(Schema const& schema, FingerprintOptions const& options) {
    for (auto const& table : options.tables) {
        if (schema.find_table(Name{table}) == nullptr)
            throw Error{Failure{.what = "There is no table \"" + table + "\".",
                                .object = table,
                                .instead = "name a table that is there, or none: then it is all of them"}};
    }
    std::vector<std::string> names;
    for (auto const& table : schema.tables) {
        bool const is_wanted = options.tables.empty() || std::ranges::any_of(options.tables, [&](auto const& name) {
                                   return Name{name} == table.name;
                               });
        if (is_wanted) names.push_back(table.name.text());
    }
    std::ranges::sort(names);
    return {names.begin(), names.end()};
}

bool same(std::vector<Name> const& left, std::vector<Name> const& right) {
    return std::ranges::equal(left, right, {}, &Name::text, &Name::text);
}

}  // namespace

Fingerprint fingerprint(Site const& site, FingerprintOptions const& options) try {
    auto const& connection = site.connection();
    Fingerprint found;
    site.patiently([&] {
        auto const before = wanted(inspect(connection, site.schema()), options);
        Transaction const one_moment{connection, site.options().lock_timeout, Sees::one_moment};
        // First the locks, which are no moment yet: a table that is written anew behind it would look empty.
        if (!before.empty()) connection.run(keep_tables(site.schema(), before));
        auto const schema = inspect(connection, site.schema());
        auto const tables = wanted(schema, options);
        if (!same(before, tables)) {
            throw Error{Failure{.what = "The tables were changed while fingerprint() began.",
                                .object = site.schema(),
                                .instead = "call it again",
                                .retry = Retry::helps}};
        }
        found = {.schema = digest_of(schema, Engine::postgresql)};
        connection.run(texts_alike());
        for (auto const& table : tables) found.tables.push_back(Look{site, table, options}.found());
    });
    return found;
} catch (Stopped const& stopped) {
    throw Error{Failure{.what = "fingerprint() was told to stop.",
                        .object = stopped.table,
                        .instead = "call it again: it begins anew",
                        .retry = Retry::helps}};
}

}  // namespace evolver::postgresql
