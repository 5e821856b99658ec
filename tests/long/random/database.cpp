#include "long/random/database.hpp"

#include "support/long_test.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <fmt/format.h>

namespace evolver::random_test {

Database::Database(Setting const& setting, std::string path) : plan_{plan_of(setting)}, path_{std::move(path)} {
    testing::remove_database(path_);
    raw_ = std::make_unique<testing::RawSqlite>(path_);
    if (setting.wal) raw_->run("PRAGMA journal_mode = WAL");
    raw_->run("PRAGMA synchronous = OFF");
    if (setting.recursive) raw_->run("PRAGMA recursive_triggers = ON");
    {
        soci::session session{soci::sqlite3, "db=" + path_ + " timeout=5 synchronous=OFF"};
        Evolver{session, plan_.until("1.0"), {.release = "1.0"}}.expand();
    }
    raw_->run("CREATE TABLE audit (n INTEGER)");
    if (setting.audit) raw_->run("CREATE TRIGGER audit_t AFTER UPDATE ON t BEGIN INSERT INTO audit VALUES (1); END");
    if (setting.crowd) {
        raw_->run(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO t (k, u, x) SELECT i, i + ?, '5' FROM n",
            {crowd_size, crowd_u});
    }
    if (setting.stamps) {
        raw_->run(
            "CREATE TRIGGER stamp_t BEFORE UPDATE OF x ON t WHEN NEW.x LIKE '1%' AND OLD.x IS NOT '44' "
            "BEGIN UPDATE t SET x = '44' WHERE u = NEW.u; END");
    }
    if (setting.trigger_before) add_trimming_trigger("before_t", " OF x");
}

Database::~Database() {
    applications_.clear();
    raw_.reset();
    testing::remove_database(path_);
}

Database::Rows Database::run(std::string const& sql, std::vector<sqlite::Value> const& binds) {
    said += sql + " [";
    for (auto const& bind : binds) said += to_text(bind) + " ";
    said += "]";
    return raw_->run(sql, binds);
}

Database::Rows Database::run_named(std::string const& sql,
                                   std::vector<std::pair<std::string, sqlite::Value>> const& binds) {
    said += sql + " [";
    for (auto const& [name, bind] : binds) said += name + "=" + to_text(bind) + " ";
    said += "]";
    return raw_->run_named(sql, binds);
}

Evolver& Database::application(std::size_t link) {
    auto& found = applications_[link];
    if (!found.evolver) {
        found.session = std::make_unique<soci::session>(soci::sqlite3, "db=" + path_ + " timeout=5 synchronous=OFF");
        auto const release = std::to_string(link + 1) + ".0";
        found.evolver =
            std::make_unique<Evolver>(*found.session, plan_.until(release), Options{.release = Release{release}});
        found.evolver->attach();
    }
    return *found.evolver;
}

void Database::add_trimming_trigger(std::string const& name, std::string const& columns) {
    raw_->run("CREATE TRIGGER " + name + " AFTER UPDATE" + columns +
              " ON t WHEN NEW.x LIKE '% ' AND OLD.x IS NOT NEW.x BEGIN UPDATE t SET x = trim(NEW.x) WHERE u = NEW.u; "
              "END");
}

void Database::add_capping_triggers() {
    auto const add = [&](char const* name, char const* event) {
        raw_->run(
            fmt::format("CREATE TRIGGER {0} AFTER {1} ON t WHEN NEW.y > {2} AND NEW.x IS NOT '{2}' BEGIN UPDATE t "
                        "SET x = '{2}' WHERE u = NEW.u; END",
                        name, event, highest));
    };
    add("cap_insert", "INSERT");
    add("cap_update", "UPDATE OF x, y");
}

void Database::drop_capping_triggers() {
    for (auto const* name : {"cap_insert", "cap_update"}) raw_->run(fmt::format("DROP TRIGGER {}", name));
}

}  // namespace evolver::random_test
