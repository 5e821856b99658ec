#pragma once

// The little JSON that a snapshot is: one object of texts and lists of texts.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace evolver::testing {

/// One text per key; a list has several, or none.
using JsonTexts = std::vector<std::pair<std::string, std::vector<std::string>>>;

/// `lists`: the keys whose value is a list, whatever it holds.
[[nodiscard]] std::string json_of(JsonTexts const& object, std::vector<std::string> const& lists);

/// Throws Error that says what stands where. `object`: whose text it is, for the message.
[[nodiscard]] std::map<std::string, std::vector<std::string>> parse_json(std::string_view text,
                                                                         std::string const& object);

}  // namespace evolver::testing
