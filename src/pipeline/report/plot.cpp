#include "pipeline/report/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace evolver::report {

namespace {

// Of the drawing's own units: it is scaled to the width that there is, on a phone to two thirds.
constexpr double width = 520;
constexpr double height = 260;
constexpr double left = 58;
constexpr double right = 14;
constexpr double top = 28;
constexpr double bottom = 46;

Html number(double value) { return Html::text(fmt::format("{:.1f}", value)); }

std::string shown(double value) {
    auto text = fmt::format("{:.3g}", value);
    if (value >= 1000) text = fmt::format("{:.0f}", value);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; value >= 10000 && at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), ",");
    return text;
}

class Drawing {
public:
    explicit Drawing(Plot const& plot) : plot_{plot} {
        double x = 0;
        double y = 0;
        for (auto const& series : plot.series) {
            for (auto const& [at, value] : series.points) {
                x = std::max(x, at);
                y = std::max(y, value);
            }
        }
        for (auto const& guide : plot.guides) {
            if (guide.at <= y * 2.5) y = std::max(y, guide.at * 1.05);
        }
        // Up to the last point, and no further: time that has not been is not drawn.
        x_end_ = x > 0 ? x : 1;
        x_ticks_ = ticks_to(x);
        while (x_ticks_.size() > 2 && x_ticks_.back() > x_end_ * 1.001) x_ticks_.pop_back();
        y_ticks_ = ticks_to(y);
    }

    Html html() const {
        auto const id = Html::text(plot_.id);
        Html svg = "<svg class=\"plot\" id=\"" + id + "\" viewBox=\"0 0 520 260\" role=\"img\" aria-labelledby=\"" +
                   id + "-title " + id + "-description\">\n<title id=\"" + id + "-title\">" + Html::text(plot_.title) +
                   "</title>\n<desc id=\"" + id + "-description\">" + Html::text(plot_.description) + "</desc>\n";
        svg += axes();
        for (std::size_t i = 0; i < plot_.series.size(); ++i) svg += drawn(plot_.series[i], i);
        svg += guides();
        return svg + "</svg>\n";
    }

private:
    // A clock that was set back makes times before the beginning, and lengths below nothing: they are drawn at the edge.
    double x_of(double value) const { return left + std::clamp(value / x_end_, 0.0, 1.0) * (width - left - right); }
    double y_of(double value) const {
        return height - bottom - std::max(value / y_ticks_.back(), 0.0) * (height - top - bottom);
    }

    Html axes() const {
        Html lines;
        for (double const tick : y_ticks_) {
            auto const y = number(y_of(tick));
            lines += "<line class=\"grid\" x1=\"58\" x2=\"506\" y1=\"" + y + "\" y2=\"" + y +
                     "\"/><text class=\"tick\" text-anchor=\"end\" x=\"50\" y=\"" + number(y_of(tick) + 4.5) + "\">" +
                     Html::text(shown(tick)) + "</text>\n";
        }
        for (double const tick : x_ticks_) {
            lines += "<text class=\"tick\" text-anchor=\"middle\" x=\"" + number(x_of(tick)) + "\" y=\"232\">" +
                     Html::text(shown(tick)) + "</text>\n";
        }
        lines += "<text class=\"axis\" text-anchor=\"end\" x=\"506\" y=\"252\">" + Html::text(plot_.x_title) +
                 "</text>\n<text class=\"axis\" x=\"2\" y=\"10\">" + Html::text(plot_.y_title) + "</text>\n";
        return lines;
    }

    Html guides() const {
        Html lines;
        for (auto const& guide : plot_.guides) {
            if (guide.at > y_ticks_.back()) continue;
            auto const y = number(y_of(guide.at));
            lines += "<line class=\"guide\" x1=\"58\" x2=\"506\" y1=\"" + y + "\" y2=\"" + y +
                     "\"/><text class=\"guide-label\" text-anchor=\"end\" x=\"504\" y=\"" + number(y_of(guide.at) - 5) +
                     "\">" + Html::text(guide.label) + "</text>\n";
        }
        return lines;
    }

    Html drawn(Series const& series, std::size_t position) const {
        auto const style = Html::text(fmt::format("series-{}", position + 1));
        if (series.mark == Mark::bars) return bars(series, style);
        Html path;
        for (auto const& [x, y] : series.points)
            path += (path.empty() ? Html{"M"} : Html{"L"}) + number(x_of(x)) + " " + number(y_of(y));
        Html result;
        if (series.mark == Mark::area && series.points.size() > 1) {
            result += "<path class=\"area " + style + "\" d=\"" + path + "L" +
                      number(x_of(series.points.back().first)) + " " + number(y_of(0)) + "L" +
                      number(x_of(series.points.front().first)) + " " + number(y_of(0)) + "Z\"/>\n";
        }
        if (series.points.size() > 1) result += "<path class=\"line " + style + "\" d=\"" + path + "\"/>\n";
        // So few that a line would say more than there is.
        if (series.points.size() <= 24) {
            for (auto const& [x, y] : series.points)
                result += "<circle class=\"dot " + style + "\" cx=\"" + number(x_of(x)) + "\" cy=\"" + number(y_of(y)) +
                          "\" r=\"3.5\"/>\n";
        }
        return result;
    }

    Html bars(Series const& series, Html const& style) const {
        Html result;
        auto const room = (width - left - right) / static_cast<double>(std::max<std::size_t>(1, series.points.size()));
        auto const thick = std::clamp(room * 0.7, 1.0, 18.0);
        for (auto const& [x, y] : series.points) {
            if (y <= 0) continue;
            auto const tall = std::max(1.0, y_of(0) - y_of(y));
            result += "<rect class=\"bar " + style + "\" x=\"" + number(std::min(x_of(x), width - right) - thick) +
                      "\" y=\"" + number(y_of(0) - tall) + "\" width=\"" + number(thick) + "\" height=\"" +
                      number(tall) + "\"/>\n";
        }
        return result;
    }

    Plot const& plot_;
    double x_end_ = 1;
    std::vector<double> x_ticks_;
    std::vector<double> y_ticks_;
};

Html legend_of(Plot const& plot) {
    if (plot.series.size() < 2) return {};
    Html items;
    for (std::size_t i = 0; i < plot.series.size(); ++i)
        items += "<li><span class=\"key series-" + Html::text(std::to_string(i + 1)) + "\"></span>" +
                 Html::text(plot.series[i].name) + "</li>";
    return "<ul class=\"legend\">" + items + "</ul>\n";
}

/// Series of one plot have the same x.
Html table_of(Plot const& plot) {
    std::vector<Column> columns{{plot.x_title, Cells::numbers}};
    for (auto const& series : plot.series) columns.push_back({series.name + ", " + plot.y_title, Cells::numbers});
    Html head;
    for (auto const& column : columns)
        head += "<th scope=\"col\" class=\"number\">" + Html::text(column.title) + "</th>";
    Html rows;
    for (std::size_t i = 0; i < plot.series.front().points.size(); ++i) {
        rows += "<tr><th scope=\"row\" class=\"number\">" +
                Html::text(fmt::format("{:.3f}", plot.series.front().points[i].first)) + "</th>";
        for (auto const& series : plot.series) {
            auto const value = i < series.points.size() ? shown(series.points[i].second) : std::string{};
            rows += "<td class=\"number\">" + Html::text(value) + "</td>";
        }
        rows += "</tr>\n";
    }
    return "<div class=\"scroll values\" role=\"region\" tabindex=\"0\" aria-label=\"" + Html::text(plot.title) +
           ", as a table\"><table><caption>" + Html::text(plot.title) + "</caption><thead><tr>" + head +
           "</tr></thead>\n<tbody>" + rows + "</tbody></table></div>";
}

}  // namespace

std::vector<double> ticks_to(double highest) {
    if (!std::isfinite(highest) || highest <= 0) highest = 1;
    auto const rough = highest / 4;
    auto const power = std::pow(10.0, std::floor(std::log10(rough)));
    double step = 10 * power;
    for (double const nice : {1.0, 2.0, 2.5, 5.0}) {
        if (nice * power >= rough * 0.999) {
            step = nice * power;
            break;
        }
    }
    std::vector<double> ticks{0};
    while (ticks.back() < highest * 0.9999) ticks.push_back(static_cast<double>(ticks.size()) * step);
    return ticks;
}

Html figure_of(Plot const& plot) {
    if (plot.series.empty() || plot.series.front().points.empty()) return {};
    return "<figure>\n<figcaption>" + Html::text(plot.title) + "</figcaption>\n" + Drawing{plot}.html() +
           legend_of(plot) + "<details><summary>The values as a table</summary>" + table_of(plot) +
           "</details>\n</figure>\n";
}

}  // namespace evolver::report
