#include "ledger/audit_chain.hpp"

#include "evolver/schema/digest.hpp"
#include "ledger/audit.hpp"
#include "observe/json.hpp"

#include <utility>

#include <unistd.h>

namespace evolver::ledger {

namespace {

void add(std::string& text, std::string const& value) { text += std::to_string(value.size()) + ":" + value; }

std::string in_json(std::vector<std::string> const& texts) {
    json_text::Array all;
    for (auto const& text : texts) all.emplace_back(text);
    return json_text::write(std::move(all));
}

}  // namespace

std::string hash_of(std::string const& previous, std::int64_t sequence, std::vector<std::string> const& fields) {
    std::string text;
    add(text, previous);
    add(text, std::to_string(sequence));
    for (auto const& field : fields) add(text, field);
    return digest_of(text);
}

std::vector<std::string> fields_of(AuditRow const& row, std::string at, std::string database) {
    return {std::move(at),
            row.plan,
            row.event,
            row.migration,
            row.actor,
            row.release,
            row.plan_digest,
            row.detail,
            std::to_string(row.rows),
            std::to_string(row.duration.count()),
            row.on_behalf_of,
            host_name(),
            std::to_string(getpid()),
            std::move(database),
            row.environment,
            row.run,
            row.stage,
            row.schema_before,
            row.schema_after,
            std::to_string(row.planned_rows),
            std::to_string(row.lock_wait.count()),
            in_json(row.steps),
            in_json(row.warnings)};
}

std::vector<std::string> texts_from_json(std::string const& text) {
    std::vector<std::string> texts;
    if (text.empty()) return texts;
    auto const value = json_text::parse(text);
    if (auto const* const all = std::get_if<json_text::Array>(&value.held)) {
        for (auto const& one : *all) {
            if (auto const* const words = std::get_if<std::string>(&one.held)) texts.push_back(*words);
        }
    }
    return texts;
}

}  // namespace evolver::ledger
