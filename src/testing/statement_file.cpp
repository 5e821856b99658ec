#include "testing/statement_file.hpp"

#include "dialect/sqlite/statements.hpp"
#include "evolver/error.hpp"
#include "evolver/schema/tokens.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace evolver::testing {

namespace {

constexpr char const* heading =
    "-- Statements of a release, as a Recorder has met them. Kept in the repository, and checked against every schema\n"
    "-- that the release may meet. Lines may be taken out; who adds one ends it with a semicolon.\n";

bool is_about_rows(std::string_view sql) {
    auto const all = significant_tokens(sql);
    if (all.empty()) return false;
    for (auto const* word : {"select", "insert", "update", "delete", "replace", "with"}) {
        if (is_keyword(all.front(), word)) return true;
    }
    return false;
}

/// Where a number is a value, and no column's position or type's length.
bool compares(Token const& token) {
    for (auto const* symbol : {"=", "==", "<>", "!=", "<", ">", "<=", ">="}) {
        if (token.text == symbol) return true;
    }
    return false;
}

}  // namespace

std::string read_file(std::string const& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        throw Error{Failure{.what = "The file \"" + path + "\" cannot be read.",
                            .object = path,
                            .instead = "give its path as it is seen from the folder in which the tests run"}};
    }
    return {std::istreambuf_iterator<char>{file}, {}};
}

void write_file(std::string const& path, std::string const& text) {
    auto const draft = path + ".new";
    {
        std::ofstream file{draft, std::ios::binary | std::ios::trunc};
        file << text;
        file.close();
        if (!file) {
            throw Error{Failure{.what = "The file \"" + draft + "\" cannot be written.",
                                .object = draft,
                                .instead = "make its folder, and let the tests write there"}};
        }
    }
    std::error_code error;
    std::filesystem::rename(draft, path, error);
    if (error) {
        throw Error{
            Failure{.what = "The file \"" + path + "\" cannot be replaced: " + error.message() + ".", .object = path}};
    }
}

std::string recordable(std::string_view sql) {
    bool const about_rows = is_about_rows(sql);
    std::string line;
    bool value_list = false;  // inside VALUES (…)
    bool stands_for = false;  // the line ends with a ? that stands for a value
    int depth = 0;
    Token before{TokenKind::space, {}, 0};
    for (auto const& token : tokens(sql)) {
        bool const behind_value = std::exchange(stands_for, false);
        if (token.kind == TokenKind::space) {
            if (!line.empty() && line.back() != ' ') line += ' ';
            continue;
        }
        if (token.text == "(") ++depth;
        if (token.text == ")" && --depth == 0) value_list = false;
        if (is_keyword(token, "values")) value_list = true;
        bool const is_text = token.kind == TokenKind::string || token.kind == TokenKind::blob;
        bool const is_number = token.kind == TokenKind::number && (compares(before) || (value_list && depth > 0));
        // Behind AS it is a name.
        stands_for = about_rows && (is_number || (is_text && !is_keyword(before, "as")));
        // A number behind it would be its own: ?17.
        if (!stands_for && behind_value && token.kind == TokenKind::number) line += ' ';
        line += stands_for ? "?" : token.text;
        before = token;
    }
    while (!line.empty() && (line.back() == ' ' || line.back() == ';')) line.pop_back();
    return line;
}

std::vector<std::string> statements_of(std::string_view text) {
    std::vector<std::string> statements;
    for (auto const& statement : sqlite::split(text)) {
        std::string sql{statement.text};
        while (!sql.empty() && (sql.back() == ';' || sql.back() == ' ')) sql.pop_back();
        if (!significant_tokens(std::string_view{sql}).empty()) statements.push_back(std::move(sql));
    }
    return statements;
}

std::vector<std::string> read_statements(std::string const& path) { return statements_of(read_file(path)); }

void write_statements(std::string const& path, std::set<std::string> const& statements) {
    std::string text = heading;
    for (auto const& sql : statements) text += "\n" + sql + ";\n";
    write_file(path, text);
}

}  // namespace evolver::testing
