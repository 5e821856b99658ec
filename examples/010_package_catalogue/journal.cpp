#include "journal.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace demo {

void say(std::string const& who, std::string const& what) {
    auto const now = std::chrono::system_clock::now();
    auto const seconds = std::chrono::system_clock::to_time_t(now);
    auto const milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
    std::tm local{};
    localtime_r(&seconds, &local);
    char line[64];
    auto const length = std::strftime(line, sizeof line, "%H:%M:%S", &local);
    std::snprintf(line + length, sizeof line - length, ".%03d  %-13s ", static_cast<int>(milliseconds), who.c_str());
    std::string text = what;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    std::string const indent = "\n" + std::string(28, ' ');
    for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + indent.size()))
        text.replace(at, 1, indent);
    // One call, so that lines of several processes do not mix.
    std::string const whole = line + text + "\n";
    std::fwrite(whole.data(), 1, whole.size(), stdout);
    std::fflush(stdout);
}

void Journal::lost(std::string const& what) {
    ++lost_;
    say(who_, "LOST: " + what);
}

void Journal::progress() {
    auto const now = std::chrono::steady_clock::now();
    if (now - last_progress_ < std::chrono::seconds{2}) return;
    last_progress_ = now;
    auto const longest = waits_.empty() ? 0 : *std::max_element(waits_.begin(), waits_.end());
    say(who_, std::to_string(waits_.size()) + " writes, " + std::to_string(reads_) + " reads; the longest write took " +
                  std::to_string((longest + 500) / 1000) + " ms");
}

// One fact per line, its fields divided by tabs; "-" is nothing.
void Journal::save(std::string const& file) const {
    std::ofstream out{file};
    out << "journal\t" << release_ << '\t' << who_ << '\n' << "reads\t" << reads_ << '\n' << "lost\t" << lost_ << '\n';
    for (auto const wait : waits_) out << "wait\t" << wait << '\n';
    for (auto const& [name, bytes] : added_) out << "added\t" << name << '\t' << bytes << '\n';
    for (auto const& [name, package] : packages_) {
        if (!package) {
            out << "gone\t" << name << '\n';
            continue;
        }
        out << "stands\t" << name << '\t' << package->version << '\t'
            << (package->size ? std::to_string(*package->size) : "-") << '\t' << package->maintainer_name << '\t'
            << package->maintainer_email << '\n';
    }
    if (!out.flush()) throw std::runtime_error{"cannot write " + file};
}

Journal Journal::load(std::string const& file) {
    std::ifstream in{file};
    if (!in) throw std::runtime_error{"there is no journal " + file};
    Journal journal;
    for (std::string line; std::getline(in, line);) {
        std::vector<std::string> fields;
        std::istringstream stream{line};
        for (std::string field; std::getline(stream, field, '\t');) fields.push_back(field);
        fields.resize(6);
        auto const& kind = fields[0];
        if (kind == "journal") journal.release_ = fields[1], journal.who_ = fields[2];
        if (kind == "reads") journal.reads_ = std::stoll(fields[1]);
        if (kind == "lost") journal.lost_ = std::stoll(fields[1]);
        if (kind == "wait") journal.waits_.push_back(std::stoll(fields[1]));
        if (kind == "added") journal.added(fields[1], std::stoll(fields[2]));
        if (kind == "gone") journal.gone(fields[1]);
        if (kind == "stands") {
            auto const size = fields[3] == "-" ? std::nullopt : std::optional{std::stoll(fields[3])};
            journal.stands({fields[1], fields[2], size, fields[4], fields[5]});
        }
    }
    return journal;
}

}  // namespace demo
