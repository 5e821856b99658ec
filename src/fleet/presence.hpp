#pragma once

// Who uses the database file right now, and which shape they use: presence on SQLite.
//
// SQLite has no clock and no list of its connections. So presence lives in a file beside the database,
// `<database>-evolver`, of which every instance locks a byte, and which it maps into its memory before it uses the shape, as
// SQLite does with its own -shm file. No time is involved: the kernel frees the lock of a killed process (SIGKILL) and keeps that of a stopped one
// (SIGSTOP). Joining writes nothing into the database.
//
//     auto presence = Presence::join(path, "catalogue", "2.0");
//     auto seen = presence->epoch();            // before the ledger is read, never after
//     ... read the ledger, build the statements ...
//     auto use = presence->use();               // ~15 ns; no move of the shape begins or goes on while it lives
//     if (use.epoch() != seen) { seen = use.epoch(); ... read the ledger and build anew ... }
//     ... run the statement ...
//
// The epoch only ever rises, and rises at each change and at each attempt at one. Compare it with what was seen
// earlier, never with a number in the ledger: after a restored backup or a killed mover the two differ, and nothing is
// wrong.
//
// Order of locks: move() first, then BEGIN IMMEDIATE, both with a short wait and a fresh start after either fails. The
// other way round a writer that waits for the database inside its use, and the mover that waits for that use, would
// wait for each other.
//
// After fork(), the child must join anew, as it must open a new SQLite connection: it shares its parent's registration
// (one open file description, one lock). Its copy of a Presence may be destroyed, which does nothing to the parent; it
// must not be used. While the child keeps the copy, the slot of a killed parent stays alive: too careful, never too
// bold. exec() closes it.
//
// Deleting the file while instances live splits the fleet in two; move() and instances() notice it and refuse. While
// nobody runs it may be deleted at any time.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace evolver {

/// A live instance of an application.
struct Instance {
    pid_t process = 0;  ///< In that process's own pid namespace.
    std::string release;
    std::string plan;          ///< As Presence::plan_label() writes it.
    std::uint32_t active = 0;  ///< Uses of the shape that are under way.
    bool own = false;          ///< It is the Presence that was asked.
};

class MappedFile;

class Presence {
public:
    class Use;
    class Move;

    /// Registers this instance, until the destructor. Throws Error: the file cannot be opened or made (native_code() is
    /// the errno: EACCES, EROFS, EPERM where the folder cannot be written), it lies on a network file system, another
    /// layout, no slot free.
    [[nodiscard]] static std::shared_ptr<Presence> join(std::string const& database_path, std::string_view plan,
                                                        std::string_view release);
    /// As join(), for who may never use the shape: where another instance has left its slot, a few reads and writes of the
    /// file take that one, at half the cost of mapping it. Before map(), only at_rest() may be called.
    [[nodiscard]] static std::shared_ptr<Presence> enter(std::string const& database_path, std::string_view plan,
                                                         std::string_view release);
    void map();

    /// A stand-in with the same behaviour for the threads of one process: for a database in memory, or where no file
    /// can be made. Each is a world of its own. Others do not see it, and it does not see others.
    [[nodiscard]] static std::shared_ptr<Presence> alone(std::string_view plan = {}, std::string_view release = {});

    ~Presence();
    Presence(Presence const&) = delete;
    Presence& operator=(Presence const&) = delete;

    /// The name as it stands in Instance::plan: itself up to 31 bytes, else its beginning and a digest.
    [[nodiscard]] static std::string plan_label(std::string_view plan);

    [[nodiscard]] std::uint64_t epoch() const noexcept { return word_->load(std::memory_order_seq_cst) >> 1; }

    /// A use of the current shape. While a move is under way it waits, for at most `limit`, then throws Error with
    /// Retry::helps. A thread that has a use already and needs a second one copies the first: a copy never waits, where
    /// a second use() would wait for a mover that waits for the first.
    [[nodiscard]] Use use(std::chrono::milliseconds limit = std::chrono::seconds{10});

    /// True: a move that begins from here on sees this instance. False: one may be under way.
    [[nodiscard]] bool at_rest() const noexcept;

    /// The right to change the shape. Holds new uses back, then waits, for at most `wait`, until none is left in any
    /// live instance, this one included. Throws Error with Retry::helps that names the instances in the middle of a
    /// statement, or the other mover. New uses stand still meanwhile, everywhere: keep `wait` short and come again.
    [[nodiscard]] Move move(std::chrono::milliseconds wait);

    /// After a change that needs no standstill: everybody refreshes at the next use. The epoch becomes `epoch`, or one
    /// more than it is where it is there or above already. Returns it. Uses that began earlier may still be running; an
    /// empty move is the barrier.
    std::uint64_t publish(std::uint64_t epoch) noexcept;

    /// The live instances, by their locks: one system call per slot that somebody has used. It sees each whose join()
    /// returned before the call. Throws Error if the file is no longer the one that others would find.
    [[nodiscard]] std::vector<Instance> instances() const;

    /// False for alone().
    [[nodiscard]] bool shared() const noexcept;

private:
    struct Slot;
    struct Area;

    struct SlotRecord;

    explicit Presence(MappedFile&& file);
    void check_layout();
    [[nodiscard]] bool take_left_slot(std::string_view plan, std::string_view release);
    [[nodiscard]] bool write_slot(int slot, std::string_view plan, std::string_view release) const;
    void register_as(std::string_view plan, std::string_view release);
    void unregister() noexcept;
    [[nodiscard]] int claim_slot();
    [[nodiscard]] bool claim(int slot) noexcept;
    [[nodiscard]] bool claim_new(int slot);
    [[nodiscard]] bool alive(int slot) const noexcept;
    [[nodiscard]] bool read(int slot, Instance& instance) const;
    [[nodiscard]] bool anybody_uses() const noexcept;
    void refuse_a_split_fleet() const;

    [[nodiscard]] bool try_become_mover() noexcept;
    void stop_being_mover() noexcept;
    std::uint64_t raise_epoch(std::uint64_t at_least, std::uint64_t keep) noexcept;
    [[nodiscard]] std::uint64_t use_after_move(std::chrono::milliseconds limit);
    [[nodiscard]] std::string mover_in_words() const;

    static constexpr std::uint64_t moving = 1;
    std::unique_ptr<MappedFile> file_;
    Area* area_ = nullptr;                          // null before map(), and the next two with it
    std::atomic<std::uint64_t>* word_ = nullptr;    // epoch * 2 + (1 while a move is under way), shared by all
    std::atomic<std::uint32_t>* active_ = nullptr;  // of the own slot
    pid_t owner_;
    int slot_ = -1;
    std::atomic<bool> mover_here_ = false;  // locks of one open file do not exclude its own threads; this does
};

/// While it lives, no move of the shape begins its work. Must not outlive its Presence. Copies and the original count
/// alike.
class Presence::Use {
public:
    ~Use() {
        if (active_ != nullptr) active_->fetch_sub(1, std::memory_order_seq_cst);
    }
    Use(Use const& other) noexcept;
    Use(Use&& other) noexcept;
    Use& operator=(Use other) noexcept;

    /// The same for the whole life of the use.
    [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }

private:
    friend class Presence;
    Use(std::atomic<std::uint32_t>& active, std::uint64_t epoch) noexcept : active_{&active}, epoch_{epoch} {}
    std::atomic<std::uint32_t>* active_;
    std::uint64_t epoch_;
};

/// While it lives, no registered live instance uses the shape. Must not outlive its Presence.
class Presence::Move {
public:
    /// Ends the move without a result. The epoch rises all the same: the caller may have failed after its commit.
    ~Move();
    Move(Move&& other) noexcept;
    Move& operator=(Move&&) = delete;

    /// Ends the move and publishes the new shape: call it right after the commit. Returns the epoch, as publish() does.
    std::uint64_t done(std::uint64_t new_epoch) noexcept;

private:
    friend class Presence;
    explicit Move(Presence& presence) noexcept : presence_{&presence} {}
    Presence* presence_;
    bool begun_ = false;  // nobody uses the shape any more: the caller may have changed it
};

// A use counts itself, then looks for a mover; a mover sets its bit, then looks for uses. All four are sequentially
// consistent, so in their one total order either the count comes before the mover's look, which then sees it and waits,
// or the bit comes before the use's look, which then sees it and steps back. (This is Dekker's pattern: with anything
// weaker both could look too early.)
//
// What a use read is not yet changed, and what it reads is complete: its last decrement is read by the mover's look,
// and the mover's final store of the word is read by the next use's look; each pair orders the plain accesses before it
// and after it.
inline Presence::Use Presence::use(std::chrono::milliseconds limit) {
    active_->fetch_add(1, std::memory_order_seq_cst);
    auto word = word_->load(std::memory_order_seq_cst);
    if ((word & moving) != 0) [[unlikely]]
        word = use_after_move(limit);
    return Use{*active_, word >> 1};
}

inline Presence::Use::Use(Use const& other) noexcept : active_{other.active_}, epoch_{other.epoch_} {
    // The other's count keeps every mover out, so there is nothing to look for.
    if (active_ != nullptr) active_->fetch_add(1, std::memory_order_relaxed);
}

inline Presence::Use::Use(Use&& other) noexcept
    : active_{std::exchange(other.active_, nullptr)}, epoch_{other.epoch_} {}

inline Presence::Use& Presence::Use::operator=(Use other) noexcept {
    std::swap(active_, other.active_);
    std::swap(epoch_, other.epoch_);
    return *this;
}

}  // namespace evolver
