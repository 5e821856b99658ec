#include "dialect/sqlite/file_rights.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace evolver::sqlite {

namespace {

constexpr mode_t of_group = 0060;

/// The rights of a file whose group is not that of `model`: nobody of it gets more than anybody has.
mode_t without_group(mode_t mode) { return (mode & ~of_group) | ((mode & 0006U) << 3U & of_group); }

class NewFile {
public:
    NewFile(std::string const& path, std::string const& model) {
        if (stat(model.c_str(), &model_) != 0 || !S_ISREG(model_.st_mode)) return;
        mode_ = (model_.st_mode & 0666U) | 0600U;  // whoever makes it is to write it
        // Not even for a moment more: who has opened it once may read what comes.
        auto const first = model_.st_gid == getegid() ? mode_ : without_group(mode_);
        file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, first);
    }
    ~NewFile() {
        if (file_ >= 0) close(file_);
    }
    NewFile(NewFile const&) = delete;
    NewFile& operator=(NewFile const&) = delete;

    [[nodiscard]] bool is_made() const { return file_ >= 0; }
    [[nodiscard]] int file() const { return file_; }
    [[nodiscard]] mode_t mode() const { return mode_; }
    [[nodiscard]] struct stat const& model() const { return model_; }
    [[nodiscard]] bool has_group() const {
        struct stat made {};
        return fstat(file_, &made) == 0 && made.st_gid == model_.st_gid;
    }

private:
    struct stat model_ {};
    mode_t mode_ = 0;
    int file_ = -1;
};

}  // namespace

void make_no_more_open(std::string const& path, std::string const& model) {
    NewFile const made{path, model};
    if (!made.is_made() || made.has_group()) return;
    // A folder may have given it a group of its own.
    struct stat found {};
    if (fstat(made.file(), &found) == 0) static_cast<void>(fchmod(made.file(), without_group(found.st_mode & 0666U)));
}

void make_beside(std::string const& path, std::string const& database) {
    NewFile const made{path, database};
    if (!made.is_made()) return;
    // Who may not give it away keeps it: then others are told that they lack the right.
    if (geteuid() == 0) static_cast<void>(fchown(made.file(), made.model().st_uid, made.model().st_gid) == 0);
    static_cast<void>(fchmod(made.file(), made.has_group() ? made.mode() : without_group(made.mode())));
}

}  // namespace evolver::sqlite
