#pragma once

// What every scenario needs: a database in a folder of its own, a release 1.0 that knows nothing of evolver, and a word when something that
// is promised does not hold.

#include <evolver/evolver.hpp>

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>

#include <stdlib.h>  // mkdtemp

namespace scenario {

/// Gone at its end, with the database in it.
class Folder {
public:
    Folder() {
        auto name = (std::filesystem::temp_directory_path() / "evolver-example-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no folder for the example"};
        path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    [[nodiscard]] std::string database() const { return (path_ / "shop.db").string(); }

private:
    std::filesystem::path path_;
};

/// A program of release 1.0: plain SOCI.
class OldRelease {
public:
    explicit OldRelease(std::string const& path) : db_{soci::sqlite3, "db=" + path + " timeout=5"} {
        db_ << "PRAGMA journal_mode = WAL";
    }
    /// Statements, one by one.
    void run(std::initializer_list<char const*> statements) {
        for (auto const* sql : statements) db_ << sql;
    }
    /// The first value of the first row, as text; "NULL" for none.
    std::string ask(std::string const& sql) {
        std::string found;
        soci::indicator indicator = soci::i_null;
        db_ << "SELECT CAST((" + sql + ") AS TEXT)", soci::into(found, indicator);
        return indicator == soci::i_ok ? found : "NULL";
    }
    /// The words with which the database refuses; empty where it does not.
    std::string refusal(std::string const& sql) {
        try {
            db_ << sql;
        } catch (soci::soci_error const& error) {
            return error.what();
        }
        return {};
    }

private:
    soci::session db_;
};

inline void say(std::string const& line) { std::cout << line << '\n'; }

/// Says what is, and ends the example where it is not what was promised.
inline void expect(std::string const& what, std::string const& found, std::string const& promised) {
    std::cout << "  " << what << ": " << found << '\n';
    if (found != promised) throw std::runtime_error{what + " should be " + promised};
}

/// The message of what the call throws; empty where it throws nothing.
template <class Call>
std::string message(Call const& call) {
    try {
        call();
    } catch (evolver::Error const& error) {
        return error.what();
    }
    return {};
}

/// The end of the old release, and the time after it: what an operator does on the day.
inline void finish(evolver::Evolver& evolver) {
    evolver.backfill();
    evolver.reconcile();
    // In life, contract waits for a day without writes of the old shape; the example cannot.
    evolver.contract(
        {.override_gates = {{"soak", "an example"}, {"processes", "the old release is this very process"}}});
}

template <class Body>
int run(std::string const& title, Body const& body) {
    try {
        say(title);
        body();
        say("as promised");
        return EXIT_SUCCESS;
    } catch (std::exception const& error) {
        std::cerr << "NOT as promised: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}

}  // namespace scenario
