// Release 2.0 of the package catalogue. Its SQL is written once, for the new shape, and runs from before expand to after contract.
//
//   release_2 DATABASE NUMBER JOURNAL

#include "plan.hpp"
#include "session.hpp"
#include "workload.hpp"

#include <evolver/access/live_statement.hpp>
#include <evolver/evolver.hpp>

#include <cstdlib>
#include <iostream>

namespace {

using demo::Package;

class Release2 : public demo::Application {
public:
    explicit Release2(std::string const& database) : db_{database}, evolver_{attached(db_)} {
        insert_.use(package_.name, "name")
            .use(package_.version, "version")
            .use(bytes_, has_bytes_, "size_bytes")
            .use(package_.maintainer_name, "maintainer_name")
            .use(package_.maintainer_email, has_email_, "maintainer_email");
        find_.use(package_.name, "name")
            .into(package_.version)
            .into(bytes_, has_bytes_)
            .into(package_.maintainer_name, has_maintainer_)
            .into(package_.maintainer_email, has_email_);
    }

    soci::session& session() override { return db_; }

    // Two statements that are prepared once, where it is hot...

    void insert(Package const& package) override {
        package_ = package;
        bytes_ = package.size.value_or(0);
        has_bytes_ = package.size ? soci::i_ok : soci::i_null;
        has_email_ = package.maintainer_email.empty() ? soci::i_null : soci::i_ok;
        insert_.execute();
    }

    std::optional<Package> find(std::string const& name) override {
        package_ = Package{.name = name};
        if (!find_.execute()) return std::nullopt;
        Package found = package_;
        if (has_bytes_ == soci::i_ok) found.size = bytes_;
        if (has_maintainer_ != soci::i_ok) found.maintainer_name.clear();
        if (has_email_ != soci::i_ok) found.maintainer_email.clear();
        return found;
    }

    // ... and others that are written where they are needed.

    void set_version(std::string const& name, std::string const& version) override {
        db_ << packages_.update({"version"}) + " WHERE " + packages_.column("name") + " = :name",
            soci::use(version, "version"), soci::use(name, "name");
    }

    void set_size(std::string const& name, std::optional<long long> bytes) override {
        auto const value = bytes.value_or(0);
        auto some = bytes ? soci::i_ok : soci::i_null;
        db_ << packages_.update({"size_bytes"}) + " WHERE " + packages_.column("name") + " = :name",
            soci::use(value, some, "size_bytes"), soci::use(name, "name");
    }

    void set_maintainer(std::string const& name, std::string const& person, std::string const& email) override {
        auto some = email.empty() ? soci::i_null : soci::i_ok;
        db_ << packages_.update({"maintainer_name", "maintainer_email"}) + " WHERE " + packages_.column("name") +
                   " = :name",
            soci::use(person, "maintainer_name"), soci::use(email, some, "maintainer_email"), soci::use(name, "name");
    }

    void add_to_size(std::string const& name, long long bytes) override {
        db_ << packages_.update({{"size_bytes", "size_bytes + :bytes"}}) + " WHERE " + packages_.column("name") +
                   " = :name",
            soci::use(bytes, "bytes"), soci::use(name, "name");
    }

    void remove(std::string const& name) override {
        db_ << "DELETE FROM packages WHERE " + packages_.column("name") + " = :name", soci::use(name, "name");
    }

    std::vector<std::string> share(int divisor, int remainder) override {
        return names(
            packages_.select({"name"}) + " WHERE id % :divisor = :remainder",
            [&](evolver::LiveStatement& statement) { statement.use(divisor, "divisor").use(remainder, "remainder"); });
    }

    std::vector<std::string> largest() override {
        return names(packages_.select({"name"}) + " ORDER BY size_bytes DESC LIMIT 10", [](evolver::LiveStatement&) {});
    }

private:
    /// Changing the schema is the operator's business here; a program without an operator calls expand() instead of attach().
    static evolver::Evolver attached(soci::session& db) {
        evolver::Evolver evolver{db, catalogue_plan(), {.release = "2.0"}};
        evolver.attach();
        return evolver;
    }

    template <class Bind>
    std::vector<std::string> names(evolver::LiveSql sql, Bind const& bind) {
        std::string name;
        std::vector<std::string> all;
        evolver::LiveStatement statement{db_, std::move(sql)};
        statement.into(name);
        bind(statement);
        statement.each([&] { all.push_back(name); });
        return all;
    }

    demo::Session db_;
    evolver::Evolver evolver_;
    evolver::LiveTable packages_ = evolver_.table("packages");

    // What the prepared statements are bound to.
    Package package_;
    long long bytes_ = 0;
    soci::indicator has_bytes_ = soci::i_null;
    soci::indicator has_maintainer_ = soci::i_null;
    soci::indicator has_email_ = soci::i_null;
    evolver::LiveStatement insert_{
        db_, packages_.insert({"name", "version", "size_bytes", "maintainer_name", "maintainer_email"})};
    evolver::LiveStatement find_{
        db_,
        packages_.select({"version", "size_bytes", "maintainer_name", "maintainer_email"}) + " WHERE name = :name"};
};

}  // namespace

int main(int count, char** arguments) {
    std::vector<std::string> const words(arguments + 1, arguments + count);
    if (words.size() != 3) {
        std::cerr << "release_2 DATABASE NUMBER JOURNAL\n";
        return 1;
    }
    try {
        Release2 release{words[0]};
        return demo::work(release, "2.0", std::stoi(words[1]), words[2]);
    } catch (std::exception const& error) {
        demo::say("release 2.0", std::string{"FAILED: "} + error.what());
    }
    return 1;
}
