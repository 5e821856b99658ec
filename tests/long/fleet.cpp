// A rolling deployment: twenty processes on one database are replaced by those of the next release, one by one, while an operator fills,
// compares, and tries to contract. Some are killed, some stand still for a while. Nobody's statement fails, and no write is lost.
//
//   evolver_fleet [--rounds N] [--seed S]
//
// A round is one database and one deployment. Every process is this program again, with a role: a seat of release 1.0 speaks plain SQL of the
// old shape, a seat of release 2.0 LiveTable. A seat has rows of its own, which its successor goes on with, and notes what it makes of a row in
// a journal, in the same transaction. So everybody can see at any moment whether a row is what it was left as: the seats read their own writes
// back, and those of others beside the journal.

#include "dialect/sqlite/inspect.hpp"
#include "evolver/access/live_statement.hpp"
#include "evolver/evolver.hpp"
#include "evolver/schema/digest.hpp"
#include "support/long_test.hpp"
#include "support/process.hpp"
#include "support/random.hpp"
#include "support/raw_sqlite.hpp"
#include "support/rows.hpp"
#include "support/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using evolver::testing::contents;
using evolver::testing::Process;
using evolver::testing::Random;
using evolver::testing::RawSqlite;
using evolver::testing::Session;
using soci::into;
using soci::use;

constexpr std::size_t seats = 20;
constexpr std::size_t late_seat = seats;  // of release 1.0, taken when nobody should start it any more
constexpr int rows_of_seat = 50;
constexpr int rows_of_nobody = 4000;  // so that a backfill is still under way when processes are replaced
constexpr auto patience = 120s;       // longer than anything takes: whoever is not there by then hangs

int first_row_of(std::size_t seat) { return 10'000 + static_cast<int>(seat) * 1000; }

/// `online`: contract makes the table anew beside the writers, instead of under one lock.
evolver::Plan plan(bool online) {
    using namespace evolver;
    return Plan{
        "fleet",
        {Migration{.id = "0001-packages",
                   .release = "1.0",
                   .operations = {CreateTable{.table = "packages",
                                              .columns = {{.name = "id", .type = integer(), .primary_key = true},
                                                          {.name = "name", .type = text(), .nullable = false},
                                                          {.name = "size", .type = text()}}},
                                  CreateTable{.table = "journal",
                                              .columns = {{.name = "sequence", .type = integer(), .primary_key = true},
                                                          {.name = "id", .type = integer(), .nullable = false},
                                                          {.name = "present", .type = integer(), .nullable = false},
                                                          {.name = "bytes", .type = integer()},
                                                          {.name = "title", .type = text(), .nullable = false},
                                                          {.name = "release", .type = text(), .nullable = false}}},
                                  CreateIndex{.name = "journal_id", .table = "journal", .columns = {"id"}}}},
         Migration{.id = "0002-size",
                   .release = "2.0",
                   .operations = {ChangeType{.table = "packages",
                                             .from = "size",
                                             .to = "size_bytes",
                                             .type = integer(),
                                             .up = "CAST(size AS INTEGER)",
                                             .down = "CAST(size_bytes AS TEXT)",
                                             .lock = online ? Lock::online : Lock::within_budget}}},
         Migration{.id = "0003-title",
                   .release = "2.0",
                   .operations = {RenameColumn{.table = "packages", .from = "name", .to = "title"}}}}};
}

// ---- what the processes of a round tell each other

/// A life is one process; each has a number of its own.
struct Seat {
    std::atomic<std::int64_t> life;
    std::atomic<std::int64_t> of_old_release;  ///< That life is of release 1.0.
    std::atomic<std::int64_t> at_work;         ///< The last life whose attach(), or expand(), has let it in.
    std::atomic<std::int64_t> turned_away;     ///< The last life that was below the floor.
    std::atomic<std::int64_t> told_to_end;     ///< The last life that was told to, or is about to be killed.
    std::atomic<std::int64_t> stopped;         ///< The life that stands still; 0: nobody.
};

/// In a file that all of them map: it outlives whoever is killed.
struct Board {
    std::array<Seat, seats + 1> places;
    std::atomic<std::int64_t> stopped;     ///< How many stand still.
    std::atomic<std::int64_t> went_on_at;  ///< The last of them, by the clock that all processes share.
    std::atomic<std::int64_t> floor_raised;
    std::atomic<std::int64_t> deployed;  ///< Nobody of release 1.0 is left: the operator holds nothing any more.
    std::atomic<std::int64_t> writes, reads, busy;
    std::atomic<std::int64_t> refusals, refusals_for_stopped, retries, orders;
};

class MappedBoard {
public:
    explicit MappedBoard(std::string const& path) {
        auto const file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0 || ftruncate(file, sizeof(Board)) != 0) throw std::runtime_error{"no file for the board"};
        auto* const memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
        if (memory == MAP_FAILED) throw std::runtime_error{"no memory for the board"};
        board_ = static_cast<Board*>(memory);
    }
    ~MappedBoard() { munmap(board_, sizeof(Board)); }
    MappedBoard(MappedBoard const&) = delete;
    MappedBoard& operator=(MappedBoard const&) = delete;
    Board& operator*() const { return *board_; }
    Board* operator->() const { return board_; }

private:
    Board* board_;
};

std::int64_t now() { return Clock::now().time_since_epoch().count(); }

/// The lives of release 1.0 that are certainly alive and let in.
std::vector<std::int64_t> old_lives(Board const& board) {
    std::vector<std::int64_t> lives;
    for (auto const& seat : board.places) {
        auto const life = seat.life.load();
        if (life != 0 && seat.of_old_release != 0 && seat.at_work == life && seat.told_to_end != life)
            lives.push_back(life);
    }
    return lives;
}

struct Setting {
    std::string folder;
    std::uint64_t seed = 0;
    std::size_t seat = 0;
    std::int64_t life = 0;
    bool online = false;

    [[nodiscard]] std::string path() const { return folder + "/catalogue.db"; }
    [[nodiscard]] std::string board() const { return folder + "/board"; }
    [[nodiscard]] std::string complaints() const { return folder + "/complaints"; }
};

// ---- rows, and the journal of what they are

struct Row {
    long long id = 0;
    bool present = false;
    std::optional<long long> bytes = {};
    std::string title = {};

    bool operator==(Row const&) const = default;
    [[nodiscard]] std::string text() const {
        if (!present) return "no row";
        return fmt::format("({}, {})", title, bytes ? std::to_string(*bytes) : "NULL");
    }
};

class Transaction {
public:
    Transaction(soci::session& db, char const* begin) : db_{db} { db_ << begin; }
    ~Transaction() {
        if (ended_) return;
        try {
            db_ << "ROLLBACK";
        } catch (std::exception const&) {
            // SQLite has done it.
        }
    }
    Transaction(Transaction const&) = delete;
    Transaction& operator=(Transaction const&) = delete;
    void commit() {
        db_ << "COMMIT";
        ended_ = true;
    }

private:
    soci::session& db_;
    bool ended_ = false;
};

constexpr std::string_view last_of_each =
    "(SELECT id, present, bytes, title, max(sequence) FROM journal GROUP BY id) AS j";

/// Rows of the journal that are not so in the table `p`, whose columns are named so.
std::string not_as_noted(std::string_view bytes, std::string_view title) {
    return fmt::format(
        " ON p.id = j.id WHERE j.present <> (p.id IS NOT NULL) OR (j.present AND ({} IS NOT j.bytes OR {} IS "
        "NOT j.title))",
        bytes, title);
}

class Journal {
public:
    Journal(soci::session& db, std::string release) : db_{db}, release_{std::move(release)} {}

    [[nodiscard]] Row last(long long id) {
        Row row{.id = id};
        long long bytes = 0;
        int present = 0;
        auto indicator = soci::i_ok;
        db_ << "SELECT present, bytes, title FROM journal WHERE id = :id ORDER BY sequence DESC LIMIT 1", into(present),
            into(bytes, indicator), into(row.title), use(id, "id");
        row.present = db_.got_data() && present != 0;
        if (!row.present) return {.id = id};
        if (indicator == soci::i_ok) row.bytes = bytes;
        return row;
    }

    void note(Row const& row) {
        int const present = row.present ? 1 : 0;
        long long const bytes = row.bytes.value_or(0);
        auto indicator = row.bytes ? soci::i_ok : soci::i_null;
        db_ << "INSERT INTO journal (id, present, bytes, title, release) VALUES (:id, :present, :bytes, :title, "
               ":release)",
            use(row.id, "id"), use(present, "present"), use(bytes, indicator, "bytes"), use(row.title, "title"),
            use(release_, "release");
    }

private:
    soci::session& db_;
    std::string release_;
};

// ---- the two releases: half of the seats stream their statements, the others prepare them once

/// Plain SQL of the old shape; knows of evolver only that it has to attach.
class OldRelease {
public:
    static constexpr char const* name = "1.0";

    OldRelease(Session& db, Setting const& setting)
        : db_{db},
          streamed_{setting.seat % 2 == 0},
          evolver_{db, plan(setting.online).until(name), {.release = name, .wait = 30s}} {
        evolver_.attach();
        if (streamed_) return;
        insert_.emplace(
            (db_.prepare << insert_text, use(id_, "id"), use(title_, "name"), use(size_, indicator_, "size")));
        update_.emplace(
            (db_.prepare << update_text, use(title_, "name"), use(size_, indicator_, "size"), use(id_, "id")));
        add_.emplace((db_.prepare << add_text, use(delta_, "delta"), use(id_, "id")));
    }

    void insert(Row const& row) {
        set(row);
        if (!streamed_) return (void)insert_->execute(true);
        db_ << insert_text, use(id_, "id"), use(title_, "name"), use(size_, indicator_, "size");
    }
    void update(Row const& row) {
        set(row);
        if (!streamed_) return (void)update_->execute(true);
        db_ << update_text, use(title_, "name"), use(size_, indicator_, "size"), use(id_, "id");
    }
    void add(long long id, long long delta) {
        id_ = id;
        delta_ = delta;
        if (!streamed_) return (void)add_->execute(true);
        db_ << add_text, use(delta_, "delta"), use(id_, "id");
    }
    void remove(long long id) { db_ << "DELETE FROM packages WHERE id = :id", use(id, "id"); }

    [[nodiscard]] Row read(long long id) {
        Row row{.id = id};
        std::string size;
        auto indicator = soci::i_ok;
        db_ << "SELECT name, size FROM packages WHERE id = :id", into(row.title), into(size, indicator), use(id, "id");
        if (!db_.got_data()) return {.id = id};
        row.present = true;
        if (indicator != soci::i_ok) return row;
        row.bytes = std::atoll(size.c_str());
        if (size != std::to_string(*row.bytes))
            throw std::runtime_error{fmt::format("row {}: release 1.0 finds the size \"{}\"", id, size)};
        return row;
    }
    [[nodiscard]] long long differing() {
        long long count = 0;
        db_ << fmt::format("SELECT count(*) FROM {} LEFT JOIN packages AS p", last_of_each) +
                   not_as_noted("CAST(p.size AS INTEGER)", "p.name"),
            into(count);
        return count;
    }
    [[nodiscard]] std::optional<evolver::Pin> keep_shape() const { return std::nullopt; }  // nobody contracts beside it
    void idle() {}

private:
    static constexpr char const* insert_text = "INSERT INTO packages (id, name, size) VALUES (:id, :name, :size)";
    static constexpr char const* update_text = "UPDATE packages SET name = :name, size = :size WHERE id = :id";
    static constexpr char const* add_text = "UPDATE packages SET size = CAST(size AS INTEGER) + :delta WHERE id = :id";

    void set(Row const& row) {
        id_ = row.id;
        title_ = row.title;
        size_ = row.bytes ? std::to_string(*row.bytes) : "";
        indicator_ = row.bytes ? soci::i_ok : soci::i_null;
    }

    Session& db_;
    bool streamed_;
    evolver::Evolver evolver_;
    long long id_ = 0;
    long long delta_ = 0;
    std::string title_, size_;
    soci::indicator indicator_ = soci::i_ok;
    std::optional<soci::statement> insert_, update_, add_;
};

class NewRelease {
public:
    static constexpr char const* name = "2.0";

    NewRelease(Session& db, Setting const& setting)
        : db_{db},
          streamed_{setting.seat % 2 == 0},
          evolver_{db, plan(setting.online), {.release = name, .actor = "seat", .wait = 30s}},
          packages_{evolver_.table("packages")} {
        evolver_.expand();
        if (streamed_) return;
        insert_.emplace(db_, packages_.insert({"id", "title", "size_bytes"}));
        insert_->use(id_, "id").use(title_, "title").use(bytes_, indicator_, "size_bytes");
        update_.emplace(db_, packages_.update({"title", "size_bytes"}) + where);
        update_->use(title_, "title").use(bytes_, indicator_, "size_bytes").use(id_, "id");
        add_.emplace(db_, packages_.update({{"size_bytes", "size_bytes + :delta"}}) + where);
        add_->use(delta_, "delta").use(id_, "id");
        select_.emplace(db_, packages_.select({"title", "size_bytes"}) + where);
        select_->into(title_).into(bytes_, indicator_).use(id_, "id");
    }

    void insert(Row const& row) {
        set(row);
        if (!streamed_) return (void)insert_->execute();
        db_ << packages_.insert({"id", "title", "size_bytes"}), use(id_, "id"), use(title_, "title"),
            use(bytes_, indicator_, "size_bytes");
    }
    void update(Row const& row) {
        set(row);
        if (!streamed_) return (void)update_->execute();
        db_ << packages_.update({"title", "size_bytes"}) + where, use(title_, "title"),
            use(bytes_, indicator_, "size_bytes"), use(id_, "id");
    }
    void add(long long id, long long delta) {
        id_ = id;
        delta_ = delta;
        if (!streamed_) return (void)add_->execute();
        db_ << packages_.update({{"size_bytes", "size_bytes + :delta"}}) + where, use(delta_, "delta"), use(id_, "id");
    }
    void remove(long long id) { db_ << packages_.remove() + where, use(id, "id"); }

    [[nodiscard]] Row read(long long id) {
        id_ = id;
        bool there = false;
        if (streamed_) {
            db_ << packages_.select({"title", "size_bytes"}) + where, into(title_), into(bytes_, indicator_),
                use(id_, "id");
            there = db_.got_data();
        } else {
            there = select_->execute();
        }
        if (!there) return {.id = id};
        return {.id = id,
                .present = true,
                .bytes = indicator_ == soci::i_ok ? std::optional{bytes_} : std::nullopt,
                .title = title_};
    }
    [[nodiscard]] long long differing() {
        long long count = 0;
        db_ << fmt::format("SELECT count(*) FROM {} LEFT JOIN ", last_of_each) + packages_.from("p") +
                   not_as_noted("p.size_bytes", "p.title"),
            into(count);
        return count;
    }
    [[nodiscard]] std::optional<evolver::Pin> keep_shape() const { return evolver_.pin(); }
    void idle() { evolver_.heartbeat(); }

private:
    static constexpr char const* where = " WHERE id = :id";

    void set(Row const& row) {
        id_ = row.id;
        title_ = row.title;
        bytes_ = row.bytes.value_or(0);
        indicator_ = row.bytes ? soci::i_ok : soci::i_null;
    }

    Session& db_;
    bool streamed_;
    evolver::Evolver evolver_;
    evolver::LiveTable packages_;
    long long id_ = 0;
    long long delta_ = 0;
    long long bytes_ = 0;
    std::string title_;
    soci::indicator indicator_ = soci::i_ok;
    std::optional<evolver::LiveStatement> insert_, update_, add_, select_;
};

// ---- the life of a seat

volatile std::sig_atomic_t told_to_end = 0;

/// Somebody else held a lock for longer than anybody waits.
bool says_busy(std::exception const& error) {
    if (auto const* refused = dynamic_cast<evolver::Error const*>(&error)) return refused->retry_helps();
    auto const* refused = dynamic_cast<soci::sqlite3_soci_error const*>(&error);
    return refused != nullptr && (refused->result() & 0xff) == SQLITE_BUSY;
}

/// Who stands still may hold a lock; who does not has no business to.
bool is_nobodys_fault(Board const& board, std::exception const& error, std::int64_t since) {
    return says_busy(error) && (board.stopped > 0 || board.went_on_at >= since);
}

template <class Release>
class Life {
public:
    Life(Setting const& setting, Board& board, Session& db, Release& release)
        : setting_{setting},
          board_{board},
          db_{db},
          release_{release},
          journal_{db, Release::name},
          random_{setting.seed * 1'000'003 + static_cast<std::uint64_t>(setting.life)} {}

    void run() {
        for (int step = 1; told_to_end == 0; ++step) {
            auto const since = now();
            try {
                if (step % 60 == 0) release_.idle();
                take_step();
            } catch (std::exception const& error) {
                if (!is_nobodys_fault(board_, error, since)) throw;
                ++board_.busy;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{5 + random_.below(20)});
        }
    }

private:
    void take_step() {
        switch (random_.below(40)) {
            case 0: compare_all(); break;
            case 1:
            case 2: read_several(); break;
            default: random_.chance(3) ? read_of_another() : write(); break;
        }
    }

    [[nodiscard]] long long row_of(std::size_t seat) {
        return first_row_of(seat) + static_cast<long long>(random_.below(rows_of_seat));
    }
    [[nodiscard]] long long anybodys_row() { return row_of(random_.below(seats)); }

    void write() {
        Transaction transaction{db_, "BEGIN IMMEDIATE"};
        auto row = journal_.last(row_of(setting_.seat));
        bool const known = row.present;
        auto const action = random_.below(8);
        if (known && action == 0) {
            release_.remove(row.id);
            row = {.id = row.id};
        } else if (known && action < 4) {
            auto const delta = static_cast<long long>(random_.below(100));
            release_.add(row.id, delta);
            if (row.bytes) *row.bytes += delta;
        } else {
            row.present = true;
            row.title = fmt::format("{}-{}", Release::name, random_.below(1'000'000));
            row.bytes.reset();
            if (!random_.chance(8)) row.bytes = static_cast<long long>(random_.below(1'000'000));
            known ? release_.update(row) : release_.insert(row);
        }
        journal_.note(row);
        transaction.commit();
        ++board_.writes;
        expect(row, release_.read(row.id), "its own write");
    }

    void read_of_another() {
        Transaction transaction{db_, "BEGIN"};
        auto const found = release_.read(anybodys_row());  // begins the snapshot, in a shape that fits it
        expect(journal_.last(found.id), found, "another's write");
        transaction.commit();
    }

    /// What belongs together, in one snapshot that may last.
    void read_several() {
        // A pin has to be short, because contract waits for it; a snapshot goes on beside contract.
        auto const pin = random_.chance(2) ? release_.keep_shape() : std::nullopt;
        std::size_t const longest = pin ? 6 : 60;
        Transaction transaction{db_, "BEGIN"};
        for (int i = 0; i < 4; ++i) {
            auto const expected = journal_.last(anybodys_row());
            if (random_.chance(4)) std::this_thread::sleep_for(std::chrono::milliseconds{random_.below(longest)});
            expect(expected, release_.read(expected.id), "another's write, in a snapshot");
        }
        transaction.commit();
    }

    void compare_all() {
        if (auto const count = release_.differing(); count != 0)
            throw std::runtime_error{fmt::format("{} rows are not what the journal says", count)};
        ++board_.reads;
    }

    void expect(Row const& expected, Row const& found, char const* what) {
        ++board_.reads;
        if (expected == found) return;
        throw std::runtime_error{
            fmt::format("row {} ({}): {} was written, {} is read", found.id, what, expected.text(), found.text())};
    }

    Setting const& setting_;
    Board& board_;
    Session& db_;
    Release& release_;
    Journal journal_;
    Random random_;
};

/// Starts as an application does. Nothing: the release is below the floor.
template <class Release>
std::unique_ptr<Release> start(Setting const& setting, Board const& board, Session& db) {
    for (;;) {
        auto const since = now();
        bool const after_contract = board.floor_raised != 0;
        try {
            auto release = std::make_unique<Release>(db, setting);
            if (after_contract && std::is_same_v<Release, OldRelease>)
                throw std::runtime_error{"it was let in, though its shape has been contracted"};
            return release;
        } catch (evolver::SchemaTooNew const&) {
            std::string floor;
            db << "SELECT floor_release FROM evolver_plan", into(floor);
            if (floor != NewRelease::name) throw;
            return nullptr;
        } catch (evolver::Error const& error) {
            if (!is_nobodys_fault(board, error, since)) throw;
        }
    }
}

template <class Release>
void live(Setting const& setting) {
    MappedBoard const board{setting.board()};
    auto& seat = board->places[setting.seat];
    Session db{setting.path()};
    auto const release = start<Release>(setting, *board, db);
    if (release == nullptr) {
        seat.turned_away = setting.life;
        return;
    }
    seat.at_work = setting.life;
    Life<Release>{setting, *board, db, *release}.run();
}

// ---- the operator

class Operator {
public:
    Operator(Setting const& setting, Board& board)
        : board_{board},
          db_{setting.path()},
          evolver_{db_, plan(setting.online), {.release = "2.0", .actor = "operator", .wait = 10s, .soak = 24h}},
          random_{setting.seed * 1'000'003 + static_cast<std::uint64_t>(setting.life)} {}

    void run() {
        attempt([&] { evolver_.expand(); });
        while (!is_done()) {
            if (board_.deployed != 0) {
                for (auto const* id : {"0002-size", "0003-title"})
                    order([&] { evolver_.release_stage({.migration = id}); });
            } else if (random_.chance(4)) {
                give_an_order();
            }
            for (int i = 0; i < 5; ++i) {
                bool more = false;
                attempt([&] { more = evolver_.advance(2ms); });
                if (!more) break;
            }
            attempt([&] { evolver_.reconcile(); });
            try_to_contract();
            std::this_thread::sleep_for(std::chrono::milliseconds{1 + random_.below(10)});
        }
    }

private:
    /// What waits for others is tried again later; anything else is a failure.
    void attempt(std::function<void()> const& call) {
        auto const since = now();
        try {
            call();
        } catch (evolver::GateClosed const&) {
            // A comparison waits for the backfill, an order for the proof.
        } catch (evolver::Error const& error) {
            if (!error.retry_helps()) throw;
            ++board_.retries;
        } catch (soci::sqlite3_soci_error const& error) {
            if (!is_nobodys_fault(board_, error, since)) throw;
        }
    }
    void order(std::function<void()> const& call) {
        try {
            attempt(call);
            ++board_.orders;
        } catch (evolver::HistoryError const&) {
            // The migration is not at a stage that has that step.
        }
    }
    void give_an_order() {
        evolver::StageOrder const about{.reason = "a test",
                                        .migration = random_.chance(2) ? "0002-size" : "0003-title"};
        switch (random_.below(5)) {
            case 0: return order([&] { evolver_.hold_stage(about); });
            case 1: return order([&] { evolver_.step_back(about); });
            case 2: return order([&] { evolver_.advance_stage(about); });
            default: return order([&] { evolver_.release_stage(about); });
        }
    }

    /// Who of release 1.0 was let in before the call, and was not told to end before its end, was there all the time.
    void try_to_contract() {
        auto const before = old_lives(board_);
        bool contracted = false;
        bool instances_closed = false;
        bool refused = false;
        attempt([&] {
            try {
                evolver_.contract({.override_gates = {{"soak", "a test has no day"}}});
                contracted = true;
            } catch (evolver::GateClosed const& error) {
                refused = true;
                instances_closed = std::ranges::any_of(
                    error.gates(), [](evolver::Gate const& gate) { return gate.name == "instances" && !gate.open; });
            }
        });
        look_at_floor();
        auto still = old_lives(board_);
        std::erase_if(still, [&](std::int64_t life) { return std::ranges::count(before, life) == 0; });
        if (refused && instances_closed) count_refusal();
        if (still.empty()) return;
        if (contracted) throw std::runtime_error{"contract went through beside a living instance of release 1.0"};
        if (refused && !instances_closed)
            throw std::runtime_error{"the gate \"instances\" was open beside a living instance of release 1.0"};
    }

    void look_at_floor() {
        std::string floor;
        attempt([&] { db_ << "SELECT coalesce(max(floor_release), '') FROM evolver_plan", into(floor); });
        if (floor != NewRelease::name) return;
        board_.floor_raised = 1;
        if (!old_lives(board_).empty())
            throw std::runtime_error{"the floor was raised beside a living instance of release 1.0"};
    }

    void count_refusal() {
        ++board_.refusals;
        bool const stopped = std::ranges::any_of(board_.places, [](Seat const& seat) {
            return seat.of_old_release != 0 && seat.stopped != 0 && seat.stopped == seat.at_work;
        });
        if (stopped) ++board_.refusals_for_stopped;
    }

    [[nodiscard]] bool is_done() {
        long long open = 1;
        attempt([&] {
            db_ << "SELECT (SELECT count(*) FROM evolver_migration WHERE phase = 'contracted') < 3", into(open);
        });
        return open == 0;
    }

    Board& board_;
    Session db_;
    evolver::Evolver evolver_;
    Random random_;
};

// ---- the deployment

/// The canonical schema of a database that never was of release 1.0.
std::string fresh_schema(std::string const& path, bool online) {
    Session db{path};
    evolver::Evolver evolver{db, plan(online), {.release = "2.0", .soak = 0s}};
    evolver.expand();
    evolver.backfill(evolver::Speed::full);
    evolver.reconcile();
    evolver.contract();
    return evolver::canonical(evolver::sqlite::inspect(RawSqlite{path}.connection()), evolver::Engine::sqlite);
}

/// A database as release 1.0 left it.
void make(Setting const& setting, Random& random) {
    {
        Session db{setting.path()};
        evolver::Evolver{db, plan(setting.online).until("1.0"), {.release = "1.0"}}.expand();
    }
    RawSqlite const database{setting.path()};
    database.connection().run("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN");
    for (int id = 1; id <= rows_of_nobody; ++id)
        database.run("INSERT INTO packages (id, name, size) VALUES (?1, 'package-' || ?1, ?1 * 3)", {std::int64_t{id}});
    for (std::size_t seat = 0; seat < seats; ++seat) {
        for (int id = first_row_of(seat); id < first_row_of(seat) + rows_of_seat; ++id) {
            if (random.chance(4)) continue;
            database.run("INSERT INTO packages (id, name, size) VALUES (?1, 'package-' || ?1, ?1 * 3)",
                         {std::int64_t{id}});
            database.run("INSERT INTO journal SELECT NULL, id, 1, id * 3, name, '' FROM packages WHERE id = ?1",
                         {std::int64_t{id}});
        }
    }
    database.connection().run("COMMIT");
}

struct Totals {
    int rounds = 0;
    std::int64_t writes = 0, reads = 0, busy = 0, refusals = 0, refusals_for_stopped = 0, retries = 0, orders = 0;
    int kills = 0, operator_kills = 0, stops = 0, turned_away = 0;
};

class Round {
public:
    Round(std::string const& folder, std::uint64_t seed, int number, std::string expected_schema, Totals& totals)
        : setting_{.folder = folder,
                   .seed = seed * 1009 + static_cast<std::uint64_t>(number),
                   .online = number % 2 == 0},
          random_{setting_.seed},
          expected_schema_{std::move(expected_schema)},
          totals_{totals} {
        evolver::testing::remove_database(setting_.path());
        for (auto const& file : {setting_.board(), setting_.complaints()}) std::filesystem::remove(file);
        make(setting_, random_);
        RawSqlite const database{setting_.path()};
        noted_before_ = database.integer("SELECT count(*) FROM journal");
        board_.emplace(setting_.board());
    }

    void run() {
        for (std::size_t seat = 0; seat < seats; ++seat) sit_down(seat, Release::old);
        for (std::size_t seat = 0; seat < seats; ++seat) await_start(seat);
        start_operator();
        deploy();
        board()->deployed = 1;
        for (auto count = random_.below(12); count > 0 && come_late(); --count)
            pass(std::chrono::milliseconds{random_.below(150)});
        for (auto const until = Clock::now() + patience; !operator_done_;) {
            if (Clock::now() > until) throw std::runtime_error{"contract does not come, though release 1.0 has gone"};
            if (random_.chance(3)) disturb();
            pass(std::chrono::milliseconds{random_.below(60)});
        }
        if (come_late()) throw std::runtime_error{"release 1.0 was let in after contract"};
        pass(30ms);
        for (std::size_t seat = 0; seat < seats; ++seat) end(seat);
        count();
        judge();
    }

private:
    enum class Release { old, next };

    /// A seat as the deployment sees it.
    struct Chair {
        std::optional<Process> process = {};
        std::int64_t life = 0;
        Release release = Release::old;
        bool sitting = false;
        std::optional<Clock::time_point> wakes = {};  ///< It stands still until then.
    };

    [[nodiscard]] MappedBoard const& board() const { return *board_; }

    // ---- one process

    Process spawn(char const* role, std::size_t seat, std::int64_t life) {
        std::vector<std::string> const words{"evolver_fleet",
                                             role,
                                             setting_.folder,
                                             "--seat",
                                             std::to_string(seat),
                                             "--life",
                                             std::to_string(life),
                                             "--seed",
                                             std::to_string(setting_.seed),
                                             "--online",
                                             setting_.online ? "1" : "0"};
        return Process{setting_.complaints(), [&] {
                           std::vector<char*> arguments;
                           for (auto const& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
                           arguments.push_back(nullptr);
                           execv("/proc/self/exe", arguments.data());
                           throw std::runtime_error{"this program could not be started again"};
                       }};
    }

    void sit_down(std::size_t number, Release release) {
        auto& chair = chairs_[number];
        auto& seat = board()->places[number];
        chair.life = ++lives_;
        chair.release = release;
        chair.sitting = true;
        seat.of_old_release = release == Release::old ? 1 : 0;
        seat.life = chair.life;
        chair.process = spawn(release == Release::old ? "old" : "new", number, chair.life);
    }
    void start_operator() { operator_.process = spawn("operator", 0, ++lives_); }

    void await_start(std::size_t number) {
        auto const& chair = chairs_[number];
        auto const& seat = board()->places[number];
        auto const life = chair.life;
        await([&] { return seat.at_work == life || seat.turned_away == life || chair.life != life; },
              "the start of an instance");
    }

    void end(std::size_t number) {
        await_start(number);
        auto& chair = chairs_[number];
        if (!chair.sitting) return;
        board()->places[number].told_to_end = chair.life;
        chair.process->tell_to_end();
        await([&] { return !chair.process || chair.process->wait(0us); }, "the end of an instance");
        refuse_failure(*chair.process, "an instance that was told to end");
        chair.sitting = false;
    }

    void kill(std::size_t number) {
        auto& chair = chairs_[number];
        if (!chair.sitting) return;
        board()->places[number].told_to_end = chair.life;
        bool const hit = chair.process->kill();
        wake(chair, &board()->places[number]);
        if (!hit) return refuse_failure(*chair.process, "an instance");
        ++totals_.kills;
        sit_down(number, chair.release);
    }

    void kill_operator() {
        bool const hit = operator_.process->kill();
        wake(operator_, nullptr);
        if (!hit) return;
        ++totals_.operator_kills;
        start_operator();
    }

    void stop(Chair& chair, Seat* seat, std::chrono::milliseconds time) {
        if (chair.wakes) return;
        ++board()->stopped;
        if (seat != nullptr) seat->stopped = chair.life;
        chair.wakes = Clock::now() + time;
        chair.process->stop();
        ++totals_.stops;
    }
    void wake(Chair& chair, Seat* seat) {
        if (!chair.wakes) return;
        chair.wakes.reset();
        chair.process->go_on();
        if (seat != nullptr) seat->stopped = 0;
        board()->went_on_at = now();
        --board()->stopped;
    }
    [[nodiscard]] std::chrono::milliseconds some_time() { return std::chrono::milliseconds{10 + random_.below(291)}; }

    void refuse_failure(Process const& process, std::string const& who) const {
        if (process.succeeded()) return;
        throw std::runtime_error{who + " ended by " + process.end() + ": " + contents(setting_.complaints())};
    }

    // ---- time

    /// Wakes those whose time has come, and sees who has ended.
    void look_around() {
        auto const time = Clock::now();
        for (std::size_t number = 0; number < chairs_.size(); ++number) {
            auto& chair = chairs_[number];
            if (!chair.sitting) continue;
            auto& seat = board()->places[number];
            if (chair.wakes && *chair.wakes <= time) wake(chair, &seat);
            if (seat.told_to_end == chair.life || !chair.process->wait(0us)) continue;
            refuse_failure(*chair.process, "an instance");
            if (chair.release != Release::old || seat.turned_away != chair.life)
                throw std::runtime_error{"an instance has ended, and nobody had told it to"};
            chair.sitting = false;  // contract was quicker than its start
            ++totals_.turned_away;
        }
        if (operator_.wakes && *operator_.wakes <= time) wake(operator_, nullptr);
        if (operator_.process && !operator_done_ && operator_.process->wait(0us)) {
            refuse_failure(*operator_.process, "the operator");
            operator_done_ = true;
        }
    }

    void await(std::function<bool()> const& condition, std::string const& what) {
        auto const until = Clock::now() + patience;
        while (!condition()) {
            if (Clock::now() > until) throw std::runtime_error{what + " does not come"};
            look_around();
            std::this_thread::sleep_for(1ms);
        }
    }
    void pass(std::chrono::milliseconds time) {
        auto const until = Clock::now() + time;
        await([&] { return Clock::now() >= until; }, "the time");
    }

    // ---- the deployment

    void disturb() {
        auto const number = random_.below(seats);
        auto& chair = chairs_[number];
        switch (random_.below(8)) {
            case 0:
            case 1:
            case 2: kill(number); break;
            case 3:
                if (!operator_done_) kill_operator();
                break;
            case 4:
                if (!operator_done_) stop(operator_, nullptr, some_time());
                break;
            default:
                if (chair.sitting) stop(chair, &board()->places[number], some_time());
                break;
        }
    }

    void deploy() {
        std::array<std::size_t, seats> order{};
        for (std::size_t i = 0; i < seats; ++i) order[i] = i;
        for (std::size_t i = seats; i > 1; --i) std::swap(order[i - 1], order[random_.below(i)]);
        for (auto const number : order) {
            for (auto count = random_.below(3); count > 0; --count) {
                disturb();
                pass(std::chrono::milliseconds{random_.below(30)});
            }
            if (number == order.back()) stop_last(number);
            end(number);
            sit_down(number, Release::next);
            if (random_.chance(2)) await_start(number);
        }
    }

    /// One that stands still is alive.
    void stop_last(std::size_t number) {
        await_start(number);
        auto& chair = chairs_[number];
        if (!chair.sitting) return;
        stop(chair, &board()->places[number], some_time());
        await([&] { return !chair.wakes; }, "the end of a stop");
    }

    /// Somebody starts the old release again. True: it was let in, and contract waits for its end; false: it is turned away.
    bool come_late() {
        sit_down(late_seat, Release::old);
        await_start(late_seat);
        bool const let_in = board()->places[late_seat].at_work == chairs_[late_seat].life;
        pass(std::chrono::milliseconds{random_.below(30)});
        if (let_in) {
            end(late_seat);
        } else {
            await([&] { return !chairs_[late_seat].sitting; }, "the end of who was turned away");
        }
        return let_in;
    }

    // ---- the proof

    void count() {
        totals_.writes += board()->writes;
        totals_.reads += board()->reads;
        totals_.busy += board()->busy;
        totals_.refusals += board()->refusals;
        totals_.refusals_for_stopped += board()->refusals_for_stopped;
        totals_.retries += board()->retries;
        totals_.orders += board()->orders;
        ++totals_.rounds;
    }

    void judge() {
        RawSqlite const database{setting_.path()};
        auto const none = [&](std::string const& what, std::string const& query) {
            auto const found = evolver::support::rows(database.connection(), query);
            if (!found.empty()) throw std::runtime_error{what + ": " + found};
        };
        none("lost writes (row, expected, found)",
             fmt::format(
                 "SELECT j.id, j.present, j.title, j.bytes, p.title, p.size_bytes FROM {} LEFT JOIN packages AS p",
                 last_of_each) +
                 not_as_noted("p.size_bytes", "p.title") + " LIMIT 5");
        none("rows that nobody wrote", "SELECT id FROM packages WHERE id NOT IN (SELECT id FROM journal) AND (id > " +
                                           std::to_string(rows_of_nobody) +
                                           " OR size_bytes IS NOT id * 3 OR title IS NOT 'package-' || id) LIMIT 5");
        none("rows that nobody deleted", "SELECT count(*) FROM packages WHERE id <= " + std::to_string(rows_of_nobody) +
                                             " HAVING count(*) <> " + std::to_string(rows_of_nobody));
        auto const noted = database.integer("SELECT count(*) FROM journal") - noted_before_;
        if (noted < board()->writes)
            throw std::runtime_error{
                fmt::format("{} writes were committed, and {} are noted", board()->writes.load(), noted)};
        auto const releases = evolver::support::rows(
            database.connection(), "SELECT DISTINCT release FROM journal WHERE release <> '' ORDER BY 1");
        if (releases != "'1.0'; '2.0'") throw std::runtime_error{"not both releases have written: " + releases};
        none(
            "left behind",
            "SELECT name FROM sqlite_schema WHERE (type IN ('trigger', 'view') OR name GLOB 'evolver_trash*') AND name "
            "GLOB 'evolver_*' AND name NOT GLOB 'evolver_audit_*'");
        none("damaged", "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'");
        none("done twice, or not recorded (migration, expands, contracts)",
             "SELECT migration, sum(event = 'expand'), sum(event = 'contract') FROM evolver_audit WHERE migration <> "
             "'' GROUP BY 1 HAVING sum(event = 'expand') <> 1 OR sum(event = 'contract') <> 1");
        auto const schema =
            evolver::canonical(evolver::sqlite::inspect(database.connection()), evolver::Engine::sqlite);
        if (schema != expected_schema_)
            throw std::runtime_error{"the schema differs from a fresh one:" +
                                     evolver::testing::first_difference(expected_schema_, schema)};
        Session db{setting_.path()};
        evolver::Evolver evolver{db, plan(setting_.online), {.release = "2.0"}};
        if (auto const broken = evolver.verify_audit())
            throw std::runtime_error{"the audit trail is broken: " + *broken};
        if (board()->refusals == 0) throw std::runtime_error{"contract was never refused because of an instance"};
    }

    Setting setting_;
    Random random_;
    std::string expected_schema_;
    Totals& totals_;
    std::optional<MappedBoard> board_;
    std::int64_t noted_before_ = 0;
    std::int64_t lives_ = 0;
    std::array<Chair, seats + 1> chairs_;
    Chair operator_;
    bool operator_done_ = false;
};

int run(int rounds, std::uint64_t seed) {
    evolver::testing::Folder const folder{"evolver-fleet"};
    std::cout << "seed " << seed << std::endl;
    Totals totals;
    for (int number = 1; number <= rounds; ++number) {
        try {
            bool const online = number % 2 == 0;
            auto const fresh = folder.file(online ? "fresh-online.db" : "fresh.db");
            evolver::testing::remove_database(fresh);
            Round{folder.path().string(), seed, number, fresh_schema(fresh, online), totals}.run();
        } catch (std::exception const& error) {
            std::cout << fmt::format("FAILED with --seed {} in round {}\n{}", seed, number, error.what()) << std::endl;
            return 1;
        }
    }
    std::cout << fmt::format(
                     "{} rounds, {} writes, {} reads, {} kills of instances, {} of the operator, {} stops, {} refused "
                     "contracts ({} while an old instance stood still), {} orders, {} retries, {} waits for who stood "
                     "still, {} turned away, 0 lost writes\n1 passed, 0 failed",
                     totals.rounds, totals.writes, totals.reads, totals.kills, totals.operator_kills, totals.stops,
                     totals.refusals, totals.refusals_for_stopped, totals.orders, totals.retries, totals.busy,
                     totals.turned_away)
              << std::endl;
    return 0;
}

/// What the process of a round does. Its parent reads the complaints.
int run_role(std::string_view role, Setting const& setting) {
    std::signal(SIGTERM, [](int) { told_to_end = 1; });
    try {
        if (role == "operator") {
            MappedBoard const board{setting.board()};
            Operator{setting, *board}.run();
        } else if (role == "old") {
            live<OldRelease>(setting);
        } else {
            live<NewRelease>(setting);
        }
        return 0;
    } catch (std::exception const& error) {
        std::ofstream{setting.complaints(), std::ios::app}
            << fmt::format("{} (seat {}, life {}): {}\n", role, setting.seat, setting.life, error.what());
        return 1;
    }
}

}  // namespace

int main(int argc, char** argv) {
    using evolver::testing::option;
    if (argc > 2 && argv[1][0] != '-') {
        return run_role(argv[1], {.folder = argv[2],
                                  .seed = option(argc, argv, "--seed").value_or(0),
                                  .seat = option(argc, argv, "--seat").value_or(0),
                                  .life = static_cast<std::int64_t>(option(argc, argv, "--life").value_or(0)),
                                  .online = option(argc, argv, "--online").value_or(0) != 0});
    }
    auto const rounds = option(argc, argv, "--rounds").value_or(20);
    auto const seed = option(argc, argv, "--seed").value_or(std::random_device{}());
    return run(static_cast<int>(rounds), seed);
}
