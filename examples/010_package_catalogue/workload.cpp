#include "workload.hpp"

#include <chrono>
#include <csignal>
#include <exception>
#include <random>
#include <thread>

namespace demo {

namespace {

constexpr int processes = 4;
constexpr auto pace = std::chrono::milliseconds{2};

volatile std::sig_atomic_t ended = 0;

class Work {
public:
    Work(Application& application, Journal& journal, int number)
        : application_{application}, journal_{journal}, number_{number}, random_{static_cast<unsigned>(number)} {
        // Real packages, spread over the whole table, so that the backfill passes by while they change.
        std::vector<std::string> names(2000);
        int const modulus = 10 * processes;
        application_.session() << "SELECT " + name_of_key() + " FROM packages WHERE id % :modulus = :number AND id > 100 LIMIT 2000", soci::use(modulus), soci::use(number_),
            soci::into(names);
        for (auto const& name : names) {
            if (auto const package = application_.find(name)) own_.push_back(*package);
        }
    }

    void turn() {
        int const dice = any(100);
        if (dice < 25) insert();
        else if (dice < 60) journal_.write([&] { change(); });
        else if (dice < 65) several();
        else if (dice < 75) remove();
        else if (dice < 85) add();
        else look_around();
        check();
        journal_.progress();
    }

private:
    int any(int below) { return std::uniform_int_distribution<int>{0, below - 1}(random_); }
