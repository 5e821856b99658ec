#include "dialect/sqlite/schema_digests.hpp"

#include "dialect/sqlite/inspect.hpp"

#include "evolver/schema/digest.hpp"

namespace evolver::sqlite {

namespace {

/// What the inspection reads is in these texts, or follows from them: SQLite itself parses nothing else when it opens the file. Statistics,
/// evolver's own objects, virtual tables and what is behind them are no part of a schema. By name: a clone may have got its objects in
/// another order.
std::string digest_of_texts(Connection const& connection) {
    auto statement = connection.prepare(
        "SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' "
        "ESCAPE '\\' AND name NOT LIKE 'evolver\\_%' ESCAPE '\\' AND tbl_name NOT IN (SELECT "
        "name FROM pragma_table_list WHERE schema = 'main' AND type IN ('virtual', 'shadow')) ORDER BY type, name");
    std::string texts;
    while (statement.step()) {
        for (int column = 0; column < 4; ++column) {
            auto const text = statement.text(column);
            texts += std::to_string(text.size());
            texts += ':';
            texts += text;
        }
    }
    return digest_of(texts);
}

}  // namespace

std::string SchemaDigests::of(Connection const& connection) {
    ReadTransaction const moment{connection};  // of which texts and inspection are
    auto const texts = digest_of_texts(connection);
    if (auto const found = known_.find(texts); found != known_.end()) return found->second;
    constexpr std::size_t enough = 1000;  // of a plan that is expanded from nothing; 64 bytes each
    if (known_.size() >= enough) known_.clear();
    return known_.emplace(texts, digest_of(inspect(connection), Engine::sqlite)).first->second;
}

bool SchemaDigests::knows(Connection const& connection) const { return known_.contains(digest_of_texts(connection)); }

}  // namespace evolver::sqlite
