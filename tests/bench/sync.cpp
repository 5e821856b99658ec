// What the sync triggers cost a program of the old release, which knows nothing of them.

#include "catalogue.hpp"
#include "harness.hpp"
#include "raw.hpp"

#include "dialect/sqlite/soci_handle.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

namespace bench {

namespace {

constexpr int rows = 100'000;

/// A database of release 1.0, and its statements.
class OldProgram {
public:
    explicit OldProgram(std::string const& path) : db_{soci::sqlite3, connection(path)} {
        evolver::Evolver{db_, plan().until("1.0"), {.release = "1.0"}}.expand();
        raw::run(evolver::sqlite::handle_of(db_), table_of(rows));
    }

    void expand_and_fill() {
        evolver::Evolver evolver{db_, plan(), {.release = "2.0"}};
        evolver.expand();
        evolver.backfill(evolver::Speed::full);
    }

    using Clock = double (*)(std::function<void()> const&);

    /// Updates one column of some rows: `count` in transactions of `together`.
    double update(Clock clock, std::string const& column, int count, int together) {
        std::string value;
        int id = 0;
        soci::statement statement = (db_.prepare << "UPDATE packages SET " + column + " = :value WHERE id = :id",
                                     soci::use(value, "value"), soci::use(id, "id"));
        ++salt_;
        return clock([&] {
            for (int i = 0; i < count;) {
                soci::transaction transaction{db_};
                for (int const end = i + together; i < end; ++i) {
                    value = std::to_string(i + salt_);
                    id = 1 + static_cast<int>((i * 7919LL + salt_ * 1000LL) % rows);
                    statement.execute(true);
                }
                transaction.commit();
            }
        });
    }

private:
    soci::session db_;
    int salt_ = 0;
};

}  // namespace

void sync(Bench& bench) {
    if (!bench.wants("sync.")) return;
    OldProgram with{bench.database("with_triggers").string()};
    OldProgram without{bench.database("without_triggers").string()};
    with.expand_and_fill();
    // Many short pairs: what else the machine does comes in bursts, and spoils a few of them.
    auto const compare = [&](std::string const& name, OldProgram::Clock clock, std::string const& column, int count,
                             int together, std::optional<Bound> kind, double bound) {
        bench.ratio(
            name, [&] { return with.update(clock, column, count, together); },
            [&] { return without.update(clock, column, count, together); }, 41, kind, bound);
    };
    compare("sync.single.ratio", seconds, "size", 1000, 1, Bound::at_most, 1.3);
    compare("sync.single.processor.ratio", processor_seconds, "size", 1000, 1, {}, 0);
    compare("sync.bulk.ratio", seconds, "size", 4000, 1000, Bound::at_most, 3);
    compare("sync.unrelated.ratio", seconds, "section", 4000, 1000, Bound::at_most, 1.1);
}

}  // namespace bench
