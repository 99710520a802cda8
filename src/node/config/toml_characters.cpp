#include "node/config/toml_characters.hpp"

namespace mycel::config {
namespace {

/// Follows a text character by character, and knows whether it is inside a string or a comment.
class Scanner {
 public:
  std::optional<MisplacedCharacter> scan(std::string_view toml) {
    for (const char c : toml) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '\n') {
        next_line();
        continue;
      }
      if ((byte < 0x20 && c != '\t' && c != '\r') || byte == 0x7f)
        return at("control character " + std::to_string(byte) + " is not allowed");
      if (byte >= 0x80 && !may_be_unicode())
        return at("a character beyond ASCII is not allowed here; it needs a string");
      follow(c);
      if ((byte & 0xc0) != 0x80) column_ += 1;  // bytes that continue a character are not counted
    }
    return std::nullopt;
  }

 private:
  enum class Inside : std::uint8_t { nothing, comment, basic_string, literal_string };

  MisplacedCharacter at(std::string text) const { return {line_, column_, std::move(text)}; }
  bool may_be_unicode() const { return inside_ != Inside::nothing && !is_escaped_; }

  void next_line() {
    line_ += 1;
    column_ = 1;
    inside_ = Inside::nothing;
    is_escaped_ = false;
  }

  void follow(char c) {
    switch (inside_) {
      case Inside::nothing:
        if (c == '#') inside_ = Inside::comment;
        if (c == '"') inside_ = Inside::basic_string;
        if (c == '\'') inside_ = Inside::literal_string;
        return;
      case Inside::comment:
        return;
      case Inside::basic_string:
        return follow_basic_string(c);
      case Inside::literal_string:
        if (c == '\'') inside_ = Inside::nothing;
    }
  }

  void follow_basic_string(char c) {
    const bool is_blank = c == ' ' || c == '\t' || c == '\r';
    if (is_escaped_) {
      is_escaped_ = is_blank;  // a backslash before blanks may end the line
    } else if (c == '\\') {
      is_escaped_ = true;
    } else if (c == '"') {
      inside_ = Inside::nothing;
    }
  }

  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
  Inside inside_ = Inside::nothing;
  bool is_escaped_ = false;  // after a backslash, and the blanks behind it
};

}  // namespace

std::optional<MisplacedCharacter> misplaced_character(std::string_view toml) {
  return Scanner().scan(toml);
}

}  // namespace mycel::config
