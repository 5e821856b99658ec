#pragma once

// The database and the model side by side: each step is played on both, then they are compared.

#include "long/random/statements.hpp"

namespace evolver::random_test {

class World {
public:
    World(Setting const& setting, std::string const& path)
        : setting_{setting}, model_{setting}, database_{setting, path}, statements_{setting, model_, database_} {}

    void play(Step const& step);
    /// Throws Failed.
    void check();
    [[nodiscard]] std::string const& said() const { return database_.said; }

private:
    void expand(Step const& step);
    void advance(Step const& step);
    /// Rows change their keys between two batches of the backfill.
    void advance_past_moving_rows(Step const& step);
    void reconcile();
    void contract();
    void rollback();

    void compare(std::vector<std::vector<Value>> const& rows, std::size_t link, std::string const& sql) const;
    void check_side();

    Setting setting_;
    Model model_;
    Database database_;
    Statements statements_;
};

}  // namespace evolver::random_test
