#include "dialect/postgresql/sync.hpp"

#include "dialect/postgresql/connection.hpp"
#include "evolver/schema/digest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace evolver::postgresql {

namespace {

std::string qualified(std::string const& schema, std::string_view name) { return quoted(schema) + "." + quoted(name); }

std::string function_name(SyncedTable const& table) {
    // A name has at most 63 bytes, and what is longer is cut off: two tables would share a function.
    return qualified(table.schema, "evolver_sync_" + digest_of(table.table.text()).substr(0, 12));
}

/// A column of the row that is being written, by the database's own spelling of it.
Spelling of_row(SyncedTable const& table) {
    return [&table](Name const& column) {
        for (auto const& synced : table.pairs) {
            for (auto const* sides : {&synced.pair.from, &synced.pair.to}) {
                for (auto const& side : *sides) {
                    if (side.column == column) return "NEW." + quoted(side.column.text());
                }
            }
        }
        return "NEW." + quoted(column.text());
    };
}

/// Whether the columns of a side have changed, as a variable of the function: by its number among those that some pair has.
class Changes {
public:
    explicit Changes(SyncedTable const& table) {
        for (auto const& synced : table.pairs) {
            for (auto const* sides : {&synced.pair.from, &synced.pair.to}) {
                for (auto const& side : *sides) {
                    if (std::ranges::none_of(sides_, [&](Side const& known) { return known.column == side.column; }))
                        sides_.push_back(side);
                }
            }
        }
    }

    [[nodiscard]] std::string variable(Name const& column) const {
        auto const found = std::ranges::find_if(sides_, [&](Side const& side) { return side.column == column; });
        return fmt::format("changed_{}", found - sides_.begin());
    }
    [[nodiscard]] std::string any_of(std::vector<Side> const& sides) const {
        std::string text;
        for (auto const& side : sides) text += (text.empty() ? "" : " OR ") + variable(side.column);
        return "(" + text + ")";
    }
    [[nodiscard]] std::string marked(std::vector<Side> const& sides) const {
        std::string text;
        for (auto const& side : sides) text += "      " + variable(side.column) + " := true;\n";
        return text;
    }
    [[nodiscard]] std::vector<Side> const& sides() const noexcept { return sides_; }

private:
    std::vector<Side> sides_;
};

std::string assignments(std::vector<Side> const& sides, std::vector<std::string> const& expressions,
                        Spelling const& spelling) {
    // Each from the row as it was: one may read what another sets.
    std::string text = "      SELECT ";
    for (std::size_t i = 0; i < sides.size(); ++i)
        text +=
            fmt::format("{}CAST(({}\n) AS {})", i > 0 ? ", " : "", spelled(expressions[i], spelling), sides[i].type);
    text += " INTO ";
    for (std::size_t i = 0; i < sides.size(); ++i) text += (i > 0 ? ", " : "") + spelling(sides[i].column);
    if (sides.size() > 1) return text + ";\n";
    return fmt::format("      {} := CAST(({}\n) AS {});\n", spelling(sides[0].column),
                       spelled(expressions[0], spelling), sides[0].type);
}

std::string nulls(std::vector<Side> const& sides, Spelling const& spelling) {
    std::string text;
    for (auto const& side : sides) text += "      " + spelling(side.column) + " := NULL;\n";
    return text;
}

bool may_raise(PhysicalPair const& pair) {
    auto const any = [&](std::vector<std::string> const& expressions, std::vector<Side> const& sides) {
        for (std::size_t i = 0; i < sides.size(); ++i) {
            if (can_fail(pair, expressions[i], sides[i])) return true;
        }
        return false;
    };
    return any(pair.up, pair.to) || any(pair.down, pair.from);
}

class Writer {
public:
    explicit Writer(SyncedTable const& table) : table_{table}, changes_{table}, row_{of_row(table)} {}

    [[nodiscard]] std::string function() const {
        // An assignment is evaluated at once; PERFORM would run a query, at a tenth of the whole.
        std::string text = "\nDECLARE\n  agree boolean;\n  counted bigint;\n  moved boolean := false;\n";
        for (auto const& side : changes_.sides()) text += "  " + changes_.variable(side.column) + " boolean;\n";
        text += "BEGIN\n" + looks() + dropped() + catch_up() + down() + up() + "  RETURN NEW;\nEND\n";
        return "CREATE OR REPLACE FUNCTION " + function_name(table_) + "() RETURNS trigger LANGUAGE plpgsql " +
               settings() + "AS " + dollar_quoted(text);
    }

private:
    [[nodiscard]] std::string settings() const {
        std::vector<PhysicalPair> pairs;
        for (auto const& synced : table_.pairs) pairs.push_back(synced.pair);
        // An expression for a dropped column may name any column of the row, of a type that is not known here.
        for (auto const& one : table_.dropped)
            pairs.push_back(
                {.table = table_.table, .from = {{one.column, "unknown"}}, .to = {}, .up = {}, .down = {one.down}});
        return fixed_settings(pairs);
    }

    [[nodiscard]] std::string looks() const {
        std::string inserted;
        std::string updated;
        for (auto const& side : changes_.sides()) {
            auto const now = row_(side.column);
            inserted += fmt::format("    {} := {} IS NOT NULL;\n", changes_.variable(side.column), now);
            updated += fmt::format("    {} := NOT ({});\n", changes_.variable(side.column),
                                   same_values(side, "OLD" + now.substr(3), now));
        }
        std::string moved;
        for (auto const& side : table_.key.columns) {
            auto const column = quoted(side.column.text());
            moved += fmt::format("{0}OLD.{1} IS DISTINCT FROM NEW.{1}", moved.empty() ? "" : " OR ", column);
        }
        if (!moved.empty()) updated += "    moved := " + moved + ";\n";
        std::string none;
        for (auto const& side : changes_.sides()) none += " OR " + changes_.variable(side.column);
        updated += "    IF NOT (moved" + none + ") THEN RETURN NEW; END IF;\n";
        return "  IF TG_OP = 'INSERT' THEN\n" + inserted + "  ELSE\n" + updated + "  END IF;\n";
    }

    /// What is newer than a pair, and reads what it makes.
    [[nodiscard]] std::vector<Side> newer_than(std::size_t at) const {
        auto made = table_.pairs[at].pair.to;
        std::vector<Side> newer;
        for (auto i = at + 1; i < table_.pairs.size(); ++i) {
            auto const& pair = table_.pairs[i].pair;
            bool const follows = std::ranges::any_of(pair.from, [&](Side const& side) {
                return std::ranges::any_of(made, [&](Side const& one) { return one.column == side.column; });
            });
            if (!follows) continue;
            newer.insert(newer.end(), pair.to.begin(), pair.to.end());
            made.insert(made.end(), pair.to.begin(), pair.to.end());
        }
        return newer;
    }

    /// `text`, which may raise what a conversion raises; then `otherwise`.
    [[nodiscard]] static std::string guarded(bool raises, std::string const& text, std::string const& otherwise) {
        if (!raises) return text;
        // Whatever an expression, a domain or a function of the application's makes of the value.
        return "    BEGIN\n" + text + "    EXCEPTION WHEN OTHERS THEN\n      " + std::string{passing_on} + otherwise +
               "    END;\n";
    }

    [[nodiscard]] static std::string agreement(PhysicalPair const& pair, Spelling const& spelling) {
        return guarded(may_raise(pair), fmt::format("      agree := {};\n", in_sync(pair, spelling)),
                       "      agree := false;\n");
    }

    [[nodiscard]] std::string quarantine(SyncedPair const& synced) const {
        return fmt::format("      PERFORM {}({}, {}, {}, {}, SQLSTATE);\n",
                           qualified(table_.schema, "evolver_quarantine_row"), literal(table_.plan),
                           literal(synced.migration), literal(table_.table.text()), key_text(table_.key, "NEW."));
    }

    enum class Counted { no, as_legacy };

    /// Each block with an exception handler is a subtransaction, which costs a third of the whole. So all is tried in one of them; where
    /// something raises an error there, it is done again with each part in a block of its own, which says what has failed.
    [[nodiscard]] std::string fill(SyncedPair const& synced, std::string const& condition, Counted counted) const {
        auto text = fmt::format("  IF {} THEN\n", condition) + guarded(may_raise(synced.pair),
                                                                       carried(synced, counted, Blocks::none),
                                                                       carried(synced, counted, Blocks::each));
        if (counted == Counted::as_legacy)
            text += fmt::format("    IF NOT agree THEN\n      counted := nextval({});\n    END IF;\n",
                                literal(qualified(table_.schema, synced.counter)));
        return text + "  END IF;\n";
    }

    enum class Blocks { none, each };

    [[nodiscard]] std::string carried(SyncedPair const& synced, Counted counted, Blocks blocks) const {
        auto const& pair = synced.pair;
        auto const tried = [&](bool raises, std::string const& part, std::string const& otherwise) {
            return guarded(raises && blocks == Blocks::each, part, otherwise);
        };
        auto text =
            tried(may_raise(pair), fmt::format("      agree := {};\n", in_sync(pair, row_)),
                  "      agree := false;\n") +
            "    IF NOT agree THEN\n" +
            tried(may_raise(pair), assignments(pair.to, pair.up, row_), nulls(pair.to, row_) + quarantine(synced)) +
            changes_.marked(pair.to);
        // What the new shape cannot give back is a write of the old one, whether anything had to be carried or not.
        if (counted == Counted::as_legacy)
            text += "    ELSE\n" + tried(may_raise(pair), fmt::format("      agree := {};\n", lossless(pair, row_)),
                                         "      agree := false;\n");
        return text + "    END IF;\n";
    }

    [[nodiscard]] std::string dropped() const {
        std::string text;
        for (auto const& one : table_.dropped) {
            auto const column = row_(one.column);
            text += fmt::format("  IF TG_OP = 'INSERT' AND {0} IS NULL THEN\n    {0} := ({1}\n    );\n  END IF;\n",
                                column, spelled(one.down, row_));
        }
        return text;
    }

    /// What the statement leaves alone of several new columns, in a row that is not filled yet.
    [[nodiscard]] std::string fill_rest(PhysicalPair const& pair) const {
        if (pair.to.size() < 2) return {};
        auto const before = [this](Name const& column) { return "OLD" + row_(column).substr(3); };
        auto text = fmt::format("  IF TG_OP = 'UPDATE' AND {} AND NOT {} AND {} THEN\n", changes_.any_of(pair.to),
                                changes_.any_of(pair.from), all_null(pair.to, before));
        for (std::size_t i = 0; i < pair.to.size(); ++i) {
            auto const& side = pair.to[i];
            text += fmt::format("    IF NOT {} THEN\n", changes_.variable(side.column)) +
                    guarded(can_fail(pair, pair.up[i], side), assignments({side}, {pair.up[i]}, row_),
                            nulls({side}, row_)) +
                    "    END IF;\n";
        }
        return text + "  END IF;\n";
    }

    [[nodiscard]] std::string catch_up() const {
        std::string text;
        for (auto const& synced : table_.pairs) text += fill_rest(synced.pair);
        for (std::size_t i = 0; i < table_.pairs.size(); ++i) {
            auto const newer = newer_than(i);
            if (newer.empty()) continue;
            auto const& pair = table_.pairs[i].pair;
            text += fill(table_.pairs[i],
                         fmt::format("TG_OP = 'UPDATE' AND {} AND NOT {} AND NOT {} AND ({})", changes_.any_of(newer),
                                     changes_.any_of(pair.to), changes_.any_of(pair.from), all_null(pair.to, row_)),
                         Counted::no);
        }
        return text;
    }

    [[nodiscard]] std::string down() const {
        std::string text;
        for (auto synced = table_.pairs.rbegin(); synced != table_.pairs.rend(); ++synced) {
            auto const& pair = synced->pair;
            text += fmt::format("  IF {} THEN\n", changes_.any_of(pair.to)) + agreement(pair, row_) +
                    "      IF NOT agree THEN\n" + assignments(pair.from, pair.down, row_) + changes_.marked(pair.from) +
                    "      END IF;\n  END IF;\n";
        }
        return text;
    }

    [[nodiscard]] std::string up() const {
        std::string text;
        for (auto const& synced : table_.pairs) {
            auto const& pair = synced.pair;
            text += fill(synced,
                         fmt::format("((TG_OP = 'INSERT' OR {}) AND NOT {}) OR (moved AND ({}))",
                                     changes_.any_of(pair.from), changes_.any_of(pair.to), all_null(pair.to, row_)),
                         Counted::as_legacy);
        }
        return text;
    }

    SyncedTable const& table_;
    Changes changes_;
    Spelling row_;
};

}  // namespace

std::string sync_function(SyncedTable const& table) { return Writer{table}.function(); }

std::string sync_trigger(SyncedTable const& table) {
    return fmt::format(
        "CREATE TRIGGER {} BEFORE INSERT OR UPDATE ON {} FOR EACH ROW WHEN (current_setting('evolver.filling', true) "
        "IS DISTINCT FROM 'on') EXECUTE FUNCTION {}()",
        quoted(sync_trigger_name), qualified(table.schema, table.table.text()), function_name(table));
}

std::vector<std::string> drop_sync(SyncedTable const& table) {
    return {fmt::format("DROP TRIGGER IF EXISTS {} ON {}", quoted(sync_trigger_name),
                        qualified(table.schema, table.table.text())),
            "DROP FUNCTION IF EXISTS " + function_name(table) + "()"};
}

std::string sync_is_on(std::string const& schema, Name const& table) {
    return fmt::format(
        "SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass({}) AND tgname = {} AND tgenabled IN ('O', "
        "'A'))",
        literal(qualified(schema, table.text())), literal(sync_trigger_name));
}

std::string version_of_triggers() {
    return "SELECT string_agg(concat_ws(' ', oid, xmin, tgenabled), ',' ORDER BY oid) FROM pg_trigger WHERE tgrelid = "
           "to_regclass($1)";
}

std::string counter_name(std::int64_t id) { return fmt::format("evolver_legacy_{:x}", static_cast<std::uint64_t>(id)); }

std::vector<std::string> make_counter(std::string const& schema, std::string const& counter) {
    auto const name = qualified(schema, counter);
    return {"CREATE SEQUENCE IF NOT EXISTS " + name + " CACHE 1", "GRANT USAGE ON SEQUENCE " + name + " TO PUBLIC"};
}

std::string drop_counter(std::string const& schema, std::string const& counter) {
    return "DROP SEQUENCE IF EXISTS " + qualified(schema, counter);
}

std::string read_counter(std::string const& schema, std::string const& counter) {
    return "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM " + qualified(schema, counter);
}

std::vector<std::string> make_quarantine(std::string const& schema) {
    auto const table = qualified(schema, "evolver_quarantine");
    auto const function = qualified(schema, "evolver_quarantine_row");
    return {
        "CREATE TABLE IF NOT EXISTS " + table +
            " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, plan text NOT NULL, migration text NOT NULL, "
            "table_name "
            "text NOT NULL, row_key text NOT NULL, why text NOT NULL, column_name text, value text, noted_at "
            "timestamptz NOT NULL DEFAULT "
            "clock_timestamp())",
        // By the trigger, without the values: who may see the row may look there. With fixed names, for it runs as who made it.
        "CREATE OR REPLACE FUNCTION " + function +
            "(text, text, text, text, text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS "
            "$evolver$ INSERT INTO " +
            table + " (plan, migration, table_name, row_key, why) VALUES ($1, $2, $3, $4, $5) $evolver$",
        "GRANT EXECUTE ON FUNCTION " + function + "(text, text, text, text, text) TO PUBLIC"};
}

}  // namespace evolver::postgresql
