#pragma once

// The table and the plan that the topics share.

#include <evolver/evolver.hpp>

#include <soci/soci.h>

#include <string>

namespace bench {

inline evolver::Plan plan() {
    using namespace evolver;
    return Plan{
        "catalogue",
        {Migration{.id = "0001-packages",
                   .release = "1.0",
                   .operations = {CreateTable{.table = "packages",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "name", .type = text(), .nullable = false},
                                                          {.name = "section", .type = text()},
                                                          {.name = "description", .type = text()},
                                                          {.name = "size", .type = text()}}}}},
         Migration{.id = "0002-size-bytes",
                   .release = "2.0",
                   .operations = {ChangeType{.table = "packages",
                                             .from = "size",
                                             .to = "size_bytes",
                                             .type = integer(),
                                             .up = "CAST(size AS INTEGER)",
                                             .down = "CAST(size_bytes AS TEXT)"}}}}};
}

/// As most applications open a database that several programs use.
inline std::string connection(std::string const& path) { return "db=" + path + " timeout=10 synchronous=NORMAL"; }

/// Release 1.0's table with `rows` rows of some 190 bytes.
inline std::string table_of(int rows) {
    return "PRAGMA journal_mode = WAL;"
           "BEGIN;"
           "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < " +
           std::to_string(rows) +
           ") INSERT INTO packages (id, name, section, description, size)"
           " SELECT i, 'package-' || i, 'section-' || (i % 40), printf('%0120d', i), CAST((i * 7919) % 100000007 AS "
           "TEXT) FROM n;"
           "COMMIT;";
}

}  // namespace bench
