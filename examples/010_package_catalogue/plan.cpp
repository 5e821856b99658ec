#include "plan.hpp"

#include <string>

namespace {

using namespace evolver;

/// What release 1.0 made by hand, before anybody thought of evolver. The operator records it as the baseline.
Migration packages() {
    return {.id = "0001-packages",
            .release = "1.0",
            .operations = {CreateTable{.table = "packages",
                                       .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                   {.name = "package", .type = text(), .nullable = false},
                                                   {.name = "version", .type = text(), .nullable = false},
                                                   {.name = "section", .type = text()},
                                                   {.name = "description", .type = text()},
                                                   {.name = "size", .type = text()},
                                                   {.name = "maintainer", .type = text()},
                                                   {.name = "md5sum", .type = text()}},
                                       .unique_keys = {{.columns = {"package"}}}}}};
}

Migration name() {
    return {.id = "0002-name",
            .summary = "a package's name is called name",
            .release = "2.0",
            .operations = {RenameColumn{.table = "packages", .from = "package", .to = "name"}}};
}

/// A text that is no number stays NULL in the new column: contract then waits until somebody has said what to do with it.
Migration size_bytes() {
    return {.id = "0003-size-bytes",
            .summary = "size becomes a number",
            .release = "2.0",
            .operations = {ChangeType{.table = "packages",
                                      .from = "size",
                                      .to = "size_bytes",
                                      .type = integer(),
                                      .up = "CASE WHEN size NOT GLOB '*[^0-9]*' THEN CAST(size AS INTEGER) END",
                                      .down = "CAST(size_bytes AS TEXT)"},
                           CreateIndex{.name = "packages_by_size", .table = "packages", .columns = {"size_bytes"}}}};
}

/// Most say "Name <address>". What does not (two maintainers, a comma at the end) is kept whole, as a name without an address, so that
/// the old text can always be given back.
Migration maintainer() {
    std::string const address = "substr(maintainer, instr(maintainer, ' <') + 2)";  // "address>", if there is one
    std::string const well_formed = "instr(maintainer, ' <') > 1 AND instr(" + address + ", '<') = 0 AND instr(" +
                                    address + ", '>') = length(" + address + ") AND length(" + address + ") > 1";
    return {.id = "0004-maintainer",
            .summary = "a maintainer is a name and an address",
            .release = "2.0",
            .operations = {SplitColumn{
                .table = "packages",
                .from = "maintainer",
                .into = {{.name = "maintainer_name",
                          .type = text(),
                          .up = "CASE WHEN " + well_formed +
                                " THEN substr(maintainer, 1, instr(maintainer, ' <') - 1) ELSE maintainer END"},
                         {.name = "maintainer_email",
                          .type = text(),
                          .up = "CASE WHEN " + well_formed + " THEN substr(" + address + ", 1, length(" + address +
                                ") - 1) END"}},
                .down = "CASE WHEN maintainer_email IS NULL THEN maintainer_name ELSE maintainer_name || ' <' || "
                        "maintainer_email || '>' END"}}};
}

Migration md5sum() {
    return {.id = "0005-md5sum",
            .summary = "MD5 proves nothing any more",
            .release = "2.0",
            .operations = {DropColumn{.table = "packages", .column = "md5sum"}}};
}

}  // namespace

evolver::Plan catalogue_plan() { return Plan{"catalogue", {packages(), name(), size_bytes(), maintainer(), md5sum()}}; }
