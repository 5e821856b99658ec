#pragma once

// The observer of the tool: a line for each piece of work, a bar for what is under way.

#include "cli/output.hpp"
#include "evolver/observe/observer.hpp"

#include <chrono>
#include <vector>

namespace evolver::cli {

class Narrator : public Observer {
public:
    explicit Narrator(Output& output) : output_{output} {}

    /// Gets every event after this one has told it; must outlive it.
    void also(Observer& other) { others_.push_back(&other); }
    /// From here on others say what is done, and this one shows progress, and what is waited for, alone.
    void leave_words_to_others() noexcept { words_ = false; }
    void on(Event const& event) override;

private:
    void tell(Event const& event);
    void show_progress(Event const& event);

    Output& output_;
    std::vector<Observer*> others_;
    std::chrono::steady_clock::time_point last_{};
    std::string waited_for_;
    bool words_ = true;
};

/// `[#######-------]  50 %`, 20 cells wide; empty where the total is not known.
[[nodiscard]] std::string bar(std::int64_t done, std::int64_t total);

}  // namespace evolver::cli
