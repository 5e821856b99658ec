#include "evolver/access/live_sql.hpp"

#include "access/access_state.hpp"

#include <soci/soci.h>

#include <ostream>
#include <utility>

namespace evolver {

LiveSql::LiveSql(std::shared_ptr<detail::AccessState> state, Writer writer)
    : state_{std::move(state)}, writer_{std::move(writer)}, guard_{std::make_unique<detail::UseGuard>(state_->use())} {
    auto made = writer_(*state_, {.epoch = guard_->epoch()});
    text_ = std::move(made.sql);
    counted_ = std::move(made.counted);
}

LiveSql::LiveSql(LiveSql const& other)
    : state_{other.state_},
      writer_{other.writer_},
      prepended_{other.prepended_},
      appended_{other.appended_},
      text_{other.text_},
      counted_{other.counted_},
      guard_{other.guard_ ? std::make_unique<detail::UseGuard>(*other.guard_) : nullptr} {}

LiveSql::LiveSql(LiveSql&& other) noexcept = default;
LiveSql::~LiveSql() = default;

LiveSql& LiveSql::operator=(LiveSql other) noexcept {
    std::swap(state_, other.state_);
    std::swap(writer_, other.writer_);
    std::swap(prepended_, other.prepended_);
    std::swap(appended_, other.appended_);
    std::swap(text_, other.text_);
    std::swap(counted_, other.counted_);
    std::swap(guard_, other.guard_);
    return *this;
}

LiveSql operator+(LiveSql sql, std::string_view more) {
    sql.text_ += more;
    sql.appended_ += more;
    return sql;
}

LiveSql operator+(std::string_view before, LiveSql sql) {
    sql.text_.insert(0, before);
    sql.prepended_.insert(0, before);
    return sql;
}

LiveSql operator+(LiveSql left, LiveSql const& right) {
    // Both are rewritten when the shape moves, so the whole is a recipe of two.
    auto const first = left.whole();
    auto const second = right.whole();
    LiveSql both{left};
    both.writer_ = [first, second](detail::AccessState& state, detail::Moment const& moment) {
        auto made = first(state, moment);
        auto const more = second(state, moment);
        made.sql += more.sql;
        made.counted = detail::both(made.counted, more.counted);
        return made;
    };
    both.counted_ = detail::both(left.counted_, right.counted_);
    both.text_ = left.text_ + right.text_;
    both.prepended_.clear();
    both.appended_.clear();
    return both;
}

LiveSql::Writer LiveSql::whole() const {
    return [writer = writer_, prepended = prepended_, appended = appended_](detail::AccessState& state,
                                                                            detail::Moment const& moment) {
        auto made = writer(state, moment);
        made.sql = prepended + made.sql + appended;
        return made;
    };
}

std::ostream& operator<<(std::ostream& out, LiveSql const& sql) { return out << sql.text_; }

soci::details::once_temp_type operator<<(soci::session& session, LiveSql const& sql) {
    if (sql.guard_) {
        auto const moment = sql.state_->look_at_schema(session, sql.guard_->epoch());
        sql.guard_->check();
        if (moment.past != nullptr) {
            auto const made = sql.whole()(*sql.state_, moment);
            detail::count(made.counted);
            return session.once << made.sql;
        }
    }
    detail::count(sql.counted_);
    return session.once << sql.text_;
}

}  // namespace evolver
