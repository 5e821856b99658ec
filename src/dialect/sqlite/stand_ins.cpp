#include "dialect/sqlite/stand_ins.hpp"

#include "evolver/dialect/engine_error.hpp"
#include "evolver/operation/effect.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace evolver::sqlite {

namespace {

int compare_bytes(void*, int left_size, void const* left, int right_size, void const* right) {
    std::string_view const a{static_cast<char const*>(left), static_cast<std::size_t>(left_size)};
    std::string_view const b{static_cast<char const*>(right), static_cast<std::size_t>(right_size)};
    return a.compare(b);
}

void stand_in_for_collation(void*, sqlite3* handle, int encoding, char const* name) {
    sqlite3_create_collation_v2(handle, name, encoding, nullptr, compare_bytes, nullptr);
}

void first_argument(sqlite3_context* context, int count, sqlite3_value** arguments) {
    if (count == 0)
        sqlite3_result_int(context, 0);
    else
        sqlite3_result_value(context, arguments[0]);
}

constexpr int any_number = -1;

void make_function(Connection const& connection, std::string const& name, int arguments) {
    sqlite3_create_function_v2(connection.handle(), name.c_str(), arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                               nullptr, first_argument, nullptr, nullptr, nullptr);
}

/// "slug/1" as name and number.
std::pair<std::string, int> signature(std::string const& text) {
    auto const slash = text.find('/');
    int arguments = any_number;
    bool fits = slash != 0 && !text.empty();
    if (fits && slash != std::string::npos) {
        auto const* const end = text.data() + text.size();
        auto const read = std::from_chars(text.data() + slash + 1, end, arguments);
        fits = read.ec == std::errc{} && read.ptr == end && arguments >= 0 && arguments <= 127;
    }
    if (!fits) {
        throw PlanError{
            Failure{.what = "The function \"" + text + "\" is not declared in a way that can be understood.",
                    .object = text,
                    .instead = "write its name and the number of its arguments: \"slug/1\""}};
    }
    return {text.substr(0, slash), arguments};
}

}  // namespace

void stand_in_for_collations(Connection const& connection) {
    sqlite3_collation_needed(connection.handle(), nullptr, stand_in_for_collation);
}

StandIns::StandIns(Connection const& connection, std::span<std::string const> declared) : connection_{&connection} {
    stand_in_for_collations(connection);
    for (auto const& text : declared) {
        auto const [name, arguments] = signature(text);
        make_function(connection, name, arguments);
        known_.push_back(name);
    }
}

void StandIns::retry(std::function<void()> const& action) {
    while (true) {
        try {
            action();
            return;
        } catch (EngineError const& error) {
            constexpr std::string_view missing = "no such function: ";
            std::string const words = error.what();
            auto const begin = words.find(missing);
            if (begin == std::string::npos) throw;
            auto const name = words.substr(begin + missing.size(),
                                           words.find_first_of("\n ", begin + missing.size()) - begin - missing.size());
            bool const known = std::any_of(known_.begin(), known_.end(),
                                           [&](std::string const& other) { return same_identifier(other, name); });
            if (name.empty() || known) throw;
            make_function(*connection_, name, any_number);
            known_.push_back(name);
            met_.push_back(name);
        }
    }
}

std::vector<std::string> StandIns::take_met() { return std::exchange(met_, {}); }

}  // namespace evolver::sqlite
