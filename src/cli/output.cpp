#include "cli/output.hpp"

#include <ostream>

namespace evolver::cli {

namespace {

std::string_view escape_of(Tone tone) {
    switch (tone) {
        case Tone::plain: return "";
        case Tone::good: return "\x1b[32m";
        case Tone::bad: return "\x1b[31m";
        case Tone::careful: return "\x1b[33m";
        case Tone::faint: return "\x1b[2m";
        case Tone::strong: return "\x1b[1m";
    }
    return "";
}

}  // namespace

std::string in_one_line(std::string_view text) {
    std::string line;
    for (char const letter : text) {
        auto const code = static_cast<unsigned char>(letter);
        bool const controls = code < 0x20 || code == 0x7f;
        constexpr std::string_view digits = "0123456789abcdef";
        if (controls)
            (line += "\\x") += {digits[code >> 4U], digits[code & 15U]};
        else
            line += letter;
    }
    return line;
}

void Output::answer(std::string_view text) {
    if (style_.json) return;
    end_progress();
    out_ << text << '\n' << std::flush;
}

void Output::unit(std::string_view text) {
    if (style_.loudness != Loudness::quiet) answer(text);
}

void Output::detail(std::string_view text) {
    if (style_.loudness == Loudness::verbose) answer(text);
}

void Output::record(std::string_view kind, json_text::Object fields) {
    if (!style_.json) return;
    fields.insert(fields.begin(), json_text::Member{"kind", kind});
    out_ << json_text::write(std::move(fields)) << '\n' << std::flush;
}

void Output::raw(std::string_view text) {
    end_progress();
    out_ << text << std::flush;
}

void Output::warning(std::string_view text) {
    end_progress();
    error_ << toned(Tone::careful, "warning: ") << text << '\n' << std::flush;
}

void Output::error(std::string_view text) {
    end_progress();
    error_ << toned(Tone::bad, "error: ") << text << '\n' << std::flush;
}

void Output::hint(std::string_view text) {
    if (style_.loudness == Loudness::quiet || style_.json) return;
    end_progress();
    error_ << text << '\n' << std::flush;
}

void Output::progress(std::string_view text) {
    if (style_.loudness == Loudness::quiet || style_.json) return;
    if (!style_.terminal) {
        error_ << text << '\n' << std::flush;
        return;
    }
    error_ << "\r\x1b[K" << text << std::flush;
    progress_width_ = text.size();
}

void Output::end_progress() {
    if (progress_width_ == 0) return;
    error_ << "\r\x1b[K" << std::flush;
    progress_width_ = 0;
}

std::string Output::toned(Tone tone, std::string_view text) const {
    if (!style_.coloured || tone == Tone::plain) return std::string{text};
    std::string result{escape_of(tone)};
    result += text;
    return result + "\x1b[0m";
}

}  // namespace evolver::cli
