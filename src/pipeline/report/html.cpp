#include "pipeline/report/html.hpp"

#include <utility>

namespace evolver::report {

Html Html::text(std::string_view words) {
    Html result;
    for (char const letter : words) {
        switch (letter) {
            case '&': result.text_ += "&amp;"; break;
            case '<': result.text_ += "&lt;"; break;
            case '>': result.text_ += "&gt;"; break;
            case '"': result.text_ += "&quot;"; break;
            case '\'': result.text_ += "&#39;"; break;
            default: {
                auto const code = static_cast<unsigned char>(letter);
                bool const is_control = (code < 0x20 && letter != '\n' && letter != '\t') || code == 0x7F;
                is_control ? result.text_ += "\xEF\xBF\xBD" : result.text_ += letter;
            }
        }
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
