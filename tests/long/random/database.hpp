#pragma once

// The database of a history, with a program of the old release, and one for each release above it.

#include "evolver/evolver.hpp"
#include "long/random/setting.hpp"
#include "support/raw_sqlite.hpp"

#include <soci/soci.h>

#include <map>
#include <memory>

namespace evolver::random_test {

class Database {
public:
    Database(Setting const& setting, std::string path);
    ~Database();
    Database(Database const&) = delete;
    Database& operator=(Database const&) = delete;

    using Rows = testing::RawSqlite::Rows;

    /// A statement of the history: it is noted in said(). The rows are those of RETURNING.
    Rows run(std::string const& sql, std::vector<sqlite::Value> const& binds);
    Rows run_named(std::string const& sql, std::vector<std::pair<std::string, sqlite::Value>> const& binds);
    [[nodiscard]] testing::RawSqlite const& raw() const { return *raw_; }

    /// The application in the release whose newest column `link` is.
    [[nodiscard]] Evolver& application(std::size_t link);
    [[nodiscard]] LiveTable table(std::size_t link) { return application(link).table("t"); }
    /// The application of that release ends.
    void end_application(std::size_t link) { applications_.erase(link); }

    // Triggers of the application's own.

    /// Trims the old column.
    void add_trimming_trigger(std::string const& name, std::string const& columns);
    /// Where the new column y is above the highest value, writes that into the old column.
    void add_capping_triggers();
    void drop_capping_triggers();

    /// What the step at hand did, in words.
    std::string said;

private:
    struct Application {
        std::unique_ptr<soci::session> session;
        std::unique_ptr<Evolver> evolver;
    };

    Plan plan_;
    std::string path_;
    std::unique_ptr<testing::RawSqlite> raw_;
    std::map<std::size_t, Application> applications_;
};

}  // namespace evolver::random_test
