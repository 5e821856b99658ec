#include "dialect/sqlite/statement_look.hpp"

#include "dialect/sqlite/inspect.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/schema/tokens.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace evolver::sqlite {

namespace {

struct Watched {
    StatementLook look = {};
    std::set<std::string> triggers = {};
};

int watch(void* context, int action, char const* first, char const* second, char const* database,
          char const* inner) noexcept {
    auto& watched = *static_cast<Watched*>(context);
    auto& look = watched.look;
    std::string const object = first != nullptr ? first : "";
    std::string const column = second != nullptr ? second : "";
    bool const by_trigger = inner != nullptr && watched.triggers.contains(inner);
    bool const main = database != nullptr && std::string_view{database} == "main";
    switch (action) {
        case SQLITE_READ:
            if (object.starts_with("sqlite_")) look.reads_catalogue = true;
            if (main && !by_trigger) look.reads.insert({object, column});
            break;
        case SQLITE_UPDATE:
            if (main && !by_trigger) look.updates.insert({object, column});
            break;
        case SQLITE_INSERT:
            if (main && !by_trigger) look.inserts.insert(object);
            break;
        case SQLITE_DELETE:
            if (main && !by_trigger) look.deletes.insert(object);
            break;
        case SQLITE_SELECT:
        case SQLITE_FUNCTION:
        case SQLITE_RECURSIVE: break;
        default: look.about_rows = false; break;
    }
    return SQLITE_OK;
}

class Watching {
public:
    Watching(Connection const& connection, Watched& watched) : handle_{connection.handle()} {
        sqlite3_set_authorizer(handle_, watch, &watched);
    }
    ~Watching() { sqlite3_set_authorizer(handle_, nullptr, nullptr); }
    Watching(Watching const&) = delete;
    Watching& operator=(Watching const&) = delete;

private:
    sqlite3* handle_;
};

/// The names between the parenthesis at `at` and its partner; none where there is more than names and commas.
std::vector<std::string> listed(std::vector<Token> const& all, std::size_t& at, bool placeholders) {
    std::vector<std::string> found;
    bool plain = true;
    int depth = 0;
    for (; at < all.size(); ++at) {
        auto const& token = all[at];
        if (token.text == "(") {
            if (++depth > 1) plain = false;
            continue;
        }
        if (token.text == ")") {
            if (--depth == 0) break;
            continue;
        }
        if (token.text == ",") continue;
        if (placeholders && token.kind == TokenKind::placeholder)
            found.emplace_back(token.text);
        else if (!placeholders && !identifier_of(token).empty())
            found.push_back(identifier_of(token));
        else
            plain = false;
    }
    ++at;
    return plain ? found : std::vector<std::string>{};
}

}  // namespace

std::set<std::string> StatementLook::written() const {
    auto all = inserts;
    all.insert(deletes.begin(), deletes.end());
    for (auto const& use : updates) all.insert(use.table);
    return all;
}

StatementLook look_at(Connection const& connection, std::string_view sql, StandIns& stand_ins) {
    // SQLite would read up to there, and find half a statement good.
    if (auto const zero = sql.find('\0'); zero != std::string_view::npos) {
        throw EngineError{Failure{.what = "a statement holds a zero byte after its first " + std::to_string(zero) +
                                          " bytes, and SQLite reads no further",
                                  .instead = "remove the byte, or bind the value that holds it",
                                  .sql = std::string{sql.substr(0, zero)}}};
    }
    Watched watched;
    auto names = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'");
    while (names.step()) watched.triggers.insert(names.text(0));
    Watching const watching{connection, watched};
    stand_ins.retry([&] {
        watched.look = {};
        auto const statement = connection.prepare(sql);
        auto& look = watched.look;
        for (int i = 0; i < statement.columns(); ++i) {
            char const* const name = sqlite3_column_name(statement.handle(), i);
            look.result.emplace_back(name != nullptr ? name : "");
        }
        for (int i = 1; i <= sqlite3_bind_parameter_count(statement.handle()); ++i) {
            char const* const name = sqlite3_bind_parameter_name(statement.handle(), i);
            look.binds.emplace_back(name != nullptr && *name != '?' ? name + 1 : "");
        }
    });
    return watched.look;
}

std::optional<InsertForm> insert_form(std::string_view sql) {
    auto const all = significant_tokens(sql);
    std::size_t at = 0;
    int depth = 0;  // of the common table expressions before it
    for (; at < all.size(); ++at) {
        if (all[at].text == "(") ++depth;
        if (all[at].text == ")") --depth;
        if (depth == 0 && is_keyword(all[at], "into")) break;
    }
    if (at + 1 >= all.size()) return std::nullopt;
    ++at;
    if (at + 2 < all.size() && all[at + 1].text == ".") at += 2;
    InsertForm form{.table = identifier_of(all[at])};
    ++at;
    if (at + 1 < all.size() && is_keyword(all[at], "as")) at += 2;
    if (at < all.size() && all[at].text == "(") form.columns = listed(all, at, false);
    if (at + 1 < all.size() && is_keyword(all[at], "values") && all[at + 1].text == "(") {
        ++at;
        form.placeholders = listed(all, at, true);
    }
    if (form.placeholders.size() != form.columns.size()) form.placeholders.clear();
    return form;
}

bool replaces(std::string_view sql) {
    auto const all = significant_tokens(sql);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!is_keyword(all[i], "replace")) continue;
        bool const called = i + 1 < all.size() && all[i + 1].text == "(";  // the function replace()
        bool const after_or = i > 0 && is_keyword(all[i - 1], "or");
        bool const into = i + 1 < all.size() && is_keyword(all[i + 1], "into");
        if (!called && (after_or || into)) return true;
    }
    return false;
}

}  // namespace evolver::sqlite
