#include "workload.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <random>
#include <thread>

namespace demo {

namespace {

constexpr std::chrono::milliseconds pause{2};
constexpr int processes = 4;

std::sig_atomic_t volatile told_to_end = 0;

class Work {
public:
    Work(Application& application, Journal& journal, int number)
        : application_{application}, journal_{journal}, number_{number}, random_{static_cast<unsigned>(number)} {
        // Real packages from all over the table, so that the backfill passes by while they change.
        for (auto const& name : application_.share(10 * processes, number)) {
            if (is_new(name) || name.rfind("common-", 0) == 0) continue;
            if (auto const package = application_.find(name)) own_.push_back(*package);
        }
    }

    void turn() {
        auto const dice = any(100);
        if (dice < 25)
            insert();
        else if (dice < 60)
            change();
        else if (dice < 65)
            change_several();
        else if (dice < 75)
            remove();
        else if (dice < 85)
            add();
        else
            look();
        journal_.progress();
    }

private:
    [[nodiscard]] static bool is_new(std::string const& name) { return name.rfind("demo-", 0) == 0; }
    [[nodiscard]] std::size_t any(std::size_t below) {
        return std::uniform_int_distribution<std::size_t>{0, below - 1}(random_);
    }

    void insert() {
        auto const count = std::to_string(++inserted_);
        Package const package{"demo-" + std::to_string(number_) + "-" + count, "1." + count, some_size(),
                              "Somebody " + count, some_email()};
        journal_.write([&] { application_.insert(package); });
        own_.push_back(package);
        check(package);
    }

    void change() {
        auto& package = own_[any(own_.size())];
        journal_.write([&] { change(package); });
        check(package);
    }

    /// Several statements in one transaction.
    void change_several() {
        auto const first = any(own_.size());
        auto const last = std::min(own_.size(), first + 5);
        journal_.write([&] {
            soci::transaction transaction{application_.session()};
            for (auto i = first; i < last; ++i) change(own_[i]);
            transaction.commit();
        });
        for (auto i = first; i < last; ++i) check(own_[i]);
    }

    void change(Package& package) {
        switch (any(3)) {
            case 0:
                package.version += "+1";
                application_.set_version(package.name, package.version);
                break;
            case 1:
                package.size = some_size();
                application_.set_size(package.name, package.size);
                break;
            default:
                package.maintainer_name = "Maintainer " + std::to_string(any(1000));
                package.maintainer_email = some_email();
                application_.set_maintainer(package.name, package.maintainer_name, package.maintainer_email);
        }
    }

    void remove() {
        auto const at = any(own_.size());
        auto const name = own_[at].name;
        if (!is_new(name)) return;  // the real ones are to last
        journal_.write([&] { application_.remove(name); });
        own_.erase(own_.begin() + static_cast<std::ptrdiff_t>(at));
        journal_.gone(name);
        journal_.has_read();
        if (application_.find(name)) journal_.lost(name + " was deleted, and is there");
    }

    /// Where two releases add to one number at once, each must see the other's sum.
    void add() {
        auto const common = common_packages();
        auto const& name = common[any(common.size())];
        auto const bytes = static_cast<long long>(any(1000));
        journal_.write([&] { application_.add_to_size(name, bytes); });
        journal_.added(name, bytes);
    }

    void look() {
        if (any(20) == 0) {
            if (application_.largest().size() != 10) journal_.lost("the ten largest packages are not ten");
        } else {
            check(own_[any(own_.size())]);
        }
        journal_.has_read();
    }

    void check(Package const& package) {
        journal_.stands(package);
        journal_.has_read();
        auto const found = application_.find(package.name);
        if (found != package)
            journal_.lost(package.name +
                          (found ? " does not hold what was written" : " was written, and is not there"));
    }

    std::optional<long long> some_size() {
        if (any(10) == 0) return std::nullopt;
        return static_cast<long long>(any(3'000'000'000));
    }

    std::string some_email() { return any(10) == 0 ? "" : "somebody-" + std::to_string(any(1000)) + "@example.org"; }

    Application& application_;
    Journal& journal_;
    int number_;
    std::mt19937 random_;
    std::vector<Package> own_;
    int inserted_ = 0;
};

}  // namespace

std::vector<std::string> common_packages() { return {"common-a", "common-b", "common-c", "common-d"}; }

int work(Application& application, std::string const& release, int number, std::string const& journal_file) {
    std::signal(SIGTERM, [](int) { told_to_end = 1; });
    std::string const who = "release " + release + " " + static_cast<char>('a' + number % 2);
    Journal journal{release, who};
    try {
        Work work{application, journal, number};
        say(who, "works");
        while (told_to_end == 0) {
            work.turn();
            std::this_thread::sleep_for(pause);
        }
        journal.save(journal_file);
    } catch (std::exception const& error) {
        say(who, std::string{"FAILED: "} + error.what());
        return 1;
    }
    say(who, "ends after " + std::to_string(journal.waits().size()) + " writes");
    return journal.lost() == 0 ? 0 : 1;
}

}  // namespace demo
