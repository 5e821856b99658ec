#include "testing/matrix.hpp"

#include "dialect/sqlite/inspect.hpp"
#include "evolver/dialect/engine_error.hpp"
#include "evolver/evolver.hpp"

#include <algorithm>

namespace evolver::testing {

namespace {

/// Migrations up to `last`, of which that one has its first `operations` only.
Plan part_of(Plan const& plan, std::size_t last, std::size_t operations) {
    auto const all = plan.migrations();
    std::vector<Migration> migrations{all.begin(), all.begin() + static_cast<std::ptrdiff_t>(last) + 1};
    auto& cut = migrations.back();
    cut.operations.erase(cut.operations.begin() + static_cast<std::ptrdiff_t>(operations), cut.operations.end());
    cut.invariants.clear();  // they may ask for what is cut off
    return Plan{plan.name(), std::move(migrations)};
}

}  // namespace

MatrixRun::MatrixRun(Plan plan, Baggage baggage, std::vector<std::string> functions,
                     std::vector<MatrixStatement> statements, std::vector<MatrixLive> live)
    : plan_{std::move(plan)},
      baggage_{std::move(baggage)},
      functions_{std::move(functions)},
      statements_{std::move(statements)},
      live_{std::move(live)} {
    if (baggage_.schema.empty()) return;
    auto const database = sqlite::Connection::in_memory();
    database.run(baggage_.schema);
    begun_with_ = sqlite::inspect(database);
}

std::vector<std::size_t> MatrixRun::bases() const {
    std::set<std::size_t> releases;
    for (auto const& one : statements_) releases.insert(one.release);
    for (auto const& one : live_) releases.insert(one.release);
    std::set<std::size_t> all;
    Journey const probe{plan_, baggage_};
    for (auto const release : releases) {
        all.insert(probe.end_of(release));
        all.insert(probe.begin_of(release));
        if (release > 0) all.insert(probe.begin_of(release - 1));
    }
    return {all.begin(), all.end()};
}

CompatibilityReport MatrixRun::run() {
    report_.statements = statements_.size();
    for (auto const base : bases()) {
        if (attempt(base, true)) continue;
        // Rows that were made up may be what stands in the way; those of the user are meant.
        if (baggage_.seeds.empty() && attempt(base, false)) continue;
        if (std::find(report_.failures.begin(), report_.failures.end(), *stuck_) == report_.failures.end())
            report_.failures.push_back(*stuck_);
    }
    report_.schemas = seen_.size();
    return std::move(report_);
}

bool MatrixRun::attempt(std::size_t base, bool with_rows) {
    with_rows_ = with_rows;
    houses_.clear();
    failing_.clear();
    try {
        travel(base);
        return true;
    } catch (Error const& error) {
        auto const all = plan_.migrations();
        auto const& migration = all[std::min(at_, all.size() - 1)];
        stuck_ = Incompatibility{.release = migration.release.text(),
                                 .statement = {},
                                 .phases = {migration.id.text()},
                                 .kind = IncompatibilityKind::plan,
                                 .error = engine_words(error),
                                 .migration = migration.id.text(),
                                 .operation = {},
                                 .instead = error.instead()};
        return false;
    }
}

void MatrixRun::travel(std::size_t base) {
    Journey journey{plan_, baggage_};
    sqlite::StandIns stand_ins{journey.connection(), functions_};
    at_ = base;
    journey.settle(base, with_rows_);
    auto const arrive_at = [&](std::size_t migration, Point point) {
        arrive({journey, base, migration, point, stand_ins});
    };
    auto const last = plan_.migrations().size();
    if (base > 0) arrive_at(base - 1, Point::settled);
    for (auto position = base; position < last; ++position) {
        at_ = position;
        journey.expand();
        arrive_at(position, Point::expanded);
        journey.fill();
        arrive_at(position, Point::filled);
        journey.switch_reads();
        arrive_at(position, Point::switched);
    }
    for (auto position = base; position < last; ++position) {
        at_ = position;
        if (journey.complete()) arrive_at(position, Point::complete);
        journey.contract();
        arrive_at(position, Point::contracted);
    }
}

Elsewhere MatrixRun::elsewhere_at(Journey& journey, Point point) const {
    Elsewhere elsewhere{.connection = &journey.connection(), .schema = sqlite::inspect(journey.connection())};
    auto known = begun_with_;
    for (std::size_t position = 0; position < journey.expanded(); ++position) {
        for (auto const& operation : journey.plan().migrations()[position].operations) {
            std::vector<Pair> pairs;
            try {
                auto effect = effect_of(operation, known);
                pairs = std::move(effect.pairs);
            } catch (Error const&) {
                continue;  // it is about tables that SQL of one's own has made
            }
            if (position < journey.contracted()) continue;
            for (auto const& pair : pairs) {
                if (pair.kind != PairKind::computed) continue;
                for (auto const& column : pair.to) {
                    sqlite::ColumnUse const use{pair.table.text(), column.name.text()};
                    elsewhere.carried.insert(use);
                    if (point == Point::expanded && position + 1 == journey.expanded()) elsewhere.unfilled.insert(use);
                }
            }
        }
    }
    return elsewhere;
}

void MatrixRun::arrive(Stop const& stop) {
    auto& journey = stop.journey;
    auto const floor = journey.floor();
    auto elsewhere = elsewhere_at(journey, stop.point);
    std::set<std::pair<std::size_t, std::string>> still;
    bool any = false;
    for (auto const& one : statements_) {
        // Its release begins with expand(), and is refused below the floor.
        if (one.release < floor || journey.end_of(one.release) > journey.expanded()) continue;
        look(stop, elsewhere, one.release, one.sql, false);
        any = true;
    }
    for (auto const& one : live_) {
        if (one.release < floor || journey.end_of(one.release) > journey.expanded()) continue;
        any = true;
        auto const& name = plan_.releases()[one.release];
        try {
            Evolver evolver{journey.session(), plan_.until(name), {.release = name}};
            evolver.attach();
            for (auto const& sql : one.write(evolver)) look(stop, elsewhere, one.release, sql, true);
        } catch (Error const& error) {
            tell(stop, one.release, "(live)",
                 {.kind = IncompatibilityKind::not_understood,
                  .error = engine_words(error),
                  .instead = error.instead()});
        }
    }
    if (any) seen_.insert({journey.contracted(), journey.expanded(), stop.point, stop.base});
}

MatrixRun::House& MatrixRun::house(std::size_t release, std::size_t base) {
    auto& house = houses_[{release, base}];
    if (house.journey) return house;
    auto journey = std::make_unique<Journey>(plan_, baggage_);
    auto const end = journey->end_of(release);
    journey->settle(std::min(base, end), with_rows_);
    while (journey->expanded() < end) journey->expand();
    journey->fill();
    journey->switch_reads();
    while (journey->contracted() < journey->expanded()) journey->contract();
    house.stand_ins = std::make_unique<sqlite::StandIns>(journey->connection(), functions_);
    auto schema = sqlite::inspect(journey->connection());
    auto sight = sqlite::sight_of(schema);
    house.home = {&journey->connection(), std::move(schema), std::move(sight)};
    house.journey = std::move(journey);
    return house;
}

void MatrixRun::look(Stop const& stop, Elsewhere& elsewhere, std::size_t release, std::string const& sql, bool live) {
    ++report_.checks;
    auto& own = house(release, stop.base);
    auto [entry, is_new] = own.known.try_emplace(sql);
    if (is_new) {
        try {
            entry->second = at_home(sql, own.home, *own.stand_ins);
        } catch (EngineError const& error) {
            if (!live) {
                tell(stop, release, sql,
                     {.kind = IncompatibilityKind::not_its_own,
                      .error = engine_words(error),
                      .instead = "mend the statement, or take it out; a text stands in single quotes"});
            }
        }
    }
    std::optional<Verdict> verdict;
    if (entry->second) {
        elsewhere.same_rows = own.journey->end_of(release) >= stop.base;
        if (live) {
            // It is made for this moment: only what it does counts.
            Elsewhere alone{.connection = elsewhere.connection,
                            .schema = elsewhere.schema,
                            .carried = elsewhere.carried,
                            .same_rows = elsewhere.same_rows};
            verdict = judge(sql, own.home, *entry->second, alone, *own.stand_ins, stop.stand_ins);
        } else {
            verdict = judge(sql, own.home, *entry->second, elsewhere, *own.stand_ins, stop.stand_ins);
        }
    } else if (live) {
        // Its text is for both shapes, which its own schema has not: here it has to be understood and run.
        try {
            auto const known =
                at_home(sql, {&stop.journey.connection(), elsewhere.schema, sqlite::sight_of(elsewhere.schema)},
                        stop.stand_ins);
            (void)known;
        } catch (EngineError const& error) {
            verdict = Verdict{.kind = IncompatibilityKind::not_understood, .error = engine_words(error), .instead = {}};
        }
    }
    if (verdict) tell(stop, release, sql, *verdict);
}

void MatrixRun::tell(Stop const& stop, std::size_t release, std::string const& sql, Verdict const& verdict) {
    auto const& migration = plan_.migrations()[stop.migration];
    auto const phase = migration.id.text() + ": " + std::string{name_of(stop.point)};
    bool const known_failure = !failing_.insert({release, sql, verdict.kind}).second;
    auto const& name = plan_.releases()[release].text();
    auto const same = [&](Incompatibility const& one) {
        return one.release == name && one.statement == sql && one.kind == verdict.kind;
    };
    auto found = std::find_if(report_.failures.rbegin(), report_.failures.rend(), same);
    if (!known_failure && verdict.kind != IncompatibilityKind::not_its_own) {
        auto const [position, operation] = culprit(stop, release, sql, verdict);
        auto const& id = plan_.migrations()[position].id.text();
        found = std::find_if(report_.failures.rbegin(), report_.failures.rend(), [&](Incompatibility const& one) {
            return same(one) && one.migration == id && one.operation == operation;
        });
        if (found == report_.failures.rend()) {
            report_.failures.push_back({.release = name,
                                        .statement = sql,
                                        .phases = {},
                                        .kind = verdict.kind,
                                        .error = verdict.error,
                                        .migration = id,
                                        .operation = operation,
                                        .instead = verdict.instead});
            found = report_.failures.rbegin();
        }
    } else if (found == report_.failures.rend()) {
        report_.failures.push_back({.release = name,
                                    .statement = sql,
                                    .phases = {},
                                    .kind = verdict.kind,
                                    .error = verdict.error,
                                    .migration = {},
                                    .operation = {},
                                    .instead = verdict.instead});
        found = report_.failures.rbegin();
    }
    if (std::find(found->phases.begin(), found->phases.end(), phase) == found->phases.end())
        found->phases.push_back(phase);
}

std::pair<std::size_t, std::string> MatrixRun::culprit(Stop const& stop, std::size_t release, std::string const& sql,
                                                       Verdict const& verdict) {
    auto const& operations = plan_.migrations()[stop.migration].operations;
    for (std::size_t count = 1; sql != "(live)" && count <= operations.size(); ++count) {
        if (count == operations.size() && count == 1) return {stop.migration, title(operations.front())};
        try {
            if (fails_with(part_of(plan_, stop.migration, count), stop, release, sql, verdict.kind))
                return {stop.migration, title(operations[count - 1])};
        } catch (Error const&) {
            break;  // without its other half it does not go: by the table, then
        }
    }
    for (auto const& operation : operations) {
        if (verdict.tables.contains(table_of(operation))) return {stop.migration, title(operation)};
    }
    return {stop.migration, {}};
}

bool MatrixRun::fails_with(Plan const& part, Stop const& stop, std::size_t release, std::string const& sql,
                           IncompatibilityKind kind) {
    Journey journey{part, baggage_};
    sqlite::StandIns stand_ins{journey.connection(), functions_};
    journey.settle(stop.base, with_rows_);
    while (journey.expanded() <= stop.migration) {
        journey.expand();
        if (stop.point != Point::expanded || journey.expanded() <= stop.migration) journey.fill();
    }
    if (stop.point != Point::expanded && stop.point != Point::filled) journey.switch_reads();
    if (stop.point == Point::complete || stop.point == Point::contracted) {
        while (journey.contracted() < stop.migration) journey.contract();
        if (stop.point == Point::complete) (void)journey.complete();
        if (stop.point == Point::contracted) journey.contract();
    }
    auto& own = house(release, stop.base);
    auto const known = own.known.find(sql);
    if (known == own.known.end() || !known->second) return false;
    auto elsewhere = elsewhere_at(journey, stop.point);
    elsewhere.same_rows = own.journey->end_of(release) >= stop.base;
    auto const verdict = judge(sql, own.home, *known->second, elsewhere, *own.stand_ins, stand_ins);
    return verdict && verdict->kind == kind;
}

}  // namespace evolver::testing
