#include "dialect/sqlite/unfilled.hpp"

#include "evolver/dialect/engine_error.hpp"

#include <sqlite3.h>

#include <optional>
#include <string>

namespace evolver::sqlite {

namespace {

using Noted = std::optional<std::string>;

void unfilled(sqlite3_context* context, int count, sqlite3_value** values) {
    auto& noted = *static_cast<Noted*>(sqlite3_user_data(context));
    if (count == 0) {
        if (noted) sqlite3_result_text64(context, noted->data(), noted->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
        noted.reset();
        return;
    }
    if (noted) return;
    auto const* text = reinterpret_cast<char const*>(sqlite3_value_text(values[0]));
    if (text == nullptr) return sqlite3_result_error_nomem(context);
    // No exception may fly through SQLite.
    try {
        noted.emplace(text, static_cast<std::size_t>(sqlite3_value_bytes(values[0])));
    } catch (std::bad_alloc const&) {
        sqlite3_result_error_nomem(context);
    }
}

}  // namespace

void add_unfilled(Connection const& connection) {
    // SQLite destroys it also where it fails.
    int const code = sqlite3_create_function_v2(connection.handle(), "evolver_unfilled", -1,
                                                SQLITE_UTF8 | SQLITE_DIRECTONLY, new Noted, unfilled, nullptr, nullptr,
                                                [](void* gone) { delete static_cast<Noted*>(gone); });
    if (code == SQLITE_OK) return;
    throw EngineError{Failure{.what = "SQLite: the function evolver_unfilled could not be registered: " +
                                      std::string{sqlite3_errmsg(connection.handle())},
                              .object = connection.path(),
                              .native_code = code}};
}

}  // namespace evolver::sqlite
