#include "dialect/sqlite/functions.hpp"

#include "evolver/dialect/engine_error.hpp"
#include "plan/functions.hpp"

#include <sqlite3.h>

#include <exception>
#include <memory>
#include <utility>

namespace evolver::sqlite {

namespace {

class Given final : public Arguments {
public:
    Given(int count, sqlite3_value** values) : values_{values, static_cast<std::size_t>(count)} {}

    [[nodiscard]] std::size_t size() const noexcept override { return values_.size(); }
    [[nodiscard]] bool is_null(std::size_t position) const override {
        return sqlite3_value_type(at(position)) == SQLITE_NULL;
    }
    [[nodiscard]] std::int64_t integer(std::size_t position) const override {
        return sqlite3_value_int64(at(position));
    }
    [[nodiscard]] double real(std::size_t position) const override { return sqlite3_value_double(at(position)); }
    [[nodiscard]] std::string_view text(std::size_t position) const override {
        auto* const one = at(position);
        auto const* text = reinterpret_cast<char const*>(sqlite3_value_text(one));  // before the size: it may convert
        if (text == nullptr) return {};
        return {text, static_cast<std::size_t>(sqlite3_value_bytes(one))};
    }
    [[nodiscard]] std::span<std::byte const> blob(std::size_t position) const override {
        auto* const one = at(position);
        auto const* bytes = static_cast<std::byte const*>(sqlite3_value_blob(one));
        return {bytes, static_cast<std::size_t>(sqlite3_value_bytes(one))};
    }
    [[nodiscard]] Value value(std::size_t position) const override {
        switch (sqlite3_value_type(at(position))) {
            case SQLITE_INTEGER: return integer(position);
            case SQLITE_FLOAT: return real(position);
            case SQLITE_TEXT: return std::string{text(position)};
            case SQLITE_BLOB: {
                auto const bytes = blob(position);
                return Blob{bytes.begin(), bytes.end()};
            }
            default: return Null{};
        }
    }

private:
    [[nodiscard]] sqlite3_value* at(std::size_t position) const {
        if (position < values_.size()) return values_[position];
        throw Error{Failure{.what = "a function was called with " + std::to_string(values_.size()) +
                                    " values, and asks for number " + std::to_string(position + 1)}};
    }

    std::span<sqlite3_value*> values_;
};

struct Result {
    sqlite3_context* context;

    void operator()(Null) const { sqlite3_result_null(context); }
    void operator()(std::int64_t number) const { sqlite3_result_int64(context, number); }
    void operator()(double number) const { sqlite3_result_double(context, number); }
    void operator()(std::string const& text) const {
        sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    void operator()(Blob const& bytes) const {
        if (bytes.empty()) return sqlite3_result_zeroblob(context, 0);
        sqlite3_result_blob64(context, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
    }
};

void call(sqlite3_context* context, int count, sqlite3_value** values) {
    auto const& function = *static_cast<Function const*>(sqlite3_user_data(context));
    // No exception may fly through SQLite.
    try {
        std::visit(Result{context}, function.call(Given{count, values}));
    } catch (std::exception const& thrown) {
        auto const words = function.name.text() + "(): " + thrown.what();
        sqlite3_result_error(context, words.c_str(), -1);
    } catch (...) {
        auto const words = function.name.text() + "() threw something that is no std::exception";
        sqlite3_result_error(context, words.c_str(), -1);
    }
}

}  // namespace

void add_functions(Connection const& connection, Plan const& plan) {
    for (auto& function : functions_of(plan)) {
        auto const name = function.name.text();
        Value const bound = name;
        if (connection.integer("SELECT count(*) FROM pragma_function_list WHERE name = ?1 COLLATE NOCASE AND builtin",
                               {&bound, 1}) > 0) {
            throw PlanError{Failure{.what = "The function \"" + name + "\" of a Backfill is one of SQLite's own.",
                                    .object = name,
                                    .instead = "give it another name"}};
        }
        auto held = std::make_unique<Function>(std::move(function));
        // SQLite calls the last one also where it fails.
        int const code = sqlite3_create_function_v2(connection.handle(), name.c_str(), -1,
                                                    SQLITE_UTF8 | SQLITE_DIRECTONLY, held.release(), call, nullptr,
                                                    nullptr, [](void* gone) { delete static_cast<Function*>(gone); });
        if (code != SQLITE_OK) {
            throw EngineError{Failure{.what = "SQLite: the function \"" + name + "\" could not be registered: " +
                                              std::string{sqlite3_errmsg(connection.handle())},
                                      .object = name,
                                      .native_code = code}};
        }
    }
}

}  // namespace evolver::sqlite
