#include "evolver/schema/type.hpp"

#include "evolver/schema/tokens.hpp"

namespace evolver {

namespace {

std::string numeric_words(std::string const& word, std::string const& precision) {
    return precision.empty() ? word : word + "(" + precision + ")";
}

std::string sqlite_words(Type const& type) {
    switch (type.kind()) {
        // Not INTEGER: SOCI reads a column that is declared so as 32 bits.
        case TypeKind::integer: return "BIGINT";
        case TypeKind::real: return "REAL";
        case TypeKind::text: return "TEXT";
        case TypeKind::blob: return "BLOB";
        case TypeKind::boolean: return "BOOLEAN";
        case TypeKind::numeric: return numeric_words("NUMERIC", type.declared());
        case TypeKind::date: return "DATE";
        case TypeKind::timestamp: return "TIMESTAMP";
        case TypeKind::json: return "TEXT";  // JSON would be NUMERIC affinity: '1.50' would come back as 1.5
        case TypeKind::declared: break;
    }
    return type.declared();
}

std::string postgresql_words(Type const& type) {
    switch (type.kind()) {
        case TypeKind::integer: return "bigint";
        case TypeKind::real: return "double precision";
        case TypeKind::text: return "text";
        case TypeKind::blob: return "bytea";
        case TypeKind::boolean: return "boolean";
        case TypeKind::numeric: return numeric_words("numeric", type.declared());
        case TypeKind::date: return "date";
        case TypeKind::timestamp: return "timestamptz";
        case TypeKind::json: return "jsonb";
        case TypeKind::declared: break;
    }
    return type.declared();
}

std::string mariadb_words(Type const& type) {
    switch (type.kind()) {
        case TypeKind::integer: return "bigint";
        case TypeKind::real: return "double";
        // TEXT and BLOB hold 64 KiB, and cut what is longer outside strict mode.
        case TypeKind::text: return "longtext";
        case TypeKind::blob: return "longblob";
        case TypeKind::boolean: return "boolean";
        case TypeKind::numeric: return numeric_words("decimal", type.declared());
        case TypeKind::date: return "date";
        case TypeKind::timestamp: return "datetime(6)";
        case TypeKind::json: return "json";
        case TypeKind::declared: break;
    }
    return type.declared();
}

bool is_wordlike(Token const& token) { return token.kind != TokenKind::symbol; }

}  // namespace

std::string type_words(Type const& type, Engine engine) {
    switch (engine) {
        case Engine::sqlite: return sqlite_words(type);
        case Engine::postgresql: return postgresql_words(type);
        case Engine::mariadb: return mariadb_words(type);
    }
    return {};
}

std::string folded_type_words(std::string_view words) {
    std::string result;
    bool blank_wanted = false;
    for (Token const& token : significant_tokens(words)) {
        // A blank is kept between two words, and after a parenthesis that a word follows: CHAR(3) BINARY.
        if (blank_wanted && is_wordlike(token)) result += ' ';
        for (char const letter : token.text) {
            result += letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
        }
        blank_wanted = is_wordlike(token) || token.text == ")";
    }
    return result;
}

bool same_type_words(std::string_view left, std::string_view right) {
    return folded_type_words(left) == folded_type_words(right);
}

}  // namespace evolver
