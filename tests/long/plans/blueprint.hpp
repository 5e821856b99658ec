#pragma once

// A plan of chance, and what each of its releases calls the same facts. A row is a list of facts, whole numbers or nothing; a column shows one
// or two of them in some writing. So whatever a plan does to columns, what a release should see is known.

#include "evolver/plan/plan.hpp"
#include "evolver/schema/value.hpp"

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace evolver::plans {

using Chance = std::mt19937_64;
using Fact = std::optional<std::int64_t>;

/// How a column writes its facts.
enum class Writing {
    text,     ///< '17'
    integer,  ///< 17
    tenfold,  ///< 170
    halves,   ///< '17|24': two parts of one fact, the second seven more
    first,    ///< '17' of it
    second,   ///< '24' of it
    joined,   ///< '17|3', of two facts
};

struct SeenColumn {
    std::string name;
    std::vector<std::size_t> facts;
    Writing writing = Writing::text;
    bool may_be_null = true;
    /// What an insert of the release writes that leaves the column out; none where it has to be said.
    std::optional<Fact> left_out = {};
    bool default_moved = false;  ///< By this plan: the table's own default is another one until contract.
};

/// A table as one release knows it.
struct SeenTable {
    std::string name;
    std::vector<SeenColumn> keys;
    std::vector<SeenColumn> columns;
};

/// What a row has where its release does not know the fact.
struct Unsaid {
    std::size_t fact;
    Fact value = {};
};

/// A fact that rows may lack until a Backfill has filled them.
struct Filled {
    std::size_t fact;
    std::int64_t value;
};

/// A query, and what it answers once everything is contracted.
struct Question {
    std::string sql;
    std::string answer;
};

struct Blueprint {
    Plan plan;
    std::vector<SeenTable> releases = {};  ///< One table, as each release sees it.
    std::size_t facts = 0;
    std::vector<Unsaid> defaults = {};  ///< Of facts that a release does not know.
    std::vector<bool> unique = {};      ///< Facts that no two rows may share.
    std::vector<bool> never_null = {};
    /// There are a table "kinds", to whose rows 0 … most_facts - 1 any whole number may refer, and a table "spare".
    bool has_neighbours = false;
    std::vector<Filled> filled = {};
    std::vector<Question> questions = {};
    std::vector<std::string> refused = {};  ///< Operations that the schema would not take.
    std::string words = {};                 ///< The plan, for people.
};

/// That are tried for each of at most two releases above the first.
constexpr std::size_t operations_of_release = 2;

/// Facts are below.
constexpr std::int64_t most_facts = 500;

/// `wanted[i]`: operation i is tried. The others stay what they are without it, as far as they can.
[[nodiscard]] Blueprint draw(std::uint64_t seed, std::vector<bool> const& wanted);

/// As the column keeps it.
[[nodiscard]] Value written(SeenColumn const& column, std::vector<Fact> const& facts);

}  // namespace evolver::plans
