#include "sim/scenario_reader.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "foundation/base/duration_text.hpp"

namespace mycel::sim {
namespace {

std::string in_words(double number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

std::string one_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

void ScenarioTable::complain(std::string_view key, const std::string& what) {
  if (!error_) error_ = where_ + std::string(key) + " " + what;
}

const toml::node* ScenarioTable::ask(std::string_view key) {
  asked_.emplace(key);
  return table_.get(key);
}

void ScenarioTable::finish() {
  for (const auto& [key, node] : table_)
    if (!asked_.contains(key.str()))
      complain(key.str(), "is not known; known are " + one_of({asked_.begin(), asked_.end()}));
}

void ScenarioTable::read(std::string_view key, std::string& text) {
  const toml::node* node = ask(key);
  if (node == nullptr) return;
  const auto* value = node->as_string();
  value != nullptr ? void(text = value->get()) : complain(key, "must be a text");
}

void ScenarioTable::read(std::string_view key, bool& is_so) {
  const toml::node* node = ask(key);
  if (node == nullptr) return;
  const auto* value = node->as_boolean();
  value != nullptr ? void(is_so = value->get()) : complain(key, "must be true or false");
}

std::optional<Duration> ScenarioTable::duration_of(std::string_view key, const toml::node& node,
                                                   Range<Duration> allowed) {
  const auto* text = node.as_string();
  const auto span = text != nullptr ? parse_duration(text->get()) : std::nullopt;
  if (span && *span >= allowed.low && *span <= allowed.high) return span;
  complain(key, "must be a time like \"30s\" or \"250ms\", from " + mycel::to_text(allowed.low) +
                    " to " + mycel::to_text(allowed.high));
  return std::nullopt;
}

std::optional<double> ScenarioTable::number_of(std::string_view key, const toml::node& node,
                                               Range<double> allowed, bool is_whole) {
  std::optional<double> number;
  if (const auto* whole = node.as_integer())
    number = static_cast<double>(whole->get());
  else if (const auto* real = node.as_floating_point(); real != nullptr && !is_whole)
    number = real->get();
  if (number && *number >= allowed.low && *number <= allowed.high) return number;
  complain(key, std::string("must be a ") + (is_whole ? "whole " : "") + "number from " +
                    in_words(allowed.low) + " to " + in_words(allowed.high));
  return std::nullopt;
}

template <class T, class ReadOne>
void ScenarioTable::read_range(std::string_view key, Range<T>& range, ReadOne&& read_one) {
  const toml::node* node = ask(key);
  if (node == nullptr) return;
  const auto* array = node->as_array();
  if (array != nullptr && array->size() != 2)
    return complain(key, "must be one value, or [lowest, highest]");
  const auto low = read_one(array != nullptr ? array->front() : *node);
  const auto high = read_one(array != nullptr ? array->back() : *node);
  if (!low || !high) return;
  if (*low > *high) return complain(key, "must not begin with the greater value");
  range = {static_cast<T>(*low), static_cast<T>(*high)};
}

void ScenarioTable::read(std::string_view key, Duration& span, Range<Duration> allowed) {
  const toml::node* node = ask(key);
  if (node != nullptr) span = duration_of(key, *node, allowed).value_or(span);
}

void ScenarioTable::read(std::string_view key, Range<Duration>& range, Range<Duration> allowed) {
  read_range(key, range, [&](const toml::node& node) { return duration_of(key, node, allowed); });
}

void ScenarioTable::read(std::string_view key, std::uint32_t& number,
                         Range<std::uint32_t> allowed) {
  Range<std::uint32_t> range{number, number};
  read(key, range, allowed);
  if (range.low != range.high) complain(key, "must be one number");
  number = range.low;
}

void ScenarioTable::read(std::string_view key, Range<std::uint32_t>& range,
                         Range<std::uint32_t> allowed) {
  read_range(key, range, [&](const toml::node& node) {
    return number_of(key, node,
                     {static_cast<double>(allowed.low), static_cast<double>(allowed.high)}, true);
  });
}

void ScenarioTable::read(std::string_view key, Range<double>& range, Range<double> allowed) {
  read_range(key, range,
             [&](const toml::node& node) { return number_of(key, node, allowed, false); });
}

void ScenarioTable::read_words(std::string_view key, std::vector<std::string>& words,
                               const std::vector<std::string>& allowed) {
  const toml::node* node = ask(key);
  if (node == nullptr) return;
  const auto* array = node->as_array();
  if (array == nullptr) return complain(key, "must be a list of " + one_of(allowed));
  for (const toml::node& item : *array) {
    const auto* word = item.as_string();
    if (word == nullptr || std::ranges::find(allowed, word->get()) == allowed.end())
      return complain(key, "must be a list of " + one_of(allowed));
    words.push_back(word->get());
  }
}

void ScenarioTable::read_table(std::string_view key,
                               const std::function<void(ScenarioTable&)>& then) {
  const toml::node* node = ask(key);
  if (node == nullptr) return;
  const toml::table* inner = node->as_table();
  if (inner == nullptr) return complain(key, "must be a table");
  ScenarioTable table(*inner, where_ + std::string(key) + ".", error_);
  then(table);
  table.finish();
}

void ScenarioTable::read_tables(
    std::string_view key, const std::vector<std::string>& allowed,
    const std::function<void(const std::string&, ScenarioTable&)>& each) {
  const toml::node* node = ask(key);
  if (node == nullptr) return;
  const toml::table* outer = node->as_table();
  if (outer == nullptr) return complain(key, "must be tables [" + std::string(key) + ".NAME]");
  ScenarioTable all(*outer, where_ + std::string(key) + ".", error_);
  for (const auto& [name, inner] : *outer) {
    const std::string text(name.str());
    if (std::ranges::find(allowed, text) == allowed.end())
      return all.complain(text, "is not known; known are " + one_of(allowed));
    all.read_table(text, [&](ScenarioTable& table) { each(text, table); });
  }
}

}  // namespace mycel::sim
