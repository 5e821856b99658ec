#pragma once

// Plots, drawn here, once: the page needs no script.

#include "pipeline/report/html.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace evolver::report {

enum class Mark { line, area, bars };

struct Series {
    std::string name;
    Mark mark = Mark::line;
    std::vector<std::pair<double, double>> points = {};  ///< By x. Both at least 0.
};

/// A value that is worth a line across the plot: a promise, a limit.
struct Guide {
    double at = 0;
    std::string label = {};
};

struct Plot {
    std::string id;           ///< Of the drawing; its title and description have names made of it.
    std::string title;        ///< "How long batches held the write lock"
    std::string description;  ///< What a reader who does not see it should know of it, in one or two sentences.
    std::string x_title;
    std::string y_title;
    std::vector<Series> series = {};
    std::vector<Guide> guides = {};  ///< Those above the highest value are left out.
};

/// A figure: the drawing, its legend, and the table of its values, which can be opened.
[[nodiscard]] Html figure_of(Plot const& plot);

/// Round values from 0 to at least `highest`, four to six of them.
[[nodiscard]] std::vector<double> ticks_to(double highest);

}  // namespace evolver::report
