#pragma once
// A JSON value that keeps what was written: numbers stay text, members stay unique. So a document
// that passes through here loses no digit, and one content has one canonical spelling.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/result.hpp"

namespace mycel::agents {

struct Json {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  bool boolean = false;
  std::string text;  ///< a string's characters, or a number's as they were written
  std::vector<Json> items;
  std::vector<std::pair<std::string, Json>> members;  ///< by name, each name once

  /// The member of that name, or `nullptr`; also for what is no object.
  const Json* find(std::string_view name) const;
  Json* find(std::string_view name);
  /// Sets a member of an object.
  void set(std::string_view name, Json value);
  void erase(std::string_view name);

  static Json string_of(std::string_view text);
  static Json array_of(std::vector<Json> items);
  static Json object();

  friend bool operator==(const Json&, const Json&) = default;
};

/// "null", "a boolean", "an array": for messages.
std::string_view to_text(Json::Kind kind);

struct JsonLimits {
  std::size_t size_max_bytes = 0;
  std::size_t depth_max = 0;  ///< arrays and objects inside each other
};

/// What is wrong and where, counted from 1: "line 3, column 7: ...".
struct JsonError {
  std::string text;
  bool is_too_large = false;  ///< a limit was passed, size or depth
};

/// Strict RFC 8259 in UTF-8. Beyond syntax, a name that stands twice in one object is refused: two
/// readers could take different members for the truth. The limits hold before anything is stored.
Result<Json, JsonError> parse_json(std::string_view text, JsonLimits limits);

/// One spelling for one content: no spaces, members by the bytes of their names, the escapes of RFC
/// 8785, numbers as they were written.
std::string canonical_json(const Json& value);

}  // namespace mycel::agents
