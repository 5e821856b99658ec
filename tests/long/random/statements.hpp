#pragma once

// The statements of the releases. Each is made of a step's numbers, run, and told to the model.

#include "long/random/database.hpp"
#include "long/random/model.hpp"

#include <stdexcept>

namespace evolver::random_test {

/// The database and the model differ.
struct Failed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A step of a history: numbers, which get a meaning as they are played.
struct Step {
    unsigned kind, a, b, c;
};

class Statements {
public:
    Statements(Setting const& setting, Model& model, Database& database)
        : setting_{setting}, model_{model}, database_{database}, keys_{setting.crowd ? crowd_size : 0} {}

    void insert_old(Step const& step);
    void update_old(Step const& step);
    void update_old_expression(Step const& step);
    void upsert_old(Step const& step);
    void insert_or_ignore(Step const& step);
    void replace_old(Step const& step);
    void remove(Step const& step);
    void change_key(Step const& step);
    /// Moves a row to the start of the table.
    void move_to_front(Row& row);
    void write_highest(Row& row);
    void update_unrelated(Step const& step);
    void insert_new(Step const& step);
    void update_new(Step const& step);
    void update_new_expression(Step const& step);
    void upsert_new(Step const& step);
    void update_raw_new(Step const& step);
    void update_both(Step const& step);
    void insert_raw_new(Step const& step);
    void insert_both(Step const& step);
    void replace_raw_new(Step const& step);
    void ignore_new(Step const& step);
    void update_side_old(Step const& step);
    void update_side_new(Step const& step);

private:
    void insert_new_without(Row& row);
    /// Does the plan let somebody write the newest column by hand?
    [[nodiscard]] bool has_raw_new() const;
    /// A row as INSERT leaves what it does not name.
    [[nodiscard]] Row& add_with_defaults(Value key);
    void put_defaults(Row& row) const;
    /// The statement returned this row and nothing else. `asked`: it had RETURNING.
    static void expect_returned(bool asked, Database::Rows const& returned, std::vector<Value> const& expected);
    [[nodiscard]] Value value_for(std::size_t link, unsigned number) const;
    /// By hand, and now and then one that agrees with the old value: a NULL into a row that is not filled yet could not
    /// be told from one that is not there (rule 6).
    [[nodiscard]] Value raw_value(unsigned number, Value const& old_value) const;
    [[nodiscard]] Value side_value(unsigned number) const;
    [[nodiscard]] Value new_key();
    [[nodiscard]] std::string old_column() const;

    Setting setting_;
    Model& model_;
    Database& database_;
    std::int64_t keys_;  // behind those of the crowd
    std::int64_t us_ = 0;
};

}  // namespace evolver::random_test
