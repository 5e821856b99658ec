#include "compile/invariant_check.hpp"

#include "dialect/sqlite/statement_fault.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/plan/plan.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>

namespace evolver {

std::string invariant_sql(Expression const& query) { return "SELECT * FROM (" + query.text(Engine::sqlite) + "\n)"; }

void check_invariant(sqlite::Connection const& database, std::string const& migration, Invariant const& invariant,
                     Expression const& query) {
    auto const& text = query.text(Engine::sqlite);
    auto const refuse = [&](std::string const& why, int code = 0) {
        throw PlanError{Failure{.what = "Migration \"" + migration + "\", invariant \"" + invariant.name + "\": " + why,
                                .object = invariant.name,
                                .instead = "correct the query: one SELECT, without a semicolon and without parameters",
                                .sql = text,
                                .native_code = code}};
    };
    auto const words = significant_tokens(text);
    if (std::ranges::any_of(words, [](Token const& token) { return token.kind == TokenKind::placeholder; }))
        refuse("it has a parameter, which nobody binds.");
    try {
        (void)database.prepare(invariant_sql(query));
    } catch (EngineError const& error) {
        if (!sqlite::is_the_statements_fault(error)) throw;
        std::string const what = error.what();
        refuse(what.substr(0, what.find('\n')), error.native_code());
    }
}

}  // namespace evolver
