#include "evolver/testing/snapshot.hpp"

#include "dialect/sqlite/clone.hpp"
#include "dialect/sqlite/inspect.hpp"
#include "evolver/schema/digest.hpp"
#include "testing/journey.hpp"
#include "testing/json.hpp"
#include "testing/statement_file.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

namespace evolver::testing {

namespace {

namespace fs = std::filesystem;

/// A name of a release as that of a file: letters that a path minds are their numbers.
std::string file_of(std::string const& release) {
    std::string name;
    for (char const letter : release) {
        auto const code = static_cast<unsigned char>(letter);
        bool const plain = code >= 0x80 || std::isalnum(code) != 0 || letter == '-' || letter == '_' || letter == '.';
        name += plain ? std::string{letter} : "%" + std::to_string(code);
    }
    return name + ".json";
}

std::vector<std::string> lines_of(sqlite::Connection const& connection) {
    std::istringstream stream{canonical(sqlite::inspect(connection), Engine::sqlite)};
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
        if (!line.empty()) lines.push_back(line);
    }
    return lines;
}

std::vector<std::string> fresh(Plan const& plan, std::size_t migrations, std::string const& schema) {
    Baggage const baggage{.schema = schema};
    Journey journey{plan, baggage};
    journey.settle(migrations, false);
    return lines_of(journey.connection());
}

/// "; it has no `column packages.size: text`; `column packages.size_bytes: bigint` is new"
std::string difference(std::vector<std::string> const& before, std::vector<std::string> const& now) {
    std::string text;
    for (auto const& line : before) {
        if (std::find(now.begin(), now.end(), line) == now.end()) text += "\n  no longer: " + line;
    }
    for (auto const& line : now) {
        if (std::find(before.begin(), before.end(), line) == before.end()) text += "\n  instead:   " + line;
    }
    return text;
}

std::vector<std::string> upgraded(Plan const& plan, std::size_t release, std::vector<std::string> const& texts) {
    Baggage baggage;
    for (auto const& text : texts) baggage.schema += text + ";\n";
    Journey journey{plan, baggage};
    journey.adopt(release);
    while (journey.expanded() < plan.migrations().size()) journey.expand();
    journey.fill();
    journey.switch_reads();
    while (journey.contracted() < journey.expanded()) journey.contract();
    return lines_of(journey.connection());
}

}  // namespace

std::string snapshot_of(Plan const& plan, Release const& release, std::string const& schema) {
    Baggage const baggage{.schema = schema};
    Journey journey{plan, baggage};
    auto const end = journey.end_of(plan.position_of(release));
    journey.settle(end, false);
    return json_of({{"plan", {plan.name()}},
                    {"release", {release.text()}},
                    {"digest", {digest_of(sqlite::inspect(journey.connection()), Engine::sqlite)}},
                    {"schema", lines_of(journey.connection())},
                    {"sqlite", sqlite::create_texts(journey.connection())}},
                   {"schema", "sqlite"});
}

std::vector<std::string> write_snapshots(Plan const& plan, std::string const& folder, std::string const& schema) {
    std::vector<std::string> written;
    for (auto const& release : plan.releases()) {
        auto const path = (fs::path{folder} / file_of(release.text())).string();
        if (fs::exists(path)) continue;
        write_file(path, snapshot_of(plan, release, schema));
        written.push_back(file_of(release.text()));
    }
    return written;
}

std::vector<std::string> check_snapshots(Plan const& plan, std::string const& folder, std::string const& schema) {
    std::vector<std::string> wrong;
    std::set<std::string> known;
    auto const newest = fresh(plan, plan.migrations().size(), schema);
    for (std::size_t i = 0; i < plan.releases().size(); ++i) {
        auto const& release = plan.releases()[i].text();
        auto const file = file_of(release);
        auto const path = (fs::path{folder} / file).string();
        known.insert(file);
        if (!fs::exists(path)) {
            wrong.push_back("release " + release + " has no snapshot " + file +
                            ": write_snapshots(plan, folder) makes it, and the repository keeps it");
            continue;
        }
        auto const snapshot = parse_json(read_file(path), path);
        auto const list = [&](char const* key) {
            auto const found = snapshot.find(key);
            return found == snapshot.end() ? std::vector<std::string>{} : found->second;
        };
        Baggage const baggage{.schema = schema};
        Journey journey{plan, baggage};
        journey.settle(journey.end_of(i), false);
        if (auto const now = lines_of(journey.connection()); now != list("schema")) {
            wrong.push_back("release " + release + " is not what its snapshot " + file +
                            " says: a migration that was shipped has been edited" + difference(list("schema"), now));
            continue;
        }
        try {
            if (auto const now = upgraded(plan, i, list("sqlite")); now != newest) {
                wrong.push_back("a database of release " + release + ", upgraded to " + plan.releases().back().text() +
                                ", is not what a fresh one is" + difference(newest, now));
            }
        } catch (Error const& error) {
            wrong.push_back("a database of release " + release + " cannot be upgraded to " +
                            plan.releases().back().text() + ": " + error.what());
        }
    }
    std::vector<std::string> strangers;
    for (auto const& entry : fs::directory_iterator{folder}) {
        auto const name = entry.path().filename().string();
        if (entry.path().extension() == ".json" && !known.contains(name)) strangers.push_back(name);
    }
    std::sort(strangers.begin(), strangers.end());
    for (auto const& name : strangers)
        wrong.push_back("the snapshot " + name + " is of a release that the plan does not name: a release does not go");
    return wrong;
}

}  // namespace evolver::testing
