#include "evolver/access/live_statement.hpp"

#include "access/access_state.hpp"
#include "dialect/sqlite/soci_handle.hpp"

#include <utility>

namespace evolver {

namespace {

/// Ends the statement whatever happens, so that no read stays open.
class Ended {
public:
    explicit Ended(soci::statement& statement) : statement_{statement} {}
    ~Ended() { sqlite::end(statement_); }
    Ended(Ended const&) = delete;
    Ended& operator=(Ended const&) = delete;

private:
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
    auto const moment = state_->look_at_schema(sqlite::handle_of(*session_), epoch);
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
    auto const use = state_->presence().use();
    if (!statement_ || use.epoch() != epoch_) prepare(use.epoch());
    detail::count(counted_);
    Ended const ended{*statement_};
    return statement_->execute(true);
}

void LiveStatement::each(std::function<void()> const& row) {
    auto const use = state_->presence().use();
    if (!statement_ || use.epoch() != epoch_) prepare(use.epoch());
    detail::count(counted_);
    Ended const ended{*statement_};
    for (bool more = statement_->execute(true); more; more = statement_->fetch()) row();
}

long long LiveStatement::affected_rows() const {
    return statement_ ? const_cast<soci::statement&>(*statement_).get_affected_rows() : 0;
}

}  // namespace evolver
