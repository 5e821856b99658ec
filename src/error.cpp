#include "evolver/error.hpp"

#include <utility>

namespace evolver {

struct Error::Told {
    Failure failure;
    std::string message;
};

namespace {

std::string message_of(Failure const& failure) {
    std::string message = failure.what;
    if (!failure.object.empty() && message.find(failure.object) == std::string::npos)
        message += "\n  object:  " + failure.object;
    if (!failure.sql.empty()) message += "\n  sql:     " + failure.sql;
    if (!failure.instead.empty()) message += "\n  instead: " + failure.instead;
    return message;
}

}  // namespace

Error::Error(Failure failure) {
    auto message = message_of(failure);
    told_ = std::make_shared<Told const>(Told{std::move(failure), std::move(message)});
}

char const* Error::what() const noexcept { return told_->message.c_str(); }
Changed Error::database_changed() const noexcept { return told_->failure.changed; }
bool Error::retry_helps() const noexcept { return told_->failure.retry == Retry::helps; }
std::string const& Error::object() const noexcept { return told_->failure.object; }
std::string const& Error::instead() const noexcept { return told_->failure.instead; }
std::string const& Error::sql() const noexcept { return told_->failure.sql; }
int Error::native_code() const noexcept { return told_->failure.native_code; }

void Error::after_committed_steps() {
    if (told_->failure.changed != Changed::no) return;
    auto failure = told_->failure;
    failure.changed = Changed::partly;
    told_ = std::make_shared<Told const>(Told{std::move(failure), told_->message});
}

}  // namespace evolver
