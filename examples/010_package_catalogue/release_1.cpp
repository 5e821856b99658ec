// Release 1.0 of the package catalogue: a program of plain SOCI. It knows nothing of evolver, of the new shape, or that anything changes.
//
//   release_1 load DATABASE [MOST] < what `apt-cache dumpavail` prints
//   release_1 work DATABASE NUMBER JOURNAL

#include "session.hpp"
#include "workload.hpp"

#include <cstdlib>
#include <iostream>
#include <limits>
#include <map>

namespace {

using demo::Package;

/// In this release a maintainer is one text.
std::string maintainer_of(std::string const& person, std::string const& email) {
    return email.empty() ? person : person + " <" + email + ">";
}

/// The same rule as the plan's, in the words of C++.
void split_maintainer(std::string const& maintainer, Package& package) {
    package.maintainer_name = maintainer;
    auto const at = maintainer.find(" <");
    if (at == std::string::npos || at == 0) return;
    auto const address = maintainer.substr(at + 2);
    if (address.size() < 2 || address.find('>') != address.size() - 1 || address.find('<') != std::string::npos) return;
    package.maintainer_name = maintainer.substr(0, at);
    package.maintainer_email = address.substr(0, address.size() - 1);
}

class Release1 : public demo::Application {
public:
    explicit Release1(std::string const& database) : db_{database} {}

    soci::session& session() override { return db_; }

    void insert(Package const& package) override {
        auto const size = text_of(package.size);
        auto some = package.size ? soci::i_ok : soci::i_null;
        auto const maintainer = maintainer_of(package.maintainer_name, package.maintainer_email);
        db_ << "INSERT INTO packages (package, version, section, size, maintainer, md5sum) "
               "VALUES (:package, :version, 'misc', :size, :maintainer, 'd41d8cd98f00b204e9800998ecf8427e')",
            soci::use(package.name, "package"), soci::use(package.version, "version"), soci::use(size, some, "size"),
            soci::use(maintainer, "maintainer");
    }

    void set_version(std::string const& name, std::string const& version) override {
        db_ << "UPDATE packages SET version = :version WHERE package = :package", soci::use(version, "version"),
            soci::use(name, "package");
    }

    void set_size(std::string const& name, std::optional<long long> bytes) override {
        auto const size = text_of(bytes);
        auto some = bytes ? soci::i_ok : soci::i_null;
        db_ << "UPDATE packages SET size = :size WHERE package = :package", soci::use(size, some, "size"),
            soci::use(name, "package");
    }

    void set_maintainer(std::string const& name, std::string const& person, std::string const& email) override {
        auto const maintainer = maintainer_of(person, email);
        db_ << "UPDATE packages SET maintainer = :maintainer WHERE package = :package",
            soci::use(maintainer, "maintainer"), soci::use(name, "package");
    }

    void add_to_size(std::string const& name, long long bytes) override {
        db_ << "UPDATE packages SET size = CAST(CAST(size AS INTEGER) + :bytes AS TEXT) WHERE package = :package",
            soci::use(bytes, "bytes"), soci::use(name, "package");
    }

    void remove(std::string const& name) override {
        db_ << "DELETE FROM packages WHERE package = :package", soci::use(name, "package");
    }

    std::optional<Package> find(std::string const& name) override {
        Package package{.name = name};
        std::string size, maintainer;
        soci::indicator has_size, has_maintainer;
        db_ << "SELECT version, size, maintainer FROM packages WHERE package = :package", soci::into(package.version),
            soci::into(size, has_size), soci::into(maintainer, has_maintainer), soci::use(name, "package");
        if (!db_.got_data()) return std::nullopt;
        if (has_size == soci::i_ok) package.size = std::stoll(size);
        if (has_maintainer == soci::i_ok) split_maintainer(maintainer, package);
        return package;
    }

    std::vector<std::string> share(int divisor, int remainder) override {
        soci::rowset<std::string> const names =
            (db_.prepare << "SELECT package FROM packages WHERE id % :divisor = :remainder",
             soci::use(divisor, "divisor"), soci::use(remainder, "remainder"));
        return {names.begin(), names.end()};
    }

    std::vector<std::string> largest() override {
        soci::rowset<std::string> const names =
            (db_.prepare << "SELECT package FROM packages ORDER BY CAST(size AS INTEGER) DESC LIMIT 10");
        return {names.begin(), names.end()};
    }

private:
    static std::string text_of(std::optional<long long> size) { return size ? std::to_string(*size) : std::string{}; }

    demo::Session db_;
};

/// Fills a new database from the stanzas "Field: text" of a package index, as they come: what a package does not say is NULL.
int load(std::string const& database, long long most) {
    demo::Session db{database};
    std::string mode;
    db << "PRAGMA journal_mode = WAL", soci::into(mode);
    db << "CREATE TABLE packages (id INTEGER PRIMARY KEY, package TEXT NOT NULL UNIQUE, version TEXT NOT NULL, section "
          "TEXT, "
          "description TEXT, size TEXT, maintainer TEXT, md5sum TEXT)";

    std::vector<std::string> const fields{"Package", "Version",    "Section", "Description",
                                          "Size",    "Maintainer", "MD5sum"};
    std::vector<std::string> values(fields.size());
    std::vector<soci::indicator> some(fields.size(), soci::i_null);
    soci::transaction transaction{db};
    // An index may list a package twice, in two versions: the first counts.
    soci::statement insert =
        (db.prepare
             << "INSERT OR IGNORE INTO packages (package, version, section, description, size, maintainer, md5sum) "
                "VALUES (:a, :b, :c, :d, :e, :f, :g)",
         soci::use(values[0], some[0]), soci::use(values[1], some[1]), soci::use(values[2], some[2]),
         soci::use(values[3], some[3]), soci::use(values[4], some[4]), soci::use(values[5], some[5]),
         soci::use(values[6], some[6]));
    long long count = 0;
    auto const store = [&] {
        if (some[0] == soci::i_ok && some[1] == soci::i_ok) insert.execute(true), ++count;
        std::fill(some.begin(), some.end(), soci::i_null);
    };
    for (std::string line; count < most && std::getline(std::cin, line);) {
        if (line.empty()) {
            store();
            continue;
        }
        auto const colon = line.find(": ");
        for (std::size_t i = 0; colon != std::string::npos && i < fields.size(); ++i) {
            if (line.compare(0, colon, fields[i]) != 0) continue;
            values[i] = line.substr(colon + 2);
            some[i] = soci::i_ok;
        }
    }
    if (count < most) store();
    for (auto const& name : demo::common_packages()) {
        db << "INSERT INTO packages (package, version, size) VALUES (:package, '1', '0')", soci::use(name, "package");
    }
    transaction.commit();
    demo::say("release 1.0", "made a table and loaded " + std::to_string(count) + " packages into it");
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<std::string> const words(arguments + 1, arguments + count);
    try {
        if (words.size() >= 2 && words[0] == "load") {
            return load(words[1], words.size() > 2 ? std::stoll(words[2]) : std::numeric_limits<long long>::max());
        }
        if (words.size() == 4 && words[0] == "work") {
            Release1 release{words[1]};
            return demo::work(release, "1.0", std::stoi(words[2]), words[3]);
        }
        std::cerr << "release_1 load DATABASE [MOST] | work DATABASE NUMBER JOURNAL\n";
    } catch (std::exception const& error) {
        demo::say("release 1.0", std::string{"FAILED: "} + error.what());
    }
    return 1;
}
