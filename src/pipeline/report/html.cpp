#include "pipeline/report/html.hpp"

#include "observe/json.hpp"

#include <algorithm>
#include <utility>

namespace evolver::report {

Html Html::text(std::string_view words) {
    constexpr std::string_view replacement{"\xEF\xBF\xBD"};
    Html result;
    for (std::size_t at = 0; at < words.size();) {
        auto const length = json_text::length_of_character(words, at);
        switch (words[at]) {
            case '&': result.text_ += "&amp;"; break;
            case '<': result.text_ += "&lt;"; break;
            case '>': result.text_ += "&gt;"; break;
            case '"': result.text_ += "&quot;"; break;
            case '\'': result.text_ += "&#39;"; break;
            case '\n':
            case '\t': result.text_ += words[at]; break;
            default: {
                auto const code = static_cast<unsigned char>(words[at]);
                bool const is_control = code < 0x20 || code == 0x7F;
                result.text_ += is_control || length == 0 ? replacement : words.substr(at, length);
            }
        }
        at += std::max<std::size_t>(1, length);
    }
    return result;
}

Html code(std::string_view words) { return "<code>" + Html::text(words) + "</code>"; }

Table::Table(std::string caption, std::vector<Column> columns)
    : caption_{std::move(caption)}, columns_{std::move(columns)} {}

namespace {

/// The attribute that lays a cell out.
Html layout_of(Cells cells) {
    if (cells == Cells::numbers) return " class=\"number\"";
    return cells == Cells::names ? Html{" class=\"name\""} : Html{};
}

}  // namespace

void Table::row(std::initializer_list<Html> cells) {
    rows_ += "<tr>";
    std::size_t position = 0;
    for (auto const& cell : cells) {
        auto const layout = position < columns_.size() ? layout_of(columns_[position].cells) : Html{};
        rows_ +=
            position == 0 ? "<th scope=\"row\"" + layout + ">" + cell + "</th>" : "<td" + layout + ">" + cell + "</td>";
        ++position;
    }
    rows_ += "</tr>\n";
}

Html Table::html() const {
    Html head;
    for (auto const& column : columns_)
        head += "<th scope=\"col\"" + layout_of(column.cells) + ">" + Html::text(column.title) + "</th>";
    return "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" + Html::text(caption_) +
           "\">\n<table>\n<caption>" + Html::text(caption_) + "</caption>\n<thead><tr>" + head +
           "</tr></thead>\n<tbody>\n" + rows_ + "</tbody>\n</table>\n</div>\n";
}

}  // namespace evolver::report
