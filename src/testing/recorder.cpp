#include "evolver/testing/recorder.hpp"

#include "testing/statement_file.hpp"

#include <soci/soci.h>

#include <filesystem>
#include <mutex>
#include <set>

namespace evolver::testing {

struct Recorder::Notes {
    std::mutex mutex;
    std::set<std::string> met;
    bool changed = false;
    bool open = true;

    void note(std::string const& query) {
        std::lock_guard const lock{mutex};
        if (!open) return;
        auto sql = recordable(query);
        if (!sql.empty()) changed = met.insert(std::move(sql)).second || changed;
    }
};

namespace {

template <class Notes>
class Listener : public soci::logger_impl {
public:
    explicit Listener(std::shared_ptr<Notes> notes) : notes_{std::move(notes)} {}

    void start_query(std::string const& query) override { notes_->note(query); }

private:
    soci::logger_impl* do_clone() const override { return new Listener{notes_}; }  // SOCI's way: it owns the copy

    std::shared_ptr<Notes> notes_;
};

}  // namespace

Recorder::Recorder(std::string path) : path_{std::move(path)}, notes_{std::make_shared<Notes>()} {}

Recorder::~Recorder() {
    try {
        flush();
    } catch (...) {
        // There is nobody to tell.
    }
    std::lock_guard const lock{notes_->mutex};
    notes_->open = false;
}

void Recorder::watch(soci::session& session) { session.set_logger(soci::logger{new Listener<Notes>{notes_}}); }

void Recorder::flush() {
    std::lock_guard const lock{notes_->mutex};
    if (!notes_->changed) return;
    auto all = notes_->met;
    if (std::filesystem::exists(path_)) {
        for (auto const& sql : read_statements(path_)) all.insert(recordable(sql));
    }
    write_statements(path_, all);
    notes_->changed = false;
}

}  // namespace evolver::testing
