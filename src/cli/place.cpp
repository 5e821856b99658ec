#include "cli/place.hpp"

#include "dialect/sqlite/statements.hpp"
#include "evolver/schema/digest.hpp"
#include "evolver/schema/tokens.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace evolver::cli {

namespace {

/// How a statement begins, and a keyword that comes later.
struct Kind {
    std::string_view rule;
    std::array<std::string_view, 3> begins;
    std::string_view has = {};
};

/// What makes the finding of a rule, as far as that shows in the first words.
constexpr std::array kinds{
    Kind{"backfill-unbounded", {"UPDATE"}},
    Kind{"backfill-unbounded", {"WITH"}, "UPDATE"},
    Kind{"backfill-write-gap", {"UPDATE"}},
    Kind{"backfill-write-gap", {"WITH"}, "UPDATE"},
    Kind{"collation-or-charset-change", {"CREATE", "TABLE"}},
    Kind{"ddl-mixed-with-dml", {"UPDATE"}},
    Kind{"ddl-mixed-with-dml", {"INSERT"}},
    Kind{"ddl-mixed-with-dml", {"DELETE"}},
    Kind{"default-changed", {"CREATE", "TABLE"}},
    Kind{"drop-column-in-use", {"ALTER", "TABLE"}, "DROP"},
    Kind{"drop-column-in-use", {"DROP", "TABLE"}},
    Kind{"drop-constraint", {"CREATE", "TABLE"}},
    Kind{"drop-index", {"DROP", "INDEX"}},
    Kind{"drop-not-null", {"CREATE", "TABLE"}},
    Kind{"drop-table-in-use", {"DROP", "TABLE"}},
    Kind{"recreate-table", {"DROP", "TABLE"}},
    Kind{"rename-column", {"ALTER", "TABLE"}, "RENAME"},
    Kind{"rename-column", {"DROP", "TABLE"}},
    Kind{"rename-table", {"ALTER", "TABLE"}, "RENAME"},
    Kind{"rename-table", {"DROP", "TABLE"}},
    Kind{"required-column-added", {"CREATE", "TABLE"}},
    Kind{"tighten-not-null", {"CREATE", "TABLE"}},
    Kind{"truncate-or-mass-delete", {"DELETE"}},
    Kind{"unique-on-existing", {"CREATE", "UNIQUE", "INDEX"}},
    Kind{"unique-on-existing", {"CREATE", "TABLE"}},
};

/// One statement, taken apart.
class Words {
public:
    explicit Words(std::string_view text) : tokens_{significant_tokens(text)} {}

    [[nodiscard]] bool is(Kind const& kind) const {
        std::size_t at = 0;
        for (auto const word : kind.begins) {
            if (word.empty()) break;
            if (at >= tokens_.size() || !is_keyword(tokens_[at++], word)) return false;
        }
        return kind.has.empty() ||
               std::ranges::any_of(tokens_, [&](Token const& token) { return is_keyword(token, kind.has); });
    }

    [[nodiscard]] bool names(std::string_view object) const {
        return !object.empty() && std::ranges::any_of(tokens_, [&](Token const& token) {
            return same_identifier(identifier_of(token), object);
        });
    }

    /// "packages.size" as a name, and as "packages" and "size": a name may hold a full stop.
    [[nodiscard]] bool names_all(std::string_view object) const {
        return names(object) || at_each_stop(object, [&](std::string_view table, std::string_view rest) {
                   return names(table) && names_all(rest);
               });
    }

    [[nodiscard]] bool names_table(std::string_view object) const {
        return at_each_stop(object, [&](std::string_view table, std::string_view) { return names(table); });
    }

private:
    template <class Holds>
    static bool at_each_stop(std::string_view object, Holds const& holds) {
        for (auto stop = object.find('.'); stop != std::string_view::npos; stop = object.find('.', stop + 1)) {
            if (holds(object.substr(0, stop), object.substr(stop + 1))) return true;
        }
        return false;
    }

    std::vector<Token> tokens_;
};

/// How well a statement answers a finding; 0: not at all.
int fit(Finding const& finding, std::string_view statement) {
    if (!finding.statement.empty() && statement == finding.statement) return 4;
    Words const words{statement};
    bool const of_kind =
        std::ranges::any_of(kinds, [&](Kind const& kind) { return kind.rule == finding.rule && words.is(kind); });
    bool const all = words.names_all(finding.object);
    if (of_kind && all) return 3;
    if (of_kind && words.names_table(finding.object)) return 2;
    return all ? 1 : 0;
}

}  // namespace

Place place_of(Finding const& finding, std::span<SourceFile const> sources) {
    Place place;
    int best = 0;
    for (auto const& source : sources) {
        if (source.migration != finding.migration) continue;
        if (place.file.empty()) place = {.file = source.path, .line = source.first_line};
        if (!source.leads_on) continue;
        for (auto const& statement : sqlite::split(source.text)) {
            auto const fits = fit(finding, statement.text);
            if (fits <= best) continue;
            best = fits;
            place = {.file = source.path, .line = source.first_line + statement.line - 1};
        }
    }
    return place;
}

}  // namespace evolver::cli
