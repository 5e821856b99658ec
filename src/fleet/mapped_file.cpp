#include "fleet/mapped_file.hpp"

#include "evolver/error.hpp"

#include <cerrno>
#include <cstdint>
#include <new>
#include <optional>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef F_OFD_SETLK
// POSIX locks are no substitute: a process loses them whenever it closes any descriptor of the file.
#error "evolver on SQLite needs open-file-description locks (Linux 3.15 or newer): port src/fleet/mapped_file.cpp"
#endif

namespace evolver {
namespace {

constexpr off_t first_page = 4096;

struct flock byte_lock(short type, off_t byte) noexcept {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = byte;
    lock.l_len = 1;
    return lock;
}

/// What a network file system is called, or nothing for one of this machine.
std::optional<std::string_view> network_file_system(int file) noexcept {
    struct statfs about {};
    if (fstatfs(file, &about) != 0) return std::nullopt;
    switch (static_cast<std::uint32_t>(about.f_type)) {
        case 0x00006969: return "NFS";
        case 0x0000517B:
        case 0xFF534D42:
        case 0xFE534D42: return "SMB";
        case 0x65735546: return "FUSE";
        case 0x01021997: return "9P";
        case 0x00C36400: return "Ceph";
        case 0x5346414F:
        case 0x6B414653: return "AFS";
        case 0x0BD00BD0: return "Lustre";
        case 0x01161970: return "GFS2";
        case 0x7461636F: return "OCFS2";
        case 0x786F4256: return "a shared folder of VirtualBox";
        default: return std::nullopt;
    }
}

std::string remedy(std::string const& path, int code) {
    switch (code) {
        case ENOSPC:
        case EDQUOT: return "Make room on the disk and try again: " + path + " needs 4 kB for every 32 instances.";
        case EMFILE:
        case ENFILE: return "Raise the limit of open files (ulimit -n), or close some, and try again.";
        case EACCES:
        case EPERM:
        case EROFS:
            return "Give this process the right to write " + path +
                   " and its folder; SQLite needs it as well, for the -wal and -shm files beside the database. A "
                   "process that only "
                   "reads can open the database for reading only instead.";
        default:
            return "Look at " + path + "; while no instance runs it may be deleted, and the next one makes it anew.";
    }
}

[[noreturn]] void refuse(std::string const& path, std::string_view action, int code) {
    bool const may_pass = code == ENOSPC || code == EDQUOT || code == EMFILE || code == ENFILE;
    throw Error{{.what = "The file by which evolver knows who uses the database cannot be " + std::string{action} +
                         ": " + std::generic_category().message(code) + ".",
                 .object = path,
                 .instead = remedy(path, code),
                 .native_code = code,
                 .retry = may_pass ? Retry::helps : Retry::useless}};
}

/// Whoever may write the database may write the file, as SQLite does it for its own files.
int create(std::string const& path, std::string const& model) {
    struct stat wanted {};
    bool const known = stat(model.c_str(), &wanted) == 0;
    mode_t const mode = known ? wanted.st_mode & 0666U : 0644U;
    int const descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (descriptor < 0 || !known) return descriptor;
    // The umask may have taken rights away. A failure here is no reason to stop: who lacks the right will be told so.
    struct stat made {};
    if (fstat(descriptor, &made) != 0) return descriptor;
    bool const foreign = made.st_uid != wanted.st_uid || made.st_gid != wanted.st_gid;
    if (geteuid() == 0 && foreign && fchown(descriptor, wanted.st_uid, wanted.st_gid) != 0) return descriptor;
    if ((made.st_mode & 0777U) != mode) static_cast<void>(fchmod(descriptor, mode));
    return descriptor;
}

/// Nobody asks when the file was last read, and noting it would cost each start an update of the inode. Only the file's
/// owner may leave that out.
int open_existing(std::string const& path) {
    constexpr int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    int const descriptor = ::open(path.c_str(), flags | O_NOATIME);
    return descriptor < 0 && errno == EPERM ? ::open(path.c_str(), flags) : descriptor;
}

int open_or_create(std::string const& path, std::string const& model) {
    int descriptor = -1;
    for (int attempt = 0; attempt < 3 && descriptor < 0; ++attempt) {
        descriptor = open_existing(path);
        if (descriptor < 0 && errno == ENOENT) descriptor = create(path, model);
        if (descriptor < 0 && errno != EEXIST) break;  // EEXIST: another process has made it meanwhile
    }
    if (descriptor < 0) refuse(path, "opened", errno);
    return descriptor;
}

}  // namespace

MappedFile MappedFile::open(std::string path, std::string const& model, std::size_t bytes) {
    int const descriptor = open_or_create(path, model);
    MappedFile file{std::move(path), descriptor};
    file.refuse_network();
    file.map(bytes);
    return file;
}

std::optional<MappedFile> MappedFile::existing(std::string path) {
    int const descriptor = open_existing(path);
    if (descriptor < 0 && errno == ENOENT) return std::nullopt;
    if (descriptor < 0) refuse(path, "opened", errno);
    MappedFile file{std::move(path), descriptor};
    file.refuse_network();
    return file;
}

MappedFile MappedFile::none(std::size_t bytes) {
    MappedFile file{{}, -1};
    file.map(bytes);
    return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_{std::move(other.path_)},
      descriptor_{std::exchange(other.descriptor_, -1)},
      memory_{std::exchange(other.memory_, nullptr)},
      bytes_{other.bytes_} {}

MappedFile::~MappedFile() {
    if (memory_ != nullptr) munmap(memory_, bytes_);
    if (descriptor_ >= 0) ::close(descriptor_);
}

void MappedFile::refuse_network() const {
    auto const name = network_file_system(descriptor_);
    if (!name) return;
    throw Error{
        {.what = "The database lies on a network file system (" + std::string{*name} +
                 "). Machines share neither memory nor, reliably, locks there: evolver could not know who uses " +
                 "it, and SQLite itself is not safe.",
         .object = path_,
         .instead = "Move the database to a local disk, or use PostgreSQL for many machines."}};
}

/// Several processes may do this at once: every step leaves alone what another has done.
void MappedFile::extend(std::size_t bytes) const {
    struct stat about {};
    if (fstat(descriptor_, &about) != 0) refuse(path_, "read", errno);
    if (!S_ISREG(about.st_mode)) refuse(path_, "used, since it is no plain file", EINVAL);
    if (about.st_size >= static_cast<off_t>(bytes)) return;
    // In this order: a file of full size has its first page on the disk.
    reserve(0, first_page);
    if (ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0) refuse(path_, "extended", errno);
}

void MappedFile::map(std::size_t bytes) {
    if (shared()) extend(bytes);
    int const kind = shared() ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
    void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kind, descriptor_, 0);
    if (memory == MAP_FAILED && !shared()) throw std::bad_alloc{};
    if (memory == MAP_FAILED) refuse(path_, "mapped", errno);
    memory_ = memory;
    bytes_ = bytes;
}

/// 0 or the errno.
int MappedFile::set_lock(short type, off_t byte) const noexcept {
    if (!shared()) return 0;
    auto lock = byte_lock(type, byte);
    return fcntl(descriptor_, F_OFD_SETLK, &lock) == 0 ? 0 : errno;
}

bool MappedFile::lock(off_t byte) const {
    int const code = set_lock(F_WRLCK, byte);
    if (code != 0 && code != EAGAIN && code != EACCES) refuse(path_, "locked", code);
    return code == 0;
}

bool MappedFile::try_lock(off_t byte) const noexcept { return set_lock(F_WRLCK, byte) == 0; }

void MappedFile::unlock(off_t byte) const noexcept { static_cast<void>(set_lock(F_UNLCK, byte)); }

bool MappedFile::locked_by_another(off_t byte) const noexcept {
    if (!shared()) return false;
    auto lock = byte_lock(F_WRLCK, byte);
    return fcntl(descriptor_, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

bool MappedFile::read(off_t from, std::span<std::byte> into) const noexcept {
    return pread(descriptor_, into.data(), into.size(), from) == static_cast<ssize_t>(into.size());
}

bool MappedFile::write(off_t from, std::span<std::byte const> bytes) const noexcept {
    return pwrite(descriptor_, bytes.data(), bytes.size(), from) == static_cast<ssize_t>(bytes.size());
}

void MappedFile::reserve(off_t from, off_t bytes) const {
    if (!shared()) return;
    while (fallocate(descriptor_, 0, from, bytes) != 0) {
        if (errno == EINTR) continue;
        if (errno == EOPNOTSUPP || errno == ENOSYS) return;
        refuse(path_, "extended", errno);
    }
}

bool MappedFile::in_place() const noexcept {
    if (!shared()) return true;
    struct stat own {};
    struct stat found {};
    return fstat(descriptor_, &own) == 0 && stat(path_.c_str(), &found) == 0 && own.st_dev == found.st_dev &&
           own.st_ino == found.st_ino;
}

}  // namespace evolver
