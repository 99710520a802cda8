#include "protocol/agents/json.hpp"

#include <algorithm>
#include <array>

#include <boost/json/basic_parser_impl.hpp>

namespace mycel::agents {
namespace {

namespace boost_json = boost::json;

/// Hears what the parser reads and builds the value. What it holds is bounded by the text's size:
/// every value and every member takes at least one byte of it.
class Builder {
 public:
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  using Error = boost_json::error_code;
  using Text = boost_json::string_view;

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_array_begin(Error&) { return open(Json::Kind::array); }
  bool on_array_end(std::size_t, Error&) { return close(); }
  bool on_object_begin(Error&) { return open(Json::Kind::object); }
  bool on_object_end(std::size_t, Error& error) {
    if (!sort_members()) {
      error = boost_json::error::syntax;
      return false;
    }
    return close();
  }
  bool on_key_part(Text part, std::size_t, Error&) { return collect(part); }
  bool on_key(Text part, std::size_t, Error&) {
    collect(part);
    open_.back().members.emplace_back(std::exchange(text_, {}), Json{});
    return true;
  }
  bool on_string_part(Text part, std::size_t, Error&) { return collect(part); }
  bool on_string(Text part, std::size_t, Error&) { return on_text(Json::Kind::string, part); }
  bool on_number_part(Text part, Error&) { return collect(part); }
  bool on_int64(std::int64_t, Text part, Error&) { return on_text(Json::Kind::number, part); }
  bool on_uint64(std::uint64_t, Text part, Error&) { return on_text(Json::Kind::number, part); }
  bool on_double(double, Text part, Error&) { return on_text(Json::Kind::number, part); }
  bool on_bool(bool value, Error&) {
    put({.kind = Json::Kind::boolean, .boolean = value});
    return true;
  }
  bool on_null(Error&) {
    put({});
    return true;
  }
  bool on_comment_part(Text, Error&) { return true; }
  bool on_comment(Text, Error&) { return true; }

  Json take() { return std::move(root_); }
  /// The name that stood twice, or empty.
  const std::string& repeated() const { return repeated_; }

 private:
  bool collect(Text part) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_text(Json::Kind kind, Text part) {
    collect(part);
    put({.kind = kind, .text = std::exchange(text_, {})});
    return true;
  }
  bool open(Json::Kind kind) {
    open_.push_back({.kind = kind});
    return true;
  }
  bool close() {
    Json value = std::move(open_.back());
    open_.pop_back();
    put(std::move(value));
    return true;
  }
  void put(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().kind == Json::Kind::array) {
      open_.back().items.push_back(std::move(value));
    } else {
      open_.back().members.back().second = std::move(value);
    }
  }
  /// False when a name stands twice.
  bool sort_members() {
    auto& members = open_.back().members;
    std::sort(members.begin(), members.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    const auto twice =
        std::adjacent_find(members.begin(), members.end(),
                           [](const auto& a, const auto& b) { return a.first == b.first; });
    if (twice == members.end()) return true;
    repeated_ = twice->first;
    return false;
  }

  Json root_;
  std::vector<Json> open_;  // the arrays and objects that have not ended, outermost first
  std::string text_;
  std::string repeated_;
};

std::string position_text(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n');  // npos + 1 is 0
  return "line " + std::to_string(line) + ", column " +
         std::to_string(1 + before.size() - (line_start + 1)) + ": ";
}

JsonError error_at(std::string_view text, std::size_t offset, const boost_json::error_code& why,
                   const Builder& builder, JsonLimits limits) {
  const std::string where = position_text(text, offset);
  if (!builder.repeated().empty())
    return {where + "\"" + builder.repeated() + "\" stands twice in one object"};
  if (why == boost_json::error::too_deep)
    return {where + "nested deeper than " + std::to_string(limits.depth_max) + " levels", true};
  if (why == boost_json::error::incomplete) return {where + "the document ends too early"};
  return {where + why.message()};
}

void append_escaped(std::string& to, std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  static constexpr std::string_view plain = "\b\t\n\f\r\"\\";
  static constexpr std::string_view letters = "btnfr\"\\";
  to += '"';
  for (const char c : text) {
    if (const auto index = plain.find(c); index != std::string_view::npos) {
      to += '\\';
      to += letters[index];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      to += "\\u00";
      to += digits[static_cast<unsigned char>(c) >> 4];
      to += digits[static_cast<unsigned char>(c) & 15];
    } else {
      to += c;
    }
  }
  to += '"';
}

void append_value(std::string& to, const Json& value);

void append_array(std::string& to, const Json& value) {
  to += '[';
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (i > 0) to += ',';
    append_value(to, value.items[i]);
  }
  to += ']';
}

void append_object(std::string& to, const Json& value) {
  to += '{';
  for (std::size_t i = 0; i < value.members.size(); ++i) {
    if (i > 0) to += ',';
    append_escaped(to, value.members[i].first);
    to += ':';
    append_value(to, value.members[i].second);
  }
  to += '}';
}

void append_value(std::string& to, const Json& value) {
  switch (value.kind) {
    case Json::Kind::null:
      to += "null";
      return;
    case Json::Kind::boolean:
      to += value.boolean ? "true" : "false";
      return;
    case Json::Kind::number:
      to += value.text;
      return;
    case Json::Kind::string:
      return append_escaped(to, value.text);
    case Json::Kind::array:
      return append_array(to, value);
    case Json::Kind::object:
      return append_object(to, value);
  }
}

auto member_at(auto& members, std::string_view name) {
  return std::lower_bound(members.begin(), members.end(), name,
                          [](const auto& member, std::string_view n) { return member.first < n; });
}

auto* find_member(auto& members, std::string_view name) {
  const auto at = member_at(members, name);
  return at == members.end() || at->first != name ? nullptr : &at->second;
}

}  // namespace

const Json* Json::find(std::string_view name) const {
  return find_member(members, name);
}
Json* Json::find(std::string_view name) {
  return find_member(members, name);
}

void Json::set(std::string_view name, Json value) {
  if (Json* there = find(name)) {
    *there = std::move(value);
  } else {
    members.emplace(member_at(members, name), std::string(name), std::move(value));
  }
}

void Json::erase(std::string_view name) {
  std::erase_if(members, [&](const auto& member) { return member.first == name; });
}

Json Json::string_of(std::string_view text) {
  return {.kind = Kind::string, .text = std::string(text)};
}
Json Json::array_of(std::vector<Json> items) {
  return {.kind = Kind::array, .items = std::move(items)};
}
Json Json::object() {
  return {.kind = Kind::object};
}

std::string_view to_text(Json::Kind kind) {
  static constexpr std::array<std::string_view, 6> names{"null",     "a boolean", "a number",
                                                         "a string", "an array",  "an object"};
  return names[static_cast<std::size_t>(kind)];
}

Result<Json, JsonError> parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.size_max_bytes) {
    return Err{JsonError{"the document has " + std::to_string(text.size()) + " bytes; at most " +
                             std::to_string(limits.size_max_bytes) + " are allowed",
                         true}};
  }
  boost_json::parse_options options;
  options.max_depth = limits.depth_max;
  boost_json::basic_parser<Builder> parser(options);
  boost_json::error_code why;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), why);
  if (!why && read < text.size()) why = boost_json::error::extra_data;
  if (why) return Err{error_at(text, read, why, parser.handler(), limits)};
  return parser.handler().take();
}

std::string canonical_json(const Json& value) {
  std::string text;
  append_value(text, value);
  return text;
}

}  // namespace mycel::agents
