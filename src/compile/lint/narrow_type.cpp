#include "compile/lint/rules.hpp"

namespace evolver::lint_rules {

namespace {

enum class Width { integer, real, any };

Width width_of(Type const& type) {
    auto const kind = type.kind();
    if (kind == TypeKind::integer || kind == TypeKind::boolean) return Width::integer;
    return kind == TypeKind::real || kind == TypeKind::numeric ? Width::real : Width::any;
}

bool narrows(Type const& old_type, Type const& new_type) { return width_of(new_type) < width_of(old_type); }

void judge(Case const& seen, Tell const& tell) {
    for (auto const& pair : seen.pairs) {
        if (pair.kind != PairKind::computed || !seen.in_use(pair.table)) continue;
        std::string object = pair.table.text() + "." + pair.from.front().text();
        std::string const instead =
            "widen .up and .down so that down(up(x)) is x; else the loss is accepted at contract, by name: "
            "contract({.accept_loss = {{\"" +
            seen.migration->id.text() + "\", \"…\"}}})";
        auto const lost = seen.ask([&](LiveRows const& rows) { return rows.count_lost(pair); });
        if (lost) {
            if (*lost > 0)
                tell(Severity::error, object,
                     "the new shape cannot give back " + counted(*lost, "value", "values") + " of " + object +
                         ": contract waits until the loss is accepted",
                     instead);
            continue;
        }
        auto const* const table = seen.before.find_table(pair.table);
        auto const* const old = table == nullptr ? nullptr : table->find(pair.from.front());
        if (seen.live != nullptr || old == nullptr || !narrows(old->type, pair.to.front().type)) continue;
        tell(Severity::warning, object,
             object +
                 " becomes a narrower type: values that it cannot hold are lost, and without a database nobody knows "
                 "which",
             instead);
    }
}

}  // namespace

LintRule const narrow_type{
    .name = "narrow-type",
    .classification = Classification::destructive,
    .page = {.catches = "A column is replaced by one that cannot hold all that it holds: `down(up(x))` is not `x` "
                        "for rows that are there.",
             .why = "What the new shape cannot say is lost when contract removes the old one; until then "
                    "reads of both releases differ.",
             .instead = "Change `up` and `down`, or the type, so that every value survives; look at the rows that "
                        "do not. What remains is kept in evolver_quarantine when contract is told to accept the "
                        "loss.",
             .example = "ChangeType{.table = \"packages\", .from = \"size\", .to = \"size_bytes\", .type = integer(),\n"
                        "           .up = \"CAST(size AS INTEGER)\", .down = \"CAST(size_bytes AS TEXT)\"}   // '12 "
                        "kB' becomes 12"},
    .judge = judge};

}  // namespace evolver::lint_rules
