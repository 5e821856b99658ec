#include "long/faults/disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <stdexcept>
#include <vector>

namespace evolver::faults {

namespace {

namespace fs = std::filesystem;

enum class Kind { write, sync, truncate, remove, open, lock, shared_lock };

struct Pending {
    sqlite3_int64 offset;
    std::string bytes;
    bool truncation;
};

/// What is durable of a file, and what has been written since.
struct Shadow {
    bool exists = false;
    std::string durable = {};
    std::vector<Pending> pending = {};
    bool removed = false;  ///< Not durably: it may be found again.
};

struct State {
    Fault fault = {};
    std::size_t count = 0;
    bool struck = false;
    bool dead = false;
    Kind victim = Kind::write;
    std::map<std::string, Shadow> shadows = {};
};

State state;
sqlite3_vfs* usual = nullptr;
sqlite3_vfs own;

std::string contents(std::string const& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

Shadow& shadow(std::string const& path) {
    auto [found, is_new] = state.shadows.try_emplace(path);
    if (is_new) {
        found->second.exists = fs::exists(path);
        if (found->second.exists) found->second.durable = contents(path);
    }
    return found->second;
}

bool dies() { return state.fault.mode >= Mode::killed; }

int error_of(Kind kind) {
    bool const other = state.fault.seed % 2 != 0;
    switch (kind) {
        case Kind::write: return other ? SQLITE_FULL : SQLITE_IOERR_WRITE;
        case Kind::sync: return SQLITE_IOERR_FSYNC;
        case Kind::truncate: return SQLITE_IOERR_TRUNCATE;
        case Kind::remove: return SQLITE_IOERR_DELETE;
        case Kind::open: return SQLITE_CANTOPEN;
        case Kind::lock: return other ? SQLITE_BUSY : SQLITE_IOERR_LOCK;
        case Kind::shared_lock: return other ? SQLITE_BUSY : SQLITE_IOERR_SHMLOCK;
    }
    return SQLITE_IOERR;
}

/// Counts, and says what comes of it.
int asked(Kind kind) {
    if (state.dead) return SQLITE_IOERR;
    ++state.count;
    auto const& fault = state.fault;
    if (fault.mode == Mode::none) return SQLITE_OK;
    if (state.count == fault.at) {
        state.struck = true;
        state.victim = kind;
        state.dead = dies();
        return state.dead ? SQLITE_IOERR : error_of(kind);
    }
    if (fault.mode == Mode::error_on && state.struck && kind == state.victim) return error_of(kind);
    return SQLITE_OK;
}

void put_into(std::string& bytes, Pending const& one) {
    auto const offset = static_cast<std::size_t>(one.offset);
    if (one.truncation) {
        if (offset < bytes.size()) bytes.resize(offset);
        return;
    }
    if (bytes.size() < offset + one.bytes.size()) bytes.resize(offset + one.bytes.size());
    bytes.replace(offset, one.bytes.size(), one.bytes);
}

/// The file of the usual VFS lies behind it in the same memory.
struct File {
    sqlite3_file base;
    std::string const* path;  ///< None: a temporary one, which nobody finds again.
};

sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1); }
std::string const* path_of(sqlite3_file* file) { return reinterpret_cast<File*>(file)->path; }

int write(sqlite3_file* file, void const* bytes, int count, sqlite3_int64 offset) {
    if (int const code = asked(Kind::write); code != SQLITE_OK) return code;
    if (auto const* path = path_of(file)) {
        shadow(*path).pending.push_back(
            {offset, std::string{static_cast<char const*>(bytes), static_cast<std::size_t>(count)}, false});
    }
    return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (int const code = asked(Kind::truncate); code != SQLITE_OK) return code;
    if (auto const* path = path_of(file)) shadow(*path).pending.push_back({size, {}, true});
    return real(file)->pMethods->xTruncate(real(file), size);
}

int sync(sqlite3_file* file, int) {
    if (int const code = asked(Kind::sync); code != SQLITE_OK) return code;
    if (auto const* path = path_of(file)) {
        auto& known = shadow(*path);
        for (auto const& one : known.pending) put_into(known.durable, one);
        known.pending.clear();
        known.exists = true;
    }
    return SQLITE_OK;  // the real one would take its time
}

int lock(sqlite3_file* file, int level) {
    if (int const code = asked(Kind::lock); code != SQLITE_OK) return code;
    return real(file)->pMethods->xLock(real(file), level);
}

int lock_shared(sqlite3_file* file, int first, int count, int flags) {
    if ((flags & SQLITE_SHM_LOCK) != 0) {
        if (int const code = asked(Kind::shared_lock); code != SQLITE_OK) return code;
    }
    return real(file)->pMethods->xShmLock(real(file), first, count, flags);
}

sqlite3_io_methods const methods{
    .iVersion = 2,
    .xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
    .xRead = [](sqlite3_file* f, void* bytes, int count,
                sqlite3_int64 at) { return real(f)->pMethods->xRead(real(f), bytes, count, at); },
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = [](sqlite3_file* f, sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); },
    .xLock = lock,
    .xUnlock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); },
    .xCheckReservedLock = [](sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); },
    .xFileControl = [](sqlite3_file* f, int what,
                       void* out) { return real(f)->pMethods->xFileControl(real(f), what, out); },
    .xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
    .xDeviceCharacteristics = [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
    .xShmMap = [](sqlite3_file* f, int page, int size, int extend,
                  void volatile** out) { return real(f)->pMethods->xShmMap(real(f), page, size, extend, out); },
    .xShmLock = lock_shared,
    .xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
    .xShmUnmap = [](sqlite3_file* f, int gone) { return real(f)->pMethods->xShmUnmap(real(f), gone); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs*, char const* name, sqlite3_file* file, int flags, int* out) {
    auto* const mine = reinterpret_cast<File*>(file);
    mine->base.pMethods = nullptr;
    mine->path = nullptr;
    if (int const code = asked(Kind::open); code != SQLITE_OK) return code;
    bool const kept =
        name != nullptr && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
    if (kept) {
        auto& known = shadow(name);
        // Made again after it was removed: another file of that name.
        if (known.removed && (flags & SQLITE_OPEN_CREATE) != 0) known = Shadow{};
        mine->path = &state.shadows.find(name)->first;
    }
    int const code = usual->xOpen(usual, name, real(file), flags, out);
    mine->base.pMethods = code == SQLITE_OK ? &methods : nullptr;
    return code;
}

/// Nobody else is at work here, so whoever waits waits for nothing: SQLite for 10 s, where a WAL's locks fail for good.
int sleep_in_no_time(sqlite3_vfs*, int microseconds) { return microseconds; }

int remove(sqlite3_vfs*, char const* name, int directory) {
    if (int const code = asked(Kind::remove); code != SQLITE_OK) return code;
    auto& known = shadow(name);
    known.removed = true;
    if (directory != 0) known = Shadow{.removed = true};
    return usual->xDelete(usual, name, directory);
}

}  // namespace

std::string_view name_of(Mode mode) noexcept {
    switch (mode) {
        case Mode::none: return "no fault";
        case Mode::error_once: return "an error";
        case Mode::error_on: return "errors from there on";
        case Mode::killed: return "killed";
        case Mode::power: return "power lost";
        case Mode::torn: return "power lost, writes torn";
    }
    return {};
}

Disk::Disk() {
    usual = sqlite3_vfs_find(nullptr);
    own = *usual;
    own.pNext = nullptr;
    own.zName = "evolver_faults";
    own.szOsFile = static_cast<int>(sizeof(File)) + usual->szOsFile;
    own.xOpen = open;
    own.xSleep = sleep_in_no_time;
    own.xDelete = remove;
    if (sqlite3_vfs_register(&own, 1) != SQLITE_OK) throw std::runtime_error{"no VFS for the test"};
}

Disk::~Disk() {
    sqlite3_vfs_unregister(&own);
    sqlite3_vfs_register(usual, 1);
}

void Disk::begin(Fault const& fault) { state = State{.fault = fault}; }
std::size_t Disk::operations() const { return state.count; }
bool Disk::struck() const { return state.struck; }

std::string_view Disk::victim() const {
    switch (state.victim) {
        case Kind::write: return "write";
        case Kind::sync: return "sync";
        case Kind::truncate: return "truncate";
        case Kind::remove: return "delete";
        case Kind::open: return "open";
        case Kind::lock: return "lock";
        case Kind::shared_lock: return "lock of the WAL";
    }
    return {};
}

void Disk::leave_wreck() {
    std::mt19937_64 random{state.fault.seed};
    constexpr std::size_t sector = 512;
    for (auto& [path, known] : state.shadows) {
        if (state.fault.mode == Mode::killed) break;
        bool const torn = state.fault.mode == Mode::torn;
        // A deletion that was not synced with its folder may be undone.
        if (known.removed && torn && random() % 2 == 0) continue;
        if (!known.removed && torn) {
            for (auto one : known.pending) {
                if (random() % 2 == 0) continue;
                if (!one.truncation && random() % 2 == 0)
                    one.bytes.resize(random() % (one.bytes.size() / sector + 1) * sector);
                put_into(known.durable, one);
                known.exists = true;
            }
        }
        if (!known.exists) {
            fs::remove(path);
            continue;
        }
        std::ofstream{path, std::ios::binary | std::ios::trunc} << known.durable;
    }
    // Shared memory does not outlive a crash; a killed process leaves it.
    if (state.fault.mode != Mode::killed) {
        for (auto const& [path, known] : state.shadows) fs::remove(path + "-shm");
    }
    state = State{};
}

}  // namespace evolver::faults
