#include "support/full_disk.hpp"

#include <sqlite3.h>

#include <limits>
#include <stdexcept>

namespace evolver::testing {

namespace {

int writes_left = std::numeric_limits<int>::max();
bool goes = false;  // what happens then
sqlite3_vfs* usual = nullptr;
sqlite3_vfs own;

/// The file of the usual VFS lies behind it in the same memory.
struct File {
    sqlite3_file base;
    sqlite3_file* real;
};

sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real; }

bool gone() { return goes && writes_left <= 0; }

int write(sqlite3_file* file, void const* bytes, int count, sqlite3_int64 offset) {
    if (writes_left <= 0) return goes ? SQLITE_IOERR_WRITE : SQLITE_FULL;
    --writes_left;
    return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
}

sqlite3_io_methods const methods{
    .iVersion = 3,
    .xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
    .xRead =
        [](sqlite3_file* f, void* bytes, int count, sqlite3_int64 at) {
            return gone() ? SQLITE_IOERR_READ : real(f)->pMethods->xRead(real(f), bytes, count, at);
        },
    .xWrite = write,
    .xTruncate = [](sqlite3_file* f, sqlite3_int64 size) { return real(f)->pMethods->xTruncate(real(f), size); },
    .xSync = [](sqlite3_file* f, int flags) { return real(f)->pMethods->xSync(real(f), flags); },
    .xFileSize = [](sqlite3_file* f, sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); },
    .xLock = [](sqlite3_file* f,
                int lock) { return gone() ? SQLITE_IOERR_LOCK : real(f)->pMethods->xLock(real(f), lock); },
    .xUnlock = [](sqlite3_file* f, int lock) { return real(f)->pMethods->xUnlock(real(f), lock); },
    .xCheckReservedLock = [](sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); },
    .xFileControl = [](sqlite3_file* f, int what,
                       void* out) { return real(f)->pMethods->xFileControl(real(f), what, out); },
    .xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
    .xDeviceCharacteristics = [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
    .xShmMap = [](sqlite3_file* f, int page, int size, int extend,
                  void volatile** out) { return real(f)->pMethods->xShmMap(real(f), page, size, extend, out); },
    .xShmLock =
        [](sqlite3_file* f, int first, int count, int flags) {
            // Letting go always works.
            bool const takes = (flags & SQLITE_SHM_LOCK) != 0;
            return takes && gone() ? SQLITE_IOERR_SHMLOCK : real(f)->pMethods->xShmLock(real(f), first, count, flags);
        },
    .xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
    .xShmUnmap = [](sqlite3_file* f, int gone) { return real(f)->pMethods->xShmUnmap(real(f), gone); },
    .xFetch =
        [](sqlite3_file*, sqlite3_int64, int, void** out) {
            *out = nullptr;
            return SQLITE_OK;
        },
    .xUnfetch = [](sqlite3_file*, sqlite3_int64, void*) { return SQLITE_OK; },
};

int open(sqlite3_vfs*, char const* name, sqlite3_file* file, int flags, int* out) {
    auto* const mine = reinterpret_cast<File*>(file);
    mine->real = reinterpret_cast<sqlite3_file*>(mine + 1);
    int const code = usual->xOpen(usual, name, mine->real, flags, out);
    mine->base.pMethods = mine->real->pMethods != nullptr ? &methods : nullptr;
    return code;
}

}  // namespace

FullDisk::FullDisk() {
    usual = sqlite3_vfs_find(nullptr);
    own = *usual;
    own.pNext = nullptr;
    own.zName = "evolver_full_disk";
    own.szOsFile = static_cast<int>(sizeof(File)) + usual->szOsFile;
    own.xOpen = open;
    if (sqlite3_vfs_register(&own, 1) != SQLITE_OK) throw std::runtime_error{"no VFS for the test"};
}

FullDisk::~FullDisk() {
    room_again();
    sqlite3_vfs_unregister(&own);
    sqlite3_vfs_register(usual, 1);
}

void FullDisk::only_for_those_open() const { sqlite3_vfs_register(usual, 1); }
void FullDisk::full_after(int writes) const {
    goes = false;
    writes_left = writes;
}

void FullDisk::gone_after(int writes) const {
    goes = true;
    writes_left = writes;
}

void FullDisk::room_again() const {
    goes = false;
    writes_left = std::numeric_limits<int>::max();
}

}  // namespace evolver::testing
