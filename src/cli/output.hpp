#pragma once

// Where words and records go: answers and units of work to the one stream, everything about the work to the other.

#include "observe/json.hpp"

#include <iosfwd>
#include <string>
#include <string_view>

namespace evolver::cli {

enum class Loudness { quiet, normal, verbose };

struct OutputStyle {
    bool json = false;
    Loudness loudness = Loudness::normal;
    bool coloured = false;
    bool terminal = false;
};

/// The colours that words have on a terminal.
enum class Tone { plain, good, bad, careful, faint, strong };

/// What somebody has written, in one line and without a say over the terminal: a control character is shown by its number.
[[nodiscard]] std::string in_one_line(std::string_view text);

class Output {
public:
    Output(std::ostream& out, std::ostream& error, OutputStyle style) : out_{out}, error_{error}, style_{style} {}

    /// What was asked for. As a record, in --json.
    void answer(std::string_view text);
    /// A piece of work that is done, or a summary: not shown in --quiet.
    void unit(std::string_view text);
    /// Shown in --verbose alone.
    void detail(std::string_view text);
    /// One object, in --json alone: with its `kind` first.
    void record(std::string_view kind, json_text::Object fields);
    /// False once something could not be written: whoever read it is gone, or the disk is full.
    [[nodiscard]] bool is_read() const { return out_.good(); }
    /// What goes out as it is, whatever the style: a file's text.
    void raw(std::string_view text);

    /// To the error stream.
    void warning(std::string_view text);
    void error(std::string_view text);
    /// What to do next; not in --quiet, nor in --json, where it is in the record.
    void hint(std::string_view text);
    /// On a terminal, a line that the next one takes away; in a log, a line. Not shown in --quiet and in --json.
    void progress(std::string_view text);

    [[nodiscard]] std::string toned(Tone tone, std::string_view text) const;
    [[nodiscard]] OutputStyle const& style() const noexcept { return style_; }

private:
    void end_progress();

    std::ostream& out_;
    std::ostream& error_;
    OutputStyle style_;
    std::size_t progress_width_ = 0;
};

}  // namespace evolver::cli
