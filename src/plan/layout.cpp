#include "plan/layout.hpp"

#include "evolver/operation/effect.hpp"
#include "evolver/schema/name.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <optional>
#include <utility>

namespace evolver {

namespace {

enum class Family { flyway, suffixes, folders, dbmate, goose, plain, evolver };

std::string_view name_of(Family family) {
    switch (family) {
        case Family::flyway: return "Flyway";
        case Family::suffixes: return "up and down files";
        case Family::folders: return "a folder per migration";
        case Family::dbmate: return "dbmate sections";
        case Family::goose: return "goose sections";
        case Family::plain: return "plain files";
        case Family::evolver: return "evolver's phases";
    }
    return {};
}

[[noreturn]] void refuse(std::string const& file, std::string what, std::string instead) {
    throw PlanError{Failure{.what = std::move(what), .object = file, .instead = std::move(instead)}};
}

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

std::size_t digits(std::string_view text) {
    auto const* const end = std::find_if_not(text.begin(), text.end(), is_digit);
    return static_cast<std::size_t>(end - text.begin());
}

/// A number of any length, in parts: 0.10 is more than 0.9, and 1.0 is 1.
class Version {
public:
    explicit Version(std::string_view text) {
        while (!text.empty()) {
            auto const length = digits(text);
            if (length > 0) {
                auto part = text.substr(0, length);
                part.remove_prefix(std::min(part.find_first_not_of('0'), part.size()));
                parts_.emplace_back(part);
            }
            text.remove_prefix(std::max<std::size_t>(length, 1));
        }
        while (parts_.size() > 1 && parts_.back().empty()) parts_.pop_back();
    }

    friend bool operator==(Version const&, Version const&) = default;
    friend bool operator<(Version const& left, Version const& right) {
        return std::lexicographical_compare(left.parts_.begin(), left.parts_.end(), right.parts_.begin(),
                                            right.parts_.end(), [](auto const& a, auto const& b) {
                                                return std::pair{a.size(), a} < std::pair{b.size(), b};
                                            });
    }

private:
    std::vector<std::string> parts_;  // without leading zeros, so that longer is more
};

/// How many letters at the front are a number: 7, 1.4, 2023-03-15 and 2023-03-15-220114.
std::size_t number_length(std::string_view text) {
    auto length = digits(text);
    if (length == 0) return 0;
    auto const continues = [&](char separator, std::size_t wanted) {
        if (length >= text.size() || text[length] != separator) return false;
        auto const more = digits(text.substr(length + 1));
        if (more == 0 || (wanted != 0 && more != wanted)) return false;
        length += more + 1;
        return true;
    };
    if (length == 4 && continues('-', 2)) {
        (void)(continues('-', 2) && continues('-', 6));
        return length;
    }
    while (continues('.', 0)) {
    }
    return length;
}

/// A name taken apart: 0001_add_size is 0001 and "add size".
struct Numbered {
    std::string number;
    std::string title;
};

std::optional<Numbered> numbered(std::string_view name) {
    if (name.size() > 1 && (name.front() == 'v' || name.front() == 'V') && is_digit(name[1])) name.remove_prefix(1);
    auto const length = number_length(name);
    if (length == 0) return std::nullopt;
    auto rest = name.substr(length);
    if (!rest.empty() && rest.front() != '_' && rest.front() != '-' && rest.front() != ' ') return std::nullopt;
    rest.remove_prefix(std::min(rest.find_first_not_of("_- "), rest.size()));
    Numbered result{.number = std::string{name.substr(0, length)}, .title = std::string{rest}};
    std::replace(result.title.begin(), result.title.end(), '_', ' ');
    std::replace(result.title.begin(), result.title.end(), '-', ' ');
    return result;
}

/// V1_2__x: Flyway takes `_` for a dot, and ends the number with two.
std::optional<Numbered> flyway(std::string_view name) {
    auto const end = name.find("__");
    if (end == std::string_view::npos || end < 2 || (name.front() != 'V' && name.front() != 'U')) return std::nullopt;
    auto const number = name.substr(1, end - 1);
    bool const fits = is_digit(number.front()) && std::all_of(number.begin(), number.end(), [](char letter) {
                          return is_digit(letter) || letter == '.' || letter == '_';
                      });
    if (!fits) return std::nullopt;
    Numbered result{.number = std::string{number}, .title = std::string{name.substr(end + 2)}};
    std::replace(result.number.begin(), result.number.end(), '_', '.');
    std::replace(result.title.begin(), result.title.end(), '_', ' ');
    return result;
}

constexpr std::array<std::pair<std::string_view, Part>, 7> suffixes{{{".up", Part::up},
                                                                     {".down", Part::down},
                                                                     {".expand", Part::expand},
                                                                     {".backfill", Part::backfill},
                                                                     {".contract", Part::contract},
                                                                     {".rollback", Part::rollback},
                                                                     {".verify", Part::verify}}};

/// A line that begins a section of a file.
struct Mark {
    Family family;
    Part part;
    std::size_t line;  // from 1
    std::size_t begin, end;
};

std::string_view trimmed(std::string_view line) {
    auto const begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

bool begins_with_words(std::string_view line, std::string_view words) {
    if (line.size() < words.size() || !same_identifier(line.substr(0, words.size()), words)) return false;
    return line.size() == words.size() || line[words.size()] == ' ' || line[words.size()] == '\t';
}

/// What a file says of itself by comments that begin with a mark of dbmate's or goose's.
std::vector<Mark> marks_of(SqlFile const& file, std::vector<std::string>& notes) {
    std::vector<Mark> marks;
    std::string_view const text{file.text};
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        ++number;
        auto const end = std::min(text.find('\n', begin), text.size());
        auto line = trimmed(text.substr(begin, end - begin));
        auto const next = std::min(end + 1, text.size());
        if (line.starts_with("--")) {
            line = trimmed(line.substr(2));
            auto const where = file.path + ":" + std::to_string(number);
            auto const add = [&](Family family, Part part) { marks.push_back({family, part, number, begin, next}); };
            if (begins_with_words(line, "migrate:up")) add(Family::dbmate, Part::up);
            if (begins_with_words(line, "migrate:down")) add(Family::dbmate, Part::down);
            if (begins_with_words(line, "+goose up")) add(Family::goose, Part::up);
            if (begins_with_words(line, "+goose down")) add(Family::goose, Part::down);
            if (begins_with_words(line, "+goose envsub on")) {
                refuse(file.path,
                       where + ": ENVSUB would fill in variables of the environment, which evolver does not.",
                       "write the values, and take the line out");
            }
            if (begins_with_words(line, "+goose no transaction") ||
                line.find("transaction:false") != std::string_view::npos) {
                notes.push_back(where +
                                ": the wish for no transaction is passed over: evolver runs every migration in one");
            }
        }
        begin = next;
    }
    return marks;
}

bool only_comments(std::string_view text) {
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        auto const line = trimmed(text.substr(0, end));
        if (!line.empty() && !line.starts_with("--")) return false;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return true;
}

/// One file, or one section of it, in its place.
struct Piece {
    std::string folder;  // as written
    Numbered name;
    std::string id;
    Family family;
    Part part;
    PartText text;
    bool lone_down = false;  // x.down.sql, which goes with x.up.sql and with x.sql
};

constexpr std::string_view name_it =
    "give it a number (0007_what_it_does.sql), or name it in DirectoryOptions::leave_out if it is no migration";

/// The pieces of one file.
std::vector<Piece> pieces_of(SqlFile const& file, std::vector<std::string>& notes) {
    auto const& path = file.path;
    if (file.text.find('\0') != std::string::npos)
        refuse(path, path + " is no text in UTF-8: it holds a zero byte.", "save it as UTF-8");
    std::vector<std::string> folders;
    std::string_view rest{path};
    for (auto slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
        folders.emplace_back(rest.substr(0, slash));
        rest.remove_prefix(slash + 1);
    }
    std::string stem{rest.substr(0, rest.rfind('.'))};
    std::string id = path.substr(0, path.rfind('.'));

    Piece piece{
        .folder = {}, .name = {}, .id = {}, .family = Family::plain, .part = Part::up, .text = {path, file.text}};
    bool named_by_folder = false;
    if (!folders.empty() && (stem == "up" || stem == "down")) {
        // x/up.sql: the folder is the migration.
        named_by_folder = true;
        piece.family = Family::folders;
        piece.part = stem == "up" ? Part::up : Part::down;
        stem = folders.back();
        folders.pop_back();
        id = path.substr(0, path.rfind('/'));
    } else {
        for (auto const& [suffix, part] : suffixes) {
            if (!stem.ends_with(suffix) || stem.size() == suffix.size()) continue;
            piece.part = part;
            piece.family = part == Part::up || part == Part::down ? Family::suffixes : Family::evolver;
            piece.lone_down = part == Part::down;
            stem.resize(stem.size() - suffix.size());
            id.resize(id.size() - suffix.size());
            break;
        }
    }
    piece.id = id;

    if (folders.size() > 1) {
        refuse(path, path + " lies deeper than migrations do: in a folder, or in a version folder of it.",
               "read the folder that it lies in, or name it in DirectoryOptions::leave_out");
    }
    if (!folders.empty()) {
        std::string_view version{folders.front()};
        if (version.size() > 1 && (version.front() == 'v' || version.front() == 'V')) version.remove_prefix(1);
        if (version.empty() || number_length(version) != version.size()) {
            refuse(path, path + " lies in a folder whose name is no version.",
                   "name the folder like 0.8 or v1.4, or name it in DirectoryOptions::leave_out if it holds no "
                   "migrations");
        }
        piece.folder = folders.front();
    }

    auto const fly = named_by_folder || piece.family != Family::plain ? std::nullopt : flyway(stem);
    if (fly) {
        piece.family = Family::flyway;
        piece.part = stem.front() == 'U' ? Part::down : Part::up;
        piece.name = *fly;
        return {piece};
    }
    if (stem.starts_with("R__")) {
        refuse(path,
               path + " is repeatable: it would run again whenever it changes, and evolver runs a migration once.",
               "number what it makes now, and add a numbered file for each later change");
    }
    auto const name = numbered(stem);
    if (!name) refuse(path, path + " has no number, so its place in the order is not known.", std::string{name_it});
    piece.name = *name;
    if (piece.family != Family::plain) return {piece};

    auto const marks = marks_of(file, notes);
    if (marks.empty()) return {piece};
    if (!only_comments(std::string_view{file.text}.substr(0, marks.front().begin))) {
        refuse(path, path + ":1: SQL stands before the first section of the file, so it belongs to none.",
               "move it below the line that begins the way up");
    }
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < marks.size(); ++i) {
        auto const& mark = marks[i];
        auto const end = i + 1 < marks.size() ? marks[i + 1].begin : file.text.size();
        bool const again = std::any_of(pieces.begin(), pieces.end(), [&](Piece const& other) {
            return other.part == mark.part || other.family != mark.family;
        });
        if (again) {
            refuse(path,
                   path + ":" + std::to_string(mark.line) +
                       ": a file has one section up and one section down, in the "
                       "words of one tool.",
                   "join the sections, or make this one a migration of its own");
        }
        piece.family = mark.family;
        piece.part = mark.part;
        piece.text = {path, file.text.substr(mark.end, end - mark.end), mark.line + 1};
        pieces.push_back(piece);
    }
    return pieces;
}

/// All pieces are of one family; throws with an example of each where they are not.
Family family_of(std::vector<Piece>& pieces) {
    // A way back beside a plain file has the name that it has beside an .up file.
    bool const ups = std::any_of(pieces.begin(), pieces.end(), [](Piece const& piece) {
        return piece.family == Family::suffixes && piece.part == Part::up;
    });
    for (auto& piece : pieces) {
        if (piece.lone_down && !ups) piece.family = Family::plain;
    }
    auto const& first = pieces.front();
    for (auto const& piece : pieces) {
        if (piece.family == first.family) continue;
        refuse(piece.text.file,
               "The folder mixes two layouts: " + first.text.file + " is of \"" + std::string{name_of(first.family)} +
                   "\", " + piece.text.file + " of \"" + std::string{name_of(piece.family)} + "\".",
               "bring all files into one layout, or name those that are no migrations in DirectoryOptions::leave_out "
               "(--leave-out)");
    }
    return first.family;
}

void refuse_lone_parts(LayoutEntry const& entry) {
    auto const has = [&](Part part) { return entry.parts.count(part) != 0; };
    auto const lone = [&](Part part, std::string const& needs) {
        if (!has(part)) return;
        auto const& file = entry.parts.at(part).file;
        refuse(file, file + " stands alone: there is no " + needs + " that it belongs to.",
               "add that file, or take this one away");
    };
    if (!has(Part::up)) lone(Part::down, "way up");
    if (!has(Part::expand) && !has(Part::backfill)) lone(Part::rollback, ".expand.sql or .backfill.sql");
    if (!has(Part::contract)) lone(Part::verify, ".contract.sql");
}

}  // namespace

std::string_view name_of(Part part) noexcept {
    switch (part) {
        case Part::up: return "up";
        case Part::down: return "down";
        case Part::expand: return "expand";
        case Part::backfill: return "backfill";
        case Part::contract: return "contract";
        case Part::rollback: return "rollback";
        case Part::verify: return "verify";
    }
    return {};
}

bool is_numbered(std::string_view name) noexcept {
    auto const length = number_length(name);
    if (length > 0) return length < name.size() && (name[length] == '_' || name[length] == '-');
    return name.size() > 2 && (name.front() == 'V' || name.front() == 'U') && is_digit(name[1]) &&
           name.find("__") != std::string_view::npos;
}

Layout recognise(std::span<SqlFile const> files) {
    Layout layout;
    std::vector<Piece> pieces;
    for (auto const& file : files) {
        for (auto& piece : pieces_of(file, layout.notes)) pieces.push_back(std::move(piece));
    }
    if (pieces.empty()) {
        throw PlanError{Failure{.what = "There is no SQL file to make a plan of.",
                                .instead = "name the folder that holds the migrations themselves"}};
    }
    auto const family = family_of(pieces);
    layout.name = std::string{name_of(family)};

    auto const key = [](Piece const& piece) { return std::pair{Version{piece.folder}, Version{piece.name.number}}; };
    // The way up first, so that the migration has its name.
    std::stable_sort(pieces.begin(), pieces.end(), [&](Piece const& left, Piece const& right) {
        auto const a = key(left);
        auto const b = key(right);
        return a < b || (a == b && left.part < right.part);
    });
    Piece const* before = nullptr;
    for (auto const& piece : pieces) {
        bool const same = before != nullptr && key(*before) == key(piece);
        if (before != nullptr && before->folder != piece.folder && Version{before->folder} == Version{piece.folder}) {
            refuse(piece.text.file,
                   "The folders " + before->folder + " and " + piece.folder +
                       " are of one version, so the order of "
                       "their files is not known.",
                   "join them, or number them differently");
        }
        if (before != nullptr && before->folder.empty() != piece.folder.empty()) {
            refuse(before->text.file,
                   before->text.file + " lies beside version folders, so its place in the order is not known.",
                   "move it into a version folder, or name it in DirectoryOptions::leave_out");
        }
        if (!same) {
            layout.entries.push_back({.id = piece.id,
                                      .summary = piece.name.title,
                                      .number = piece.name.number,
                                      .folder = piece.folder,
                                      .parts = {}});
        }
        auto& entry = layout.entries.back();
        auto const [place, added] = entry.parts.emplace(piece.part, piece.text);
        bool const other_title = same && family != Family::flyway && piece.id != entry.id && family != Family::suffixes;
        if (!added || other_title) {
            auto const& first = added ? entry.parts.begin()->second.file : place->second.file;
            refuse(piece.text.file,
                   first + " and " + piece.text.file + " have the same number, so their order is not known.",
                   "give the newer one the next number");
        }
        before = &piece;
    }
    for (auto const& entry : layout.entries) refuse_lone_parts(entry);
    return layout;
}

}  // namespace evolver
