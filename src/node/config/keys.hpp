#pragma once
// The table of all keys: the one place that says what can be configured.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "node/config/config.hpp"

namespace mycel::config {

/// A value as somebody wrote it, whatever the language.
struct Value {
  using List = std::vector<Value>;
  struct Table {
    std::vector<std::string> names;
    List values;  ///< as many as names
  };

  std::variant<bool, std::int64_t, double, std::string, List, Table> data;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
};
/// The value for a message: `"abc"`, `7`, `a list`.
std::string shown(const Value& value);

/// How a value is written on the command line.
enum class Form : std::uint8_t { text, number, boolean, list, structure };

/// One key. `set` changes the configuration, or says what is wrong with the value.
struct Key {
  std::string_view name;  ///< "dht.k"
  Form form = Form::text;
  std::string allowed;   ///< "a number from 1 to 64"
  std::string_view doc;  ///< what it does, in sentences
  std::function<std::optional<std::string>(Config&, const Value&)> set;
  std::function<std::string(const Config&)> print;  ///< as a TOML value
};

/// All keys, section by section.
const std::vector<Key>& keys();
const Key* find_key(std::string_view name);
/// What a section is for, or empty for one that does not exist.
std::string_view section_doc(std::string_view section);
std::string_view section_of(std::string_view key);

/// The known name that is nearest to a wrong one, if one is near.
std::optional<std::string> nearest_name(std::string_view wrong);

/// What keys demand of each other. `key` of a problem is the one to change.
std::vector<ConfigProblem> check_together(const Config& config);
/// The problem of a socket path that is too long, if it is.
std::optional<std::string> socket_path_problem(std::string_view path);

}  // namespace mycel::config
