#include "compile/lint/raw_texts.hpp"

#include <algorithm>
#include <utility>

namespace evolver::lint_rules {

bool failed(std::vector<TriedStatement> const& statements) {
    return !statements.empty() && !statements.back().failure.empty();
}
bool failed(Texts const& texts) { return failed(texts.expand) || failed(texts.contract); }

std::optional<Stop> stop_of(Texts const& texts) {
    if (!failed(texts)) return std::nullopt;
    bool const at_contract = !failed(texts.expand);
    auto const& last = (at_contract ? texts.contract : texts.expand).back();
    return Stop{.words = last.failure, .statement = last.text, .line = last.line, .at_contract = at_contract};
}

Expression script_of(std::vector<TriedStatement> const& statements, Engine engine) {
    std::string sql = "-- as far as it goes\n";
    for (auto const& one : statements) {
        if (!one.transaction && one.failure.empty()) sql += one.text + (one.text.ends_with(';') ? "\n" : ";\n");
    }
    if (engine == Engine::postgresql)
        return Expression{EngineTexts{.sqlite = {}, .postgresql = std::move(sql), .mariadb = {}}};
    return Expression{EngineTexts{.sqlite = std::move(sql), .postgresql = {}, .mariadb = {}}};
}

Texts joined(Texts texts, Texts const& rowless) {
    auto const add = [](std::vector<TriedStatement>& statements, std::vector<TriedStatement> const& others) {
        if (failed(statements)) statements.pop_back();
        statements.insert(statements.end(), others.begin() + static_cast<std::ptrdiff_t>(statements.size()),
                          others.end());
    };
    add(texts.expand, rowless.expand);
    add(texts.contract, rowless.contract);
    return texts;
}

std::vector<RowChange> rows_lost(MigrationReplay as_far) {
    std::erase_if(as_far.rows, [&](RowChange const& change) {
        return std::find(as_far.rebuilt.begin(), as_far.rebuilt.end(), change.table) == as_far.rebuilt.end();
    });
    return std::move(as_far.rows);
}

}  // namespace evolver::lint_rules
