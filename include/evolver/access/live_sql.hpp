#pragma once

/// A statement of the new shape, as it has to be written at this moment.

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

namespace soci {
class session;
namespace details {
class once_temp_type;
}
}  // namespace soci

namespace evolver {

namespace detail {
class AccessState;
class UseGuard;
struct Counters;
struct Moment;
struct SqlText;
}  // namespace detail

/// What LiveTable's functions return: a recipe, and its text for the shape that the database has now.
///
/// While it lives, the shape stays what its text was written for: no contract and no rollback passes the point where they change it. So
/// stream it into the session in the expression that makes it, and keep none: to keep a statement, make a LiveStatement of it.
///
///     db << packages.select({"size_bytes"}) + " WHERE id = :id", soci::into(bytes), soci::use(id, "id");
///
/// On PostgreSQL that holds for as long as the instance's lease, 30 s from the last statement or heartbeat; what is kept for longer throws LeaseExpired
/// when it is used (fleet/lease_expired.hpp).
///
/// A transaction that has read before the shape moved goes on with what it reads: its statements are written for its snapshot, each time anew.
///
/// `operator+` appends to the text; what is appended means the new shape in a select, and the bare table in update and insert.
/// Threads: belongs to one. Cost: an atomic load and two counts where the text is known already; text is cached per stage.
class LiveSql {
public:
    LiveSql(LiveSql const& other);
    LiveSql(LiveSql&& other) noexcept;
    LiveSql& operator=(LiveSql other) noexcept;
    ~LiveSql();

    /// The text. Throws what writing it throws: AccessError for columns that are not there.
    [[nodiscard]] std::string const& text() const noexcept { return text_; }

    friend LiveSql operator+(LiveSql sql, std::string_view more);
    friend LiveSql operator+(std::string_view before, LiveSql sql);
    friend LiveSql operator+(LiveSql left, LiveSql const& right);

    friend std::ostream& operator<<(std::ostream& out, LiveSql const& sql);
    friend soci::details::once_temp_type operator<<(soci::session& session, LiveSql const& sql);

private:
    friend class LiveTable;
    friend class LiveStatement;
    using Writer = std::function<detail::SqlText(detail::AccessState&, detail::Moment const&)>;

    LiveSql(std::shared_ptr<detail::AccessState> state, Writer writer);

    [[nodiscard]] Writer whole() const;

    std::shared_ptr<detail::AccessState> state_;
    Writer writer_;
    std::string prepended_;
    std::string appended_;
    std::string text_;
    std::shared_ptr<detail::Counters const> counted_;
    std::unique_ptr<detail::UseGuard> guard_;
};

/// Appends; see LiveSql.
[[nodiscard]] LiveSql operator+(LiveSql sql, std::string_view more);
/// `"SELECT … FROM " + packages.from("p")`.
[[nodiscard]] LiveSql operator+(std::string_view before, LiveSql sql);
/// `packages.update({"title"}) + " WHERE " + packages.column("size_bytes") + " > :min"`; both of one Evolver.
[[nodiscard]] LiveSql operator+(LiveSql left, LiveSql const& right);

/// `db << packages.insert({"title"}), soci::use(title, "title")`: as SOCI's own, but the session looks at the schema first where it has moved.
/// SQLite looks by itself where a statement names what is not there; not where a column that was a second name has become the only one.
/// `db.prepare << sql` does not look: to keep a statement, make a LiveStatement of it.
soci::details::once_temp_type operator<<(soci::session& session, LiveSql const& sql);

}  // namespace evolver
