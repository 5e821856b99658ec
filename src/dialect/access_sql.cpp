#include "dialect/access_sql.hpp"

#include "evolver/dialect/access_error.hpp"

#include <algorithm>
#include <cctype>

namespace evolver {

std::string placeholder(Name const& column) {
    std::string text = ":";
    for (char const letter : column.text()) {
        bool const plain = std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
        text += plain ? letter : '_';
    }
    return text;
}

std::vector<std::string> placeholders_of(Shape const& shape, std::vector<Name> const& columns) {
    std::vector<std::string> all;
    for (auto const& column : columns) {
        auto bind = placeholder(column);
        if (std::find(all.begin(), all.end(), bind) != all.end()) {
            throw AccessError{Failure{.what = "Two columns of the insert into \"" + shape.table.text() +
                                              "\" have the placeholder " + bind +
                                              ", because a placeholder has no letters beyond ASCII.",
                                      .object = shape.table.text() + "." + column.text(),
                                      .instead = "insert with one of them, and update the other"}};
        }
        all.push_back(std::move(bind));
    }
    return all;
}

void require_table(Shape const& shape) {
    if (!shape.columns.empty()) return;
    throw AccessError{Failure{.what = "There is no table \"" + shape.table.text() + "\" in this release.",
                              .object = shape.table.text(),
                              .instead = "check the name, and that this is the right database"}};
}

void require_column(Shape const& shape, Name const& column) {
    require_table(shape);
    if (!shape.has(column)) {
        std::string known;
        for (auto const& name : shape.columns) known += (known.empty() ? "" : ", ") + name.text();
        throw AccessError{Failure{
            .what = "Table \"" + shape.table.text() + "\" has no column \"" + column.text() + "\" in this release.",
            .object = shape.table.text() + "." + column.text(),
            .instead = "the columns are " + known}};
    }
    if (std::find(shape.absent.begin(), shape.absent.end(), column) != shape.absent.end()) {
        throw AccessError{Failure{.what = "The database has no column \"" + column.text() + "\" in \"" +
                                          shape.table.text() + "\" yet: the migration that adds it is not expanded.",
                                  .object = shape.table.text() + "." + column.text(),
                                  .instead = "let a process that may change the schema call expand() first"}};
    }
}

void require_any(Shape const& shape, bool any, std::string const& statement) {
    if (any) return;
    throw AccessError{Failure{.what = statement + " of no column of \"" + shape.table.text() + "\" means nothing.",
                              .object = shape.table.text(),
                              .instead = "name at least one column"}};
}

}  // namespace evolver
