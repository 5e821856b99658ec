#include "execute/postgresql/index_build.hpp"

#include "dialect/postgresql/render.hpp"
#include "evolver/dialect/engine_error.hpp"

namespace evolver::postgresql {

void build(Site const& site, LaterIndex const& later) {
    auto const& connection = site.connection();
    auto const look = [&] { return connection.query(index_is_valid(site.schema(), later.name)); };
    auto const found = look();
    if (!found.empty() && found.text(0, 0) == "t") return;
    if (!found.empty()) connection.query(drop_index(site.schema(), later.name, Beside::writers));
    try {
        connection.query(make_index(later.index, site.schema(), later.name, Beside::writers));
        site.count_commit();
    } catch (EngineError const& error) {
        if (connection.is_lost()) throw;
        auto const left = look();
        bool const by_another = !left.empty() && left.text(0, 0) == "t";
        if (by_another) return;
        if (error.native_code() != unique_violation) throw;
        connection.query(drop_index(site.schema(), later.name, Beside::writers));
        throw IndexBroken{Failure{.what = "Rows of table " + later.index.table.text() + " break the unique index \"" +
                                          later.index.name.text() + "\".",
                                  .object = later.index.name.text(),
                                  .instead = "mend the rows, then call advance() again; or rollback()"}};
    }
}

}  // namespace evolver::postgresql
