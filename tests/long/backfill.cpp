// Backfills that are paused, stopped, resumed and killed in random order, by several processes, while a program of the old release writes.
//
//   evolver_backfill [--rounds N] [--first N] [--seed S]
//
// A round is one table with a key of some kind, a pair (amount, a text, becomes a number) and a transform that would be wrong if it were done
// twice (price in whole units becomes cents, with a marker). The writer of the old release works in this process and keeps a model of
// its rows; in the end the table has to say what the model does, and each new value what its old one gives.

#include "evolver/evolver.hpp"
#include "fleet/child.hpp"
#include "support/long_test.hpp"
#include "support/random.hpp"
#include "support/raw_sqlite.hpp"
#include "support/rows.hpp"
#include "support/session.hpp"

#include <fmt/format.h>

#include <array>
#include <iostream>
#include <list>
#include <map>
#include <random>
#include <stdexcept>

namespace {

using namespace evolver;
using evolver::testing::Random;
using evolver::testing::RawSqlite;
using evolver::testing::Session;
using namespace std::chrono_literals;

constexpr int rows = 1500;
/// How often something happens in a round before the rest is filled without interruption.
constexpr int events = 40;

struct Kind {
    char const* columns;  ///< Of the key.
    char const* end;      ///< Of CREATE TABLE.
    char const* key;      ///< The values of the key of row ?1, as SQL.
    char const* names;
};

constexpr std::array kinds{
    Kind{"id INTEGER PRIMARY KEY", "", "?1", "id"},
    Kind{"id TEXT PRIMARY KEY NOT NULL COLLATE NOCASE", "", "printf('k%d', ?1)", "id"},
    Kind{"id BLOB PRIMARY KEY NOT NULL", "WITHOUT ROWID", "CAST(printf('%05d', ?1) AS BLOB)", "id"},
    Kind{"part TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (part, id)", "", "printf('p%d', ?1 % 7), ?1",
         "part, id"},
    Kind{"part ANY NOT NULL, id REAL NOT NULL, PRIMARY KEY (id, part)", "WITHOUT ROWID", "?1 % 3, ?1 / 4.0",
         "part, id"},
    Kind{"id INTEGER", "", "?1", "id"},
};

Plan plan() {
    return Plan{"items",
                {Migration{.id = "0001-numbers",
                           .release = "2.0",
                           .operations = {ChangeType{.table = "items",
                                                     .from = "amount",
                                                     .to = "number",
                                                     .type = integer(),
                                                     .up = "CAST(amount AS INTEGER)",
                                                     .down = "CAST(number AS TEXT)"},
                                          Backfill{.table = "items",
                                                   .set = {{"price", "price * 100"}, {"in_cents", "1"}},
                                                   .where = "in_cents = 0"}}}}};
}

/// What the writer knows of a row.
struct Item {
    std::string amount;
    bool first = false;  ///< It was there from the beginning, and its key has not changed.
};

class Round {
public:
    Round(std::string path, std::uint64_t seed) : path_{std::move(path)}, random_{seed}, writer_{path_} {
        kind_ = kinds[random_.below(kinds.size())];
        auto const& connection = writer_.connection();
        connection.run(std::string{"PRAGMA journal_mode = "} + (random_.chance(6) ? "DELETE" : "WAL") +
                       "; PRAGMA synchronous = OFF");
        // number_of is how the test finds its row, whatever the key is.
        connection.run(
            std::string{"CREATE TABLE items (number_of INTEGER NOT NULL, amount TEXT, price INTEGER NOT NULL, "
                        "in_cents INTEGER NOT NULL DEFAULT 0, "} +
            kind_.columns + ") " + kind_.end);
        connection.run("CREATE UNIQUE INDEX by_number ON items (number_of); BEGIN");
        for (int number = 0; number < rows; ++number) insert(number * 3, true);
        connection.run("COMMIT");
        Session db{path_};
        Evolver{db, plan()}.expand();
    }

    void run() {
        for (int event = 0; event < events && !filled(); ++event) {
            switch (random_.below(8)) {
                case 0:
                case 1: start_worker(); break;
                case 2: kill_worker(); break;
                case 3: halt(); break;
                case 4: tell([](Evolver& evolver) { evolver.resume_backfill(); }); break;
                case 5:
                    tell([&](Evolver& evolver) {
                        (void)evolver.advance(std::chrono::microseconds{random_.below(3000)});
                    });
                    break;
                default: write(random_.below(30)); break;
            }
        }
        workers_.clear();
        tell([](Evolver& evolver) { evolver.resume_backfill(); });
        Session db{path_};
        Evolver{db, plan()}.backfill(Speed::full);
        write(5);
        expect();
    }

    int kills = 0;
    int halts = 0;

private:
    void insert(int number, bool first) {
        auto const amount = std::to_string(random_.below(100000));
        writer_.run(std::string{"INSERT INTO items (number_of, amount, price, "} + kind_.names +
                        ") VALUES (?1, ?2, ?1 * 7, " + kind_.key + ")",
                    {std::int64_t{number}, amount});
        model_[number] = {amount, first};
    }

    void write(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            auto const number = static_cast<int>(random_.below(rows * 3 + 50));
            auto const known = model_.find(number);
            if (known == model_.end()) {
                insert(number, false);
                continue;
            }
            if (random_.chance(6)) {
                writer_.run("DELETE FROM items WHERE number_of = ?1", {std::int64_t{number}});
                model_.erase(known);
            } else if (auto const other = static_cast<int>(random_.below(rows * 3 + 50));
                       random_.chance(4) && !model_.contains(other)) {
                // The key moves, perhaps across the checkpoint.
                writer_.run(std::string{"UPDATE items SET number_of = ?1, price = ?1 * 7 * iif(in_cents, 100, 1), ("} +
                                kind_.names + ") = (SELECT " + kind_.key + ") WHERE number_of = ?2",
                            {std::int64_t{other}, std::int64_t{number}});
                model_[other] = {known->second.amount, false};
                model_.erase(number);
            } else {
                known->second.amount = std::to_string(random_.below(100000));
                writer_.run("UPDATE items SET amount = ?2 WHERE number_of = ?1",
                            {std::int64_t{number}, known->second.amount});
            }
        }
    }

    void start_worker() {
        if (workers_.size() >= 2) return kill_worker();
        auto const speed = random_.chance(2) ? Speed::full : Speed::polite;
        auto const keys = random_.chance(2) ? KeyOrder::descending : KeyOrder::ascending;
        workers_.emplace_back([path = path_, speed, keys](tests::Line) {
            Session db{path};
            Evolver evolver{db, plan(), {.fill_order = {{"items", keys}}}};
            try {
                evolver.backfill(speed);
            } catch (BackfillStopped const&) {
            }
            return 0;
        });
    }
    void kill_worker() {
        if (workers_.empty()) return;
        write(random_.below(20));
        workers_.front().kill();
        workers_.pop_front();
        ++kills;
    }

    void tell(std::function<void(Evolver&)> const& order) const {
        Session db{path_};
        Evolver evolver{db, plan()};
        try {
            order(evolver);
        } catch (HistoryError const&) {
            // It has finished meanwhile, or it is stopped and cannot be paused.
        }
    }

    /// Pause or stop; nothing may be committed from the moment that the call has returned.
    void halt() {
        bool const stop = random_.chance(3);
        bool halted = false;
        tell([&](Evolver& evolver) {
            stop ? evolver.stop_backfill({.reason = "test"}) : evolver.pause_backfill({.reason = "test"});
            halted = true;
        });
        if (!halted) return;
        ++halts;
        auto const batches = writer_.integer("SELECT total(batches) FROM evolver_backfill");
        write(20);
        if (writer_.integer("SELECT total(batches) FROM evolver_backfill") != batches)
            throw std::runtime_error{"a batch was committed after the halt"};
    }

    [[nodiscard]] bool filled() const { return writer_.integer("SELECT filled FROM evolver_migration") != 0; }

    void expect() {
        auto const& connection = writer_.connection();
        auto const none = [&](std::string const& what, std::string const& condition) {
            auto const found =
                support::rows(connection, "SELECT number_of, amount, number, price, in_cents FROM items WHERE " +
                                              condition + " LIMIT 5");
            if (!found.empty()) throw std::runtime_error{fmt::format("{} ({}): {}", what, kind_.columns, found)};
        };
        none("not what the old column says", "number IS NOT CAST(amount AS INTEGER)");
        none("computed twice, or not at all", "price <> number_of * 7 * iif(in_cents, 100, 1)");
        if (writer_.integer("SELECT count(*) FROM items") != static_cast<std::int64_t>(model_.size()))
            throw std::runtime_error{"not as many rows as in the model"};
        auto all = connection.prepare("SELECT number_of, amount, in_cents FROM items");
        while (all.step()) {
            auto const number = static_cast<int>(all.integer(0));
            auto const known = model_.find(number);
            if (known == model_.end() || known->second.amount != all.text(1))
                throw std::runtime_error{fmt::format("row {}: a write of the old release is lost", number)};
            if (known->second.first && all.integer(2) == 0)
                throw std::runtime_error{
                    fmt::format("row {} was there from the beginning, and was passed over", number)};
        }
    }

    std::string path_;
    Random random_;
    Kind kind_{};
    RawSqlite writer_;
    std::map<int, Item> model_;
    std::list<tests::Child> workers_;
};

}  // namespace

int main(int argc, char** argv) {
    auto const rounds = static_cast<int>(evolver::testing::option(argc, argv, "--rounds").value_or(50));
    auto const first = static_cast<int>(evolver::testing::option(argc, argv, "--first").value_or(0));
    auto const seed = evolver::testing::option(argc, argv, "--seed").value_or(std::random_device{}());
    std::cout << "seed " << seed << std::endl;
    evolver::testing::Folder const folder{"evolver-backfill"};
    int kills = 0;
    int halts = 0;
    for (int number = first; number < first + rounds; ++number) {
        auto const path = folder.file("items.db");
        evolver::testing::remove_database(path);
        try {
            Round round{path, seed * 1'000'003 + static_cast<std::uint64_t>(number)};
            round.run();
            kills += round.kills;
            halts += round.halts;
        } catch (std::exception const& error) {
            std::cout << fmt::format("FAILED with --seed {} --first {} --rounds 1\n{}", seed, number, error.what())
                      << std::endl;
            return 1;
        }
    }
    std::cout << fmt::format("{} rounds, {} kills, {} halts\n1 passed, 0 failed", rounds, kills, halts) << std::endl;
}
