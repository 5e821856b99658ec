#pragma once

/// What lint says of a plan: one hazard, of one object, in one migration.

#include <string>
#include <string_view>

namespace evolver {

/// What kind of harm it would do.
enum class Classification {
    additive,     ///< Something new that costs more than it looks.
    destructive,  ///< Rows or values go.
    data,         ///< Rows are written, and hold something else afterwards than was meant.
    constraint,   ///< Something that was accepted is refused, or the other way round.
    behavioural,  ///< Programs or readers meet something that they do not expect.
};

enum class Severity {
    error,    ///< Somebody's statement fails, or something is lost: do what `instead` says, or accept it with a reason.
    warning,  ///< Harmless in most databases, not in all: look.
    info,     ///< Good to know.
};

struct Finding {
    std::string rule;  ///< Its stable name: "drop-column-in-use". explain() has a page for it.
    Classification classification;
    Severity severity;
    std::string migration;  ///< The id; empty for what is true of the whole database.
    std::string object;     ///< "packages.size", "packages", "packages_by_size"; with `rule` it names the finding.
    std::string what;       ///< What happens, in one sentence, with live facts where a database was given.
    std::string why;        ///< Why that is a hazard.
    std::string instead;    ///< What to do instead, ready to paste.
    /// The statement of the migration's own SQL that does it, as it stands there; empty where that is not known.
    std::string statement = {};
};

/// "destructive".
[[nodiscard]] std::string_view name_of(Classification classification) noexcept;
/// "error".
[[nodiscard]] std::string_view name_of(Severity severity) noexcept;

/// Four lines for people: rule and object, what, why, instead.
[[nodiscard]] std::string text_of(Finding const& finding);

}  // namespace evolver
