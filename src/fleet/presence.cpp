#include "fleet/presence.hpp"

#include "evolver/error.hpp"
#include "fleet/mapped_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <thread>

#include <unistd.h>

namespace evolver {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int slot_limit = 4096;
constexpr off_t first_lock = off_t{1} << 40;  // far behind the contents, which are never locked
constexpr off_t mover_lock = first_lock + slot_limit;
constexpr std::size_t release_bytes = 64;
constexpr std::size_t plan_bytes = 32;
// The last byte is the version of the layout below: raise it with any change there.
constexpr auto layout = std::bit_cast<std::uint64_t>(std::array<char, 8>{'e', 'v', 'o', 'l', 'v', 'e', 'r', 1});

static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free,
              "a lock inside the process would not protect memory that processes share");

/// Text that one process writes while others read it: word by word, so that it may be torn but is no data race. Who
/// reads a word of it also sees what was stored before that word was written, which is how Slot::turn tells a torn
/// text.
template <std::size_t Bytes>
class SharedText {
public:
    void write(std::string_view text) noexcept {
        std::array<char, Bytes> bytes{};
        text.copy(bytes.data(), Bytes - 1);
        auto const words = std::bit_cast<Words>(bytes);
        for (std::size_t i = 0; i < words.size(); ++i) words_[i].store(words[i], std::memory_order_release);
    }

    [[nodiscard]] std::string read() const {
        Words words{};
        for (std::size_t i = 0; i < words.size(); ++i) words[i] = words_[i].load(std::memory_order_acquire);
        auto const bytes = std::bit_cast<std::array<char, Bytes>>(words);
        return {bytes.data(), strnlen(bytes.data(), Bytes)};
    }

private:
    using Words = std::array<std::uint64_t, Bytes / sizeof(std::uint64_t)>;
    std::array<std::atomic<std::uint64_t>, Bytes / sizeof(std::uint64_t)> words_;
};

/// Sleeps longer and longer until a deadline; spins at first, since most waits are shorter than a sleep.
class Patience {
public:
    explicit Patience(std::chrono::milliseconds limit) : end_{Clock::now() + limit} {}

    /// False: the time is over.
    bool wait_a_little() {
        if (turns_ < spins) {
            ++turns_;
            std::this_thread::yield();
            return true;
        }
        if (Clock::now() >= end_) return false;
        std::this_thread::sleep_for(sleep_);
        sleep_ = std::min(sleep_ * 2, std::chrono::microseconds{200});
        return true;
    }

    [[nodiscard]] bool still_spins() const noexcept { return turns_ < spins; }

private:
    static constexpr int spins = 100;
    Clock::time_point end_;
    std::chrono::microseconds sleep_{50};
    int turns_ = 0;
};

void check_length(std::string_view release) {
    if (release.size() < release_bytes) return;
    throw Error{{.what = "A release's name is at most " + std::to_string(release_bytes - 1) + " bytes long.",
                 .object = std::string{release},
                 .instead = "Shorten it in the plan."}};
}

template <typename Record>
std::span<std::byte> bytes_of(Record& record) {
    return std::as_writable_bytes(std::span{&record, 1});
}

std::string in_words(Instance const& instance) {
    return "process " + std::to_string(instance.process) + " (release " + instance.release + ", plan " + instance.plan +
           ")";
}

}  // namespace

// A slot is alive while somebody holds the lock on its byte. `turn` is odd while the owner writes the rest, so that a
// reader never takes the text of two owners for one.
struct Presence::Slot {
    std::atomic<std::uint32_t> turn;
    std::atomic<std::int32_t> process;  // 0: never used, or left in good order
    std::atomic<std::uint32_t> active;
    std::uint32_t spare;
    SharedText<release_bytes> release;
    SharedText<plan_bytes> plan;
    std::array<std::uint64_t, 2> spare_words;
};

// The same as plain values, for who reads and writes the file.
struct Presence::SlotRecord {
    struct Owner {
        std::uint32_t turn;
        std::int32_t process;
    } owner;
    std::uint32_t active;
    std::uint32_t spare;
    std::array<char, release_bytes> release;
    std::array<char, plan_bytes> plan;
    std::array<std::uint64_t, 2> spare_words;
};

// The header is as large as a slot, so that the first 31 slots share its page: one page fault per join instead of two.
struct Presence::Area {
    std::atomic<std::uint64_t> magic;
    std::atomic<std::uint32_t> used;  // slots from here on have never been claimed
    std::atomic<std::int32_t> mover;  // 1 + slot of the mover, for messages
    std::array<std::uint64_t, 6> spare;
    alignas(64) std::atomic<std::uint64_t> word;
    std::array<std::uint64_t, 7> spare_words;
    std::array<Slot, slot_limit> slots;
};

Presence::Presence(MappedFile&& file) : file_{std::make_unique<MappedFile>(std::move(file))}, owner_{getpid()} {
    if (file_->memory() != nullptr) map();
}

void Presence::map() {
    if (area_ != nullptr) return;
    if (file_->memory() == nullptr) file_->map(sizeof(Area));
    area_ = static_cast<Area*>(file_->memory());
    word_ = &area_->word;
    if (slot_ >= 0) active_ = &area_->slots[static_cast<std::size_t>(slot_)].active;
}

/// A new file is all zeros, which is a valid state of everything but this mark.
void Presence::check_layout() {
    std::uint64_t found = 0;
    if (area_->magic.compare_exchange_strong(found, layout) || found == layout) return;
    throw Error{
        {.what = "The file by which evolver knows who uses the database was made by another version of evolver.",
         .object = file_->path(),
         .instead = "Stop every instance, delete " + file_->path() +
                    ", start them again; and link all releases with one layout of evolver."}};
}

std::shared_ptr<Presence> Presence::join(std::string const& database_path, std::string_view plan,
                                         std::string_view release) {
    check_length(release);
    auto file = MappedFile::open(database_path + "-evolver", database_path, sizeof(Area));
    std::shared_ptr<Presence> presence{new Presence{std::move(file)}};
    presence->check_layout();
    presence->register_as(plan, release);
    return presence;
}

std::shared_ptr<Presence> Presence::enter(std::string const& database_path, std::string_view plan,
                                          std::string_view release) {
    check_length(release);
    if (auto file = MappedFile::existing(database_path + "-evolver")) {
        std::shared_ptr<Presence> presence{new Presence{std::move(*file)}};
        if (presence->take_left_slot(plan, release)) return presence;
    }
    return join(database_path, plan, release);
}

/// False where the mapped way has to look, which also knows what to say about a file that is not as it should be.
bool Presence::take_left_slot(std::string_view plan, std::string_view release) {
    struct Beginning {
        std::uint64_t magic;
        std::uint32_t used;
        std::int32_t mover;
        std::array<std::uint64_t, 14> rest;
        std::array<SlotRecord, 31> slots;
    } seen;
    static_assert(sizeof(Beginning) == 4096 && sizeof(SlotRecord) == sizeof(Slot));
    static_assert(offsetof(Beginning, slots) == offsetof(Area, slots) && offsetof(Area, used) == sizeof(seen.magic));
    static_assert(offsetof(SlotRecord, release) == offsetof(Slot, release) &&
                  offsetof(SlotRecord, plan) == offsetof(Slot, plan));
    if (!file_->read(0, bytes_of(seen)) || seen.magic != layout) return false;
    int const known = static_cast<int>(std::min<std::size_t>(seen.used, seen.slots.size()));
    for (int slot = 0; slot < known; ++slot) {
        if (seen.slots[static_cast<std::size_t>(slot)].owner.process != 0 || !claim(slot)) continue;
        if (write_slot(slot, plan, release)) {
            slot_ = slot;
            return true;
        }
        file_->unlock(first_lock + slot);
        return false;
    }
    return false;
}

/// As register_as() writes it: odd turn and text first, then in one word who it is and that the text is whole.
bool Presence::write_slot(int slot, std::string_view plan, std::string_view release) const {
    auto const place = static_cast<off_t>(offsetof(Area, slots)) + slot * static_cast<off_t>(sizeof(Slot));
    SlotRecord record{};
    // Again, now that the slot is ours: another may have come and gone since the look around.
    if (!file_->read(place, bytes_of(record.owner))) return false;
    record.owner = {.turn = record.owner.turn | 1U, .process = 0};
    release.copy(record.release.data(), release_bytes - 1);
    plan_label(plan).copy(record.plan.data(), plan_bytes - 1);
    if (!file_->write(place, bytes_of(record))) return false;
    record.owner = {.turn = record.owner.turn + 1, .process = owner_};
    return file_->write(place, bytes_of(record.owner));
}

bool Presence::at_rest() const noexcept {
    std::atomic_thread_fence(std::memory_order_seq_cst);  // the slot is written before the mover is looked for
    if (word_ != nullptr) return (word_->load(std::memory_order_seq_cst) & moving) == 0;
    std::uint64_t word = moving;
    return file_->read(static_cast<off_t>(offsetof(Area, word)), bytes_of(word)) && (word & moving) == 0;
}

std::shared_ptr<Presence> Presence::alone(std::string_view plan, std::string_view release) {
    std::shared_ptr<Presence> presence{new Presence{MappedFile::none(sizeof(Area))}};
    presence->register_as(plan, release);
    return presence;
}

Presence::~Presence() {
    // A child of fork() destroys a copy: the registration is its parent's.
    if (slot_ >= 0 && getpid() == owner_) unregister();
}

std::string Presence::plan_label(std::string_view plan) {
    if (plan.size() < plan_bytes) return std::string{plan};
    std::uint64_t digest = 0xcbf29ce484222325U;  // FNV-1a
    for (char const letter : plan) digest = (digest ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
    std::string label{plan.substr(0, plan_bytes - 1 - 17)};
    label += '~';
    for (int shift = 60; shift >= 0; shift -= 4) label += "0123456789abcdef"[(digest >> shift) & 15U];
    return label;
}

void Presence::register_as(std::string_view plan, std::string_view release) {
    int const number = claim_slot();
    auto& slot = area_->slots[static_cast<std::size_t>(number)];
    auto const turn = slot.turn.load(std::memory_order_relaxed) | 1U;  // odd already, if its last owner died in here
    slot.turn.store(turn, std::memory_order_relaxed);
    slot.active.store(0, std::memory_order_release);  // a killed owner may have left uses behind
    slot.release.write(release);
    slot.plan.write(plan_label(plan));
    slot.process.store(owner_, std::memory_order_release);
    slot.turn.store(turn + 1, std::memory_order_release);
    // Before the first use, so that a mover which does not see the slot has set its bit before that use looks for it.
    auto used = area_->used.load(std::memory_order_seq_cst);
    auto const needed = static_cast<std::uint32_t>(number) + 1;
    while (used < needed && !area_->used.compare_exchange_weak(used, needed, std::memory_order_seq_cst)) {
    }
    active_ = &slot.active;
    slot_ = number;
}

void Presence::unregister() noexcept {
    if (area_ != nullptr) {
        area_->slots[static_cast<std::size_t>(slot_)].process.store(0, std::memory_order_release);
    } else {
        std::int32_t nobody = 0;
        auto const slot = static_cast<off_t>(offsetof(Area, slots)) + slot_ * static_cast<off_t>(sizeof(Slot));
        // Where it fails, the slot counts as that of a killed instance.
        static_cast<void>(
            file_->write(slot + static_cast<off_t>(offsetof(SlotRecord::Owner, process)), bytes_of(nobody)));
    }
    file_->unlock(first_lock + slot_);  // closing would do, but for a child of fork() that still has the file open
}

bool Presence::claim(int slot) noexcept { return file_->try_lock(first_lock + slot); }

bool Presence::claim_new(int slot) {
    if (!file_->lock(first_lock + slot)) return false;
    file_->reserve(static_cast<off_t>(offsetof(Area, slots)) + slot * static_cast<off_t>(sizeof(Slot)), sizeof(Slot));
    return true;
}

/// Tries what costs least first: slots that were left in good order, a few of the others (their owners may have been
/// killed; without this the number of used slots would grow with every kill), a new one, and only when there is none
/// all of them.
int Presence::claim_slot() {
    int const used = static_cast<int>(area_->used.load(std::memory_order_relaxed));
    for (int slot = 0; slot < used; ++slot) {
        auto const owner = area_->slots[static_cast<std::size_t>(slot)].process.load(std::memory_order_relaxed);
        if (owner == 0 && claim(slot)) return slot;
    }
    for (int attempt = 0; attempt < std::min(used, 4); ++attempt) {
        int const slot = (owner_ + attempt) % used;
        if (claim(slot)) return slot;
    }
    for (int slot = used; slot < slot_limit; ++slot) {
        if (claim_new(slot)) return slot;
    }
    for (int slot = 0; slot < slot_limit; ++slot) {
        if (claim(slot)) return slot;
    }
    throw Error{{.what = "As many instances as evolver can register on one database (" + std::to_string(slot_limit) +
                         ") are alive.",
                 .object = file_->path(),
                 .instead = "End some of them, or use one Evolver per process.",
                 .retry = Retry::helps}};
}

bool Presence::alive(int slot) const noexcept { return slot == slot_ || file_->locked_by_another(first_lock + slot); }

/// False: nobody lives there, or somebody who has not finished joining.
bool Presence::read(int number, Instance& instance) const {
    auto const& slot = area_->slots[static_cast<std::size_t>(number)];
    for (;;) {
        auto const turn = slot.turn.load(std::memory_order_acquire);
        instance.process = slot.process.load(std::memory_order_acquire);
        if (turn % 2 == 1 || instance.process == 0) return false;
        instance.release = slot.release.read();
        instance.plan = slot.plan.read();
        instance.active = slot.active.load(std::memory_order_acquire);
        instance.own = number == slot_;
        bool const lives = alive(number);
        // The text and the lock belong together if no new owner has come in between.
        if (slot.turn.load(std::memory_order_relaxed) == turn) return lives;
    }
}

std::vector<Instance> Presence::instances() const {
    refuse_a_split_fleet();
    std::vector<Instance> found;
    int const used = static_cast<int>(area_->used.load(std::memory_order_seq_cst));
    for (int slot = 0; slot < used; ++slot) {
        Instance instance;
        if (read(slot, instance)) found.push_back(std::move(instance));
    }
    return found;
}

bool Presence::shared() const noexcept { return file_->shared(); }

/// Somebody who joins now would make a new file, and neither would see the other.
void Presence::refuse_a_split_fleet() const {
    if (file_->in_place()) return;
    throw Error{
        {.what = "The file by which evolver knows who uses the database was deleted or replaced under this process; "
                 "instances that joined before and after that do not see each other.",
         .object = file_->path(),
         .instead = "Restart every instance of the application, this one included."}};
}

std::uint64_t Presence::raise_epoch(std::uint64_t at_least, std::uint64_t keep) noexcept {
    auto word = word_->load(std::memory_order_seq_cst);
    for (;;) {
        auto const epoch = std::max((word >> 1) + 1, at_least);
        if (word_->compare_exchange_weak(word, epoch << 1 | (word & keep), std::memory_order_seq_cst)) return epoch;
    }
}

std::uint64_t Presence::publish(std::uint64_t epoch) noexcept { return raise_epoch(epoch, moving); }

/// Only who holds the mover's lock sets or clears the bit, so a bit that is found together with the lock was left by a
/// dead mover. That one may have committed its change: the epoch rises, and everybody looks for himself.
bool Presence::try_become_mover() noexcept {
    if (mover_here_.exchange(true)) return false;
    if (!file_->try_lock(mover_lock)) {
        mover_here_ = false;
        return false;
    }
    area_->mover.store(slot_ + 1, std::memory_order_relaxed);
    if ((word_->load(std::memory_order_seq_cst) & moving) != 0) raise_epoch(0, 0);
    return true;
}

void Presence::stop_being_mover() noexcept {
    file_->unlock(mover_lock);
    mover_here_ = false;
}

std::string Presence::mover_in_words() const {
    int const slot = area_->mover.load(std::memory_order_relaxed) - 1;
    Instance mover;
    if (slot < 0 || slot >= slot_limit || !read(slot, mover)) return "another process";
    return in_words(mover);
}

bool Presence::anybody_uses() const noexcept {
    int const used = static_cast<int>(area_->used.load(std::memory_order_seq_cst));
    for (int slot = 0; slot < used; ++slot) {
        if (area_->slots[static_cast<std::size_t>(slot)].active.load(std::memory_order_seq_cst) != 0 && alive(slot))
            return true;
    }
    return false;
}

/// The caller has counted itself and has seen the bit: step back, wait until it is gone, try again. Returns counted, or
/// throws not counted.
std::uint64_t Presence::use_after_move(std::chrono::milliseconds limit) {
    Patience patience{limit};
    for (;;) {
        active_->fetch_sub(1, std::memory_order_seq_cst);
        while ((word_->load(std::memory_order_seq_cst) & moving) != 0) {
            if (!patience.still_spins() && try_become_mover()) {  // the mover is dead; this has cleaned up after it
                stop_being_mover();
                continue;
            }
            if (patience.wait_a_little()) continue;
            throw Error{
                {.what = "The statement was not started: a change of the schema by " + mover_in_words() +
                         " has been under way for " + std::to_string(limit.count()) + " ms.",
                 .object = file_->path(),
                 .instead = "Try again. A stopped process has to be continued (kill -CONT) or ended (kill -KILL).",
                 .retry = Retry::helps}};
        }
        active_->fetch_add(1, std::memory_order_seq_cst);
        auto const word = word_->load(std::memory_order_seq_cst);
        if ((word & moving) == 0) return word;
    }
}

Presence::Move Presence::move(std::chrono::milliseconds wait) {
    refuse_a_split_fleet();
    Patience patience{wait};
    while (!try_become_mover()) {
        if (patience.wait_a_little()) continue;
        throw Error{{.what = "The shape of the schema is being changed by " + mover_in_words() + ".",
                     .object = file_->path(),
                     .instead = "Try again when it is done.",
                     .retry = Retry::helps}};
    }
    word_->fetch_or(moving, std::memory_order_seq_cst);
    Move move{*this};
    while (anybody_uses()) {
        if (patience.wait_a_little()) continue;
        std::string busy;
        for (auto const& instance : instances()) {
            if (instance.active != 0) busy += (busy.empty() ? "" : ", ") + in_words(instance);
        }
        throw Error{{.what = "The shape of the schema was not changed: in the middle of a statement for " +
                             std::to_string(wait.count()) + " ms " +
                             (busy.empty() ? "were instances that have just ended" : "is " + busy) + ".",
                     .object = file_->path(),
                     .instead =
                         "Try again. End statements that stay open (a rowset that is not read to its end); continue "
                         "or end a stopped process.",
                     .retry = Retry::helps}};
    }
    move.begun_ = true;
    return move;
}

Presence::Move::Move(Move&& other) noexcept
    : presence_{std::exchange(other.presence_, nullptr)}, begun_{other.begun_} {}

Presence::Move::~Move() {
    if (presence_ == nullptr) return;
    if (begun_) {
        presence_->raise_epoch(0, 0);
    } else {
        presence_->word_->fetch_and(~moving, std::memory_order_seq_cst);
    }
    presence_->stop_being_mover();
}

std::uint64_t Presence::Move::done(std::uint64_t new_epoch) noexcept {
    if (presence_ == nullptr) return 0;
    auto const epoch = presence_->raise_epoch(new_epoch, 0);
    presence_->stop_being_mover();
    presence_ = nullptr;
    return epoch;
}

}  // namespace evolver
