#include "execute/standstill.hpp"

#include <algorithm>
#include <optional>
#include <thread>

namespace evolver {

std::chrono::microseconds at_standstill(Workplace& workplace, Standstill const& standstill,
                                        std::function<void()> const& work) {
    // Instances stand still first, the database's lock comes second: an instance that waits for the database inside a statement would
    // otherwise wait for us, and we for it. Both waits are short, because all new statements stand still meanwhile: together they are
    // within the 50 ms that anybody may be kept out.
    auto const attempt = std::min(std::chrono::milliseconds{20}, workplace.wait());
    constexpr std::chrono::milliseconds longest_pause{200};
    auto const until = std::chrono::steady_clock::now() + standstill.wait.value_or(workplace.wait());
    auto const& connection = workplace.own();
    for (std::chrono::milliseconds pause{5};; pause = std::min(pause * 2, longest_pause)) {
        if (standstill.look_around) standstill.look_around();
        try {
            auto const asked = std::chrono::steady_clock::now();
            std::optional<Presence::Move> move;
            if (standstill.of_statements) move.emplace(workplace.presence().move(attempt));
            std::optional<sqlite::WriteTransaction> transaction;
            transaction.emplace(connection, standstill.of_statements ? attempt : workplace.wait());
            work();
            transaction->commit();
            if (move) move->done(0);
            return standstill.of_statements
                       ? std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - asked)
                       : transaction->held();
        } catch (Error const& error) {
            if (!error.retry_helps() || std::chrono::steady_clock::now() >= until) throw;
            workplace.tell({.kind = EventKind::waiting, .message = error.what()});
        }
        std::this_thread::sleep_for(pause);
    }
}

}  // namespace evolver
