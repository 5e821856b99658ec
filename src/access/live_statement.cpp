#include "evolver/access/live_statement.hpp"

#include "access/access_state.hpp"

#include <utility>

namespace evolver {

namespace {

/// Ends the statement whatever happens, so that no read stays open.
class Ended {
public:
    Ended(detail::AccessState& state, soci::statement& statement) : state_{state}, statement_{statement} {}
    ~Ended() { state_.end(statement_); }
    Ended(Ended const&) = delete;
    Ended& operator=(Ended const&) = delete;

private:
    detail::AccessState& state_;
    soci::statement& statement_;
};

}  // namespace

LiveStatement::LiveStatement(soci::session& session, LiveSql sql)
    : session_{&session}, state_{sql.state_}, writer_{sql.whole()} {}

LiveStatement::~LiveStatement() = default;
LiveStatement::LiveStatement(LiveStatement&&) noexcept = default;
LiveStatement& LiveStatement::operator=(LiveStatement&&) noexcept = default;

LiveStatement& LiveStatement::bind(std::function<void(soci::statement&)> binder) {
    binders_.push_back(std::move(binder));
    statement_.reset();
    return *this;
}

void LiveStatement::prepare(std::uint64_t epoch) {
    auto const moment = state_->look_at_schema(*session_, epoch);
    statement_.emplace(*session_);
    try {
        for (auto const& binder : binders_) binder(*statement_);
        statement_->alloc();
        auto made = writer_(*state_, moment);
        counted_ = std::move(made.counted);
        statement_->prepare(made.sql);
        statement_->define_and_bind();
    } catch (...) {
        statement_.reset();
        throw;
    }
    epoch_ = moment.past == nullptr ? epoch : epoch - 1;  // what is for a snapshot is for no later execution
}

bool LiveStatement::execute() {
    auto const use = state_->use();
    if (!statement_ || use.epoch() != epoch_) prepare(use.epoch());
    detail::count(counted_);
    use.check();
    Ended const ended{*state_, *statement_};
    bool const found = statement_->execute(true);
    if (found) use.check();  // what was written is written
    return found;
}

void LiveStatement::each(std::function<void()> const& row) {
    auto const use = state_->use();
    if (!statement_ || use.epoch() != epoch_) prepare(use.epoch());
    detail::count(counted_);
    use.check();
    Ended const ended{*state_, *statement_};
    for (bool more = statement_->execute(true); more; more = statement_->fetch()) {
        use.check();
        row();
    }
}

long long LiveStatement::affected_rows() const {
    return statement_ ? const_cast<soci::statement&>(*statement_).get_affected_rows() : 0;
}

}  // namespace evolver
