#include "compile/transform_check.hpp"

#include "compile/expression_check.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "dialect/sqlite/samples.hpp"
#include "dialect/sqlite/statement_fault.hpp"
#include "dialect/sqlite/taken_back.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/operation/effect.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>

namespace evolver {

namespace {

std::string first_line(EngineError const& error) {
    std::string const words = error.what();
    return words.substr(0, words.find('\n'));
}

bool has_sub_query(std::string const& text) {
    auto const all = significant_tokens(text);
    return std::any_of(all.begin(), all.end(), [](Token const& token) { return is_keyword(token, "SELECT"); });
}

class TransformCheck {
public:
    TransformCheck(TransformTrial const& trial, sqlite::PhysicalTransform const& transform, std::string const& title)
        : trial_{trial}, transform_{transform}, title_{title}, key_{sqlite::row_key(trial.schema, transform.table)} {}

    void texts() const {
        for (auto const& one : transform_.set) text("set " + one.column.text(), one.value);
        text("where", transform_.where);
        try {
            (void)trial_.schema.prepare(sqlite::transform(transform_, key_, sqlite::Range::all));
        } catch (EngineError const& error) {
            if (!sqlite::is_the_statements_fault(error)) throw;
            throw PlanError{Failure{.what = title_ + ": " + first_line(error) + ".",
                                    .object = transform_.table.text(),
                                    .instead = "correct the expression",
                                    .native_code = error.native_code()}};
        }
    }

    void settles_samples(std::vector<sqlite::PhysicalPair> const& pairs) const {
        bool const looks_elsewhere =
            has_sub_query(transform_.where) ||
            std::any_of(transform_.set.begin(), transform_.set.end(),
                        [](sqlite::PhysicalTransform::Assignment const& one) { return has_sub_query(one.value); });
        if (looks_elsewhere) return;
        sqlite::TakenBack trial{trial_.schema};
        try {
            sqlite::sample_rows(trial_.rows, trial_.schema, transform_.table);
        } catch (EngineError const& error) {
            if (!sqlite::is_the_statements_fault(error)) throw;
            return;  // a collation or a function that only the application has: the batches look
        }
        trial_.schema.enable_triggers(false);
        std::int64_t met = 0;
        std::int64_t left = 0;
        std::string refused;
        try {
            if (!pairs.empty()) trial_.schema.run(sqlite::fill(transform_.table, key_, pairs, sqlite::Range::all));
            met = trial_.schema.prepare(sqlite::transform(transform_, key_, sqlite::Range::all)).run();
            left = trial_.schema.integer("SELECT count(*) FROM " + sqlite::quoted(transform_.table.text()) + " WHERE " +
                                         transform_.where);
        } catch (EngineError const& error) {
            if (!sqlite::is_the_statements_fault(error)) throw;
            refused = first_line(error);
        }
        trial_.schema.enable_triggers(true);
        trial.now();
        if (!refused.empty()) {
            throw PlanError{Failure{.what = title_ + ": on rows of the table it fails: " + refused + ".",
                                    .object = transform_.table.text(),
                                    .instead = "correct the expression, or leave such rows out by `where`"}};
        }
        if (left == 0) return;
        throw PlanError{Failure{
            .what =
                title_ + ": `where` = " + transform_.where + "\n  why:     it holds still for " + std::to_string(left) +
                " of " + std::to_string(met) +
                " sample rows after they were filled. A row may be met again while programs go on writing, and would "
                "be computed twice.",
            .object = transform_.table.text(),
            .instead =
                "let `where` hold for rows only that are not filled yet; where the values do not tell, mark them: a "
                "column more in .set, as {\"converted\", \"1\"}, with .where = \"converted = 0\""}};
    }

private:
    void text(std::string const& role, std::string const& text) const {
        check_text(title_, role, text);
        if (has_sub_query(text)) return;  // the names there may be another table's
        auto const physical = sqlite::inspect_table(trial_.schema, transform_.table);
        for (auto const& column : physical->columns) {
            if (trial_.released.find(column.name) != nullptr || !mentions_column(text, column.name.text())) continue;
            // What a second name stands for is spelled by its base here.
            bool const is_set = std::any_of(
                transform_.set.begin(), transform_.set.end(),
                [&](sqlite::PhysicalTransform::Assignment const& one) { return one.column == column.name; });
            if (is_set || is_base(*physical, column.name)) continue;
            throw PlanError{Failure{.what = title_ + ": `" + role + "` reads the column \"" + column.name.text() +
                                            "\", which only older releases have.",
                                    .object = transform_.table.text() + "." + column.name.text(),
                                    .instead = "read the column that has taken its place"}};
        }
    }

    /// A generated column is nothing but `column` under another name.
    static bool is_base(Table const& table, Name const& column) {
        return std::any_of(table.columns.begin(), table.columns.end(), [&](Column const& other) {
            if (!other.generated) return false;
            auto const& text = other.generated->text(Engine::sqlite);
            auto const all = significant_tokens(text);
            return all.size() == 1 && Name{identifier_of(all.front())} == column;
        });
    }

    TransformTrial const& trial_;
    sqlite::PhysicalTransform const& transform_;
    std::string const& title_;
    sqlite::RowKey key_;
};

}  // namespace

void check_transform(TransformTrial const& trial, sqlite::PhysicalTransform const& transform,
                     std::vector<sqlite::PhysicalPair> const& pairs, std::string const& title) {
    TransformCheck const check{trial, transform, title};
    check.texts();
    check.settles_samples(pairs);
}

}  // namespace evolver
