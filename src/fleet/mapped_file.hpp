#pragma once

// A small file beside a database that processes share as memory and by locks on single bytes.
//
// The locks belong to the open file (open-file-description locks), not to the process: closing another descriptor of
// the file does not drop them, two MappedFiles in one process exclude each other, and the kernel frees them with the
// last copy of the descriptor. Threads that share one MappedFile do not exclude each other.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <sys/types.h>

namespace evolver {

class MappedFile {
public:
    /// Opens or makes `<path>`, zero-filled, `bytes` long, with the rights of `model`. Throws Error whose native_code()
    /// is the errno, and for network file systems.
    static MappedFile open(std::string path, std::string const& model, std::size_t bytes);
    /// Opens `<path>` where it is there, and neither makes, extends nor maps anything: map() may follow. Throws as open() does.
    static std::optional<MappedFile> existing(std::string path);
    /// Zero-filled memory of this process alone, in which every lock is granted.
    static MappedFile none(std::size_t bytes);

    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&&) = delete;
    ~MappedFile();

    [[nodiscard]] bool shared() const noexcept { return descriptor_ >= 0; }
    /// Null before map().
    [[nodiscard]] void* memory() const noexcept { return memory_; }
    void map(std::size_t bytes);
    [[nodiscard]] std::string const& path() const noexcept { return path_; }

    /// False: another open file has it. Throws Error where the file system knows no locks.
    [[nodiscard]] bool lock(off_t byte) const;
    /// False as well where the file system knows no locks.
    [[nodiscard]] bool try_lock(off_t byte) const noexcept;
    void unlock(off_t byte) const noexcept;
    /// True as well where it cannot be told.
    [[nodiscard]] bool locked_by_another(off_t byte) const noexcept;

    /// Reads and writes the file itself, which the memory of all shows at once. False: not all of it, or no file.
    [[nodiscard]] bool read(off_t from, std::span<std::byte> into) const noexcept;
    [[nodiscard]] bool write(off_t from, std::span<std::byte const> bytes) const noexcept;

    /// Takes the disk space for a part of the file. Without that a full disk is a SIGBUS at the first write to the
    /// memory. The first page has its space from the start. File systems that cannot do this take it at that write.
    void reserve(off_t from, off_t bytes) const;

    /// Does the path still lead to this file?
    [[nodiscard]] bool in_place() const noexcept;

private:
    MappedFile(std::string path, int descriptor) noexcept : path_{std::move(path)}, descriptor_{descriptor} {}
    void refuse_network() const;
    void extend(std::size_t bytes) const;
    [[nodiscard]] int set_lock(short type, off_t byte) const noexcept;

    std::string path_;
    int descriptor_ = -1;
    void* memory_ = nullptr;
    std::size_t bytes_ = 0;
};

}  // namespace evolver
