#include "pipeline/run_json.hpp"

#include "evolver/error.hpp"

#include <algorithm>
#include <concepts>
#include <optional>
#include <type_traits>

namespace evolver {

namespace {

class Writing;
class Reading;

/// A record as an archive takes it: one that is written is not changed.
template <class Archive, class Record>
using Of = std::conditional_t<std::same_as<Archive, Reading>, Record, Record const>;

template <class Archive>
void fields(Archive& a, Of<Archive, LogLine>& it) {
    a("at", it.at)("text", it.text);
}
template <class Archive>
void fields(Archive& a, Of<Archive, StepRecord>& it) {
    a("migration", it.migration)("what", it.what)("sql", it.sql)("planned_rows", it.planned_rows)("rows", it.rows);
    a("estimate", it.estimate)("duration", it.duration)("lock_wait", it.lock_wait)("started", it.started);
}
template <class Archive>
void fields(Archive& a, Of<Archive, BatchPoint>& it) {
    a("at", it.at)("rows", it.rows)("batches", it.batches)("duration", it.duration)("longest", it.longest);
    a("lock_wait", it.lock_wait);
}
template <class Archive>
void fields(Archive& a, Of<Archive, LockWaitFigures>& it) {
    a("count", it.count)("total", it.total)("longest", it.longest);
}
template <class Archive>
void fields(Archive& a, Of<Archive, Estimate>& it) {
    a("migration", it.migration)("table", it.table)("rows", it.rows)("bytes", it.bytes)("batches", it.batches);
    a("work", it.work)("lock", it.lock)("time", it.time)("disk", it.disk)("correction", it.correction);
}
template <class Archive>
void fields(Archive& a, Of<Archive, BackfillRecord>& it) {
    a("migration", it.migration)("table", it.table)("rows", it.rows)("batches", it.batches)("skipped", it.skipped);
    a("rows_per_second", it.rows_per_second)("work", it.work)("longest_lock", it.longest_lock);
    a("expected", it.expected);
}
template <class Archive>
void fields(Archive& a, Of<Archive, Finding>& it) {
    a("rule", it.rule)("classification", it.classification)("severity", it.severity)("migration", it.migration);
    a("object", it.object)("what", it.what)("why", it.why)("instead", it.instead);
}
template <class Archive>
void fields(Archive& a, Of<Archive, PairComparison>& it) {
    a("migration", it.migration)("table", it.table)("columns", it.columns)("rows", it.rows);
    a("different", it.different)("lossy", it.lossy)("lossy_keys", it.lossy_keys)("chunks", it.chunks);
    a("resumed", it.resumed)("duration", it.duration);
}
template <class Archive>
void fields(Archive& a, Of<Archive, Mismatch>& it) {
    a("migration", it.migration)("table", it.table)("key", it.key);
}
template <class Archive>
void fields(Archive& a, Of<Archive, InvariantAnswer>& it) {
    a("migration", it.migration)("name", it.name);
}
template <class Archive>
void fields(Archive& a, Of<Archive, Gate>& it) {
    a("name", it.name)("migration", it.migration)("open", it.open)("reason", it.reason);
}
template <class Archive>
void fields(Archive& a, Of<Archive, Override>& it) {
    a("gate", it.gate)("reason", it.reason);
}
template <class Archive>
void fields(Archive& a, Of<Archive, AcceptedLoss>& it) {
    a("migration", it.migration)("reason", it.reason);
}
template <class Archive>
void fields(Archive& a, Of<Archive, StageFailure>& it) {
    a("what", it.what)("object", it.object)("table", it.table)("after", it.after)("until", it.until)("rows", it.rows);
    a("sql", it.sql)("error", it.error)("native_code", it.native_code)("choices", it.choices)("retry_helps",
                                                                                              it.retry_helps);
}
template <class Archive>
void fields(Archive& a, Of<Archive, NextStep>& it) {
    a("kind", it.kind)("call", it.call)("why", it.why);
}
template <class Archive>
void fields(Archive& a, Of<Archive, StageRecord>& it) {
    a("stage", it.stage)("outcome", it.outcome)("why", it.why)("started", it.started)("ended", it.ended);
    a("paused", it.paused)("database", it.database)("steps", it.steps)("log", it.log);
    a("log_lines_left_out", it.log_lines_left_out)("findings", it.findings)("warnings", it.warnings);
    a("estimates", it.estimates)("backfills", it.backfills)("batches", it.batches)("lock_waits", it.lock_waits);
    a("comparisons", it.comparisons)("mismatches", it.mismatches)("invariants", it.invariants)("gates", it.gates);
    a("schema_before", it.schema_before)("schema_after", it.schema_after)("data_before", it.data_before);
    a("data_after", it.data_after)("overridden_gates", it.overridden_gates);
    a("accepted_losses", it.accepted_losses)("failure", it.failure);
}
template <class Archive>
void fields(Archive& a, Of<Archive, Approval>& it) {
    a("id", it.id)("plan_digest", it.plan_digest)("environment", it.environment)("staging_run", it.staging_run);
    a("schema", it.schema)("change", it.change)("approver", it.approver)("on_behalf_of", it.on_behalf_of);
    a("planner", it.planner)("reason", it.reason)("created_at", it.created_at)("expires_at", it.expires_at);
    a("revoked_at", it.revoked_at)("revoked_by", it.revoked_by)("revoked_because", it.revoked_because);
}
template <class Archive>
void fields(Archive& a, Of<Archive, ApprovalStanding>& it) {
    a("approval", it.approval)("alive", it.alive)("why_dead", it.why_dead);
}
template <class Archive>
void fields(Archive& a, Of<Archive, PipelineRun>& it) {
    a("id", it.id)("plan", it.plan)("plan_digest", it.plan_digest)("migrations", it.migrations);
    a("releases", it.releases)("release", it.release)("environment", it.environment);
    a("environment_name", it.environment_name)("original", it.original)("source", it.source)("database", it.database);
    a("actor", it.actor)("on_behalf_of", it.on_behalf_of)("planner", it.planner)("host", it.host);
    a("process", it.process)("evolver_version", it.evolver_version)("engine", it.engine)("started", it.started);
    a("ended", it.ended)("outcome", it.outcome)("schema_before", it.schema_before)("change", it.change);
    a("expands", it.expands)("fail_on", it.fail_on);
    a("stages", it.stages)("approvals", it.approvals)("next", it.next);
}

// ---- written

class Writing {
public:
    template <class Field>
    Writing& operator()(char const* name, Field const& field) {
        object.emplace_back(name, value_of(field));
        return *this;
    }

    json_text::Object object;

private:
    static json_text::Value value_of(std::string const& text) { return text; }
    static json_text::Value value_of(bool value) { return value; }
    static json_text::Value value_of(std::int64_t value) { return value; }
    static json_text::Value value_of(double value) { return value; }
    template <class Representation, class Period>
    static json_text::Value value_of(std::chrono::duration<Representation, Period> time) {
        return std::int64_t{std::chrono::duration_cast<std::chrono::microseconds>(time).count()};
    }
    static json_text::Value value_of(Instant instant) { return std::int64_t{instant.time_since_epoch().count()}; }
    static json_text::Value value_of(BatchSeries const& series) { return value_of(series.points()); }
    template <class Enum>
    requires std::is_enum_v<Enum>
    static json_text::Value value_of(Enum value) { return name_of(value); }
    template <class Item>
    static json_text::Value value_of(std::vector<Item> const& items) {
        json_text::Array values;
        for (auto const& item : items) values.push_back(value_of(item));
        return values;
    }
    template <class Item>
    static json_text::Value value_of(std::optional<Item> const& item) {
        return item ? value_of(*item) : json_text::Value{};
    }
    template <class Record>
    requires std::is_class_v<Record>
    static json_text::Value value_of(Record const& record) {
        Writing archive;
        fields(archive, record);
        return std::move(archive.object);
    }
};

// ---- read

template <class Enum>
constexpr int count_of = 0;
template <>
constexpr int count_of<ChangeClass> = 3;
template <>
constexpr int count_of<Environment> = 2;
template <>
constexpr int count_of<PipelineStage> = 5;
template <>
constexpr int count_of<StageOutcome> = 7;
template <>
constexpr int count_of<NextStep::Kind> = 8;
template <>
constexpr int count_of<Severity> = 3;
template <>
constexpr int count_of<Classification> = 5;

class Reading {
public:
    Reading(json_text::Value const& value, std::string where) : value_{value}, where_{std::move(where)} {
        if (!std::holds_alternative<json_text::Object>(value.held)) fail(where_, "an object");
    }

    template <class Field>
    Reading& operator()(char const* name, Field& field) {
        auto const* const found = value_.find(name);
        if (found != nullptr) read(*found, field, where_.empty() ? std::string{name} : where_ + "." + name);
        return *this;
    }

private:
    [[noreturn]] static void fail(std::string const& where, std::string const& wanted) {
        throw Error{Failure{
            .what = "The text is no run of a pipeline: " + (where.empty() ? std::string{"it"} : "\"" + where + "\"") +
                    " is not " + wanted + ".",
            .object = where,
            .instead = "give what to_json() of a run, or the ledger, has written"}};
    }
    template <class Held>
    static Held const& need(json_text::Value const& value, std::string const& where, char const* wanted) {
        auto const* const held = std::get_if<Held>(&value.held);
        if (held == nullptr) fail(where, wanted);
        return *held;
    }

    static void read(json_text::Value const& value, std::string& text, std::string const& where) {
        text = need<std::string>(value, where, "a text");
    }
    static void read(json_text::Value const& value, bool& is, std::string const& where) {
        is = need<bool>(value, where, "true or false");
    }
    static void read(json_text::Value const& value, std::int64_t& number, std::string const& where) {
        // Far from any count of rows and any time, and near enough that those who add some of them up stay in what a number can be.
        constexpr std::int64_t most = std::int64_t{1} << 53;
        number = need<std::int64_t>(value, where, "a whole number");
        if (number > most || number < -most) fail(where, "a number of at most 2^53");
    }
    static void read(json_text::Value const& value, double& number, std::string const& where) {
        if (std::holds_alternative<std::nullptr_t>(value.held)) {
            number = 0;  // so is written what JSON has no number for: rows a second of no time
        } else if (auto const* const whole = std::get_if<std::int64_t>(&value.held)) {
            number = static_cast<double>(*whole);
        } else {
            number = need<double>(value, where, "a number");
        }
    }
    template <class Representation, class Period>
    static void read(json_text::Value const& value, std::chrono::duration<Representation, Period>& time,
                     std::string const& where) {
        std::int64_t count = 0;
        read(value, count, where);
        time =
            std::chrono::duration_cast<std::chrono::duration<Representation, Period>>(std::chrono::microseconds{count});
    }
    static void read(json_text::Value const& value, Instant& instant, std::string const& where) {
        std::chrono::microseconds since{0};
        read(value, since, where);
        instant = Instant{since};
    }
    static void read(json_text::Value const& value, BatchSeries& series, std::string const& where) {
        std::vector<BatchPoint> points;
        read(value, points, where);
        series = BatchSeries::from_points(std::move(points));
    }
    template <class Enum>
    requires std::is_enum_v<Enum>
    static void read(json_text::Value const& value, Enum& is, std::string const& where) {
        auto const& name = need<std::string>(value, where, "a name");
        for (int i = 0; i < count_of<Enum>; ++i) {
            if (name_of(static_cast<Enum>(i)) != name) continue;
            is = static_cast<Enum>(i);
            return;
        }
        fail(where, "a name that this evolver knows");
    }
    template <class Item>
    static void read(json_text::Value const& value, std::vector<Item>& items, std::string const& where) {
        items.clear();
        for (auto const& one : need<json_text::Array>(value, where, "a list")) {
            auto item = fresh<Item>();
            read(one, item, where + "[" + std::to_string(items.size()) + "]");
            items.push_back(std::move(item));
        }
    }
    template <class Item>
    static void read(json_text::Value const& value, std::optional<Item>& item, std::string const& where) {
        item.reset();
        if (std::holds_alternative<std::nullptr_t>(value.held)) return;
        read(value, item.emplace(), where);
    }
    template <class Record>
    requires std::is_class_v<Record>
    static void read(json_text::Value const& value, Record& record, std::string const& where) {
        Reading archive{value, where};
        fields(archive, record);
    }
    /// What a list is filled with before it is read.
    template <class Item>
    static Item fresh() {
        return Item{};
    }

    json_text::Value const& value_;
    std::string where_;
};

}  // namespace

json_text::Value to_value(PipelineRun const& run) {
    Writing archive;
    fields(archive, run);
    return std::move(archive.object);
}

json_text::Value to_value(ApprovalStanding const& standing) {
    Writing archive;
    fields(archive, standing);
    return std::move(archive.object);
}

std::string to_json(PipelineRun const& run) { return json_text::write(to_value(run)); }

PipelineRun run_from_json(std::string_view text) {
    auto const value = json_text::parse(text);
    PipelineRun run;
    Reading archive{value, {}};
    fields(archive, run);
    for (auto const stage : pipeline_stages) {
        auto const count = std::ranges::count(run.stages, stage, &StageRecord::stage);
        if (count > 1)
            throw Error{Failure{.what = "The text is no run of a pipeline: it has the stage \"" +
                                        std::string{name_of(stage)} + "\" more than once.",
                                .object = "stages",
                                .instead = "give what to_json() of a run, or the ledger, has written"}};
        if (count == 0) run.stages.push_back({.stage = stage});
    }
    std::ranges::sort(run.stages, {}, &StageRecord::stage);
    return run;
}

}  // namespace evolver
