#include "apps/mycel/print.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace mycel::app {
namespace {

namespace json = boost::json;

std::string to_text(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_null()) return "-";
  if (value.is_double()) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", value.get_double());
    return text;
  }
  if (value.is_array()) {
    std::string joined;
    for (const json::value& item : value.get_array())
      joined += (joined.empty() ? "" : " ") + to_text(item);
    return joined.empty() ? "-" : joined;
  }
  return json::serialize(value);
}

/// Rows of equal objects as columns, each as wide as it needs to be.
void print_table(const json::array& rows, const std::vector<std::string_view>& columns) {
  std::vector<std::size_t> widths;
  for (const std::string_view column : columns) {
    std::size_t width = column.size();
    for (const json::value& row : rows) {
      const auto* cell = row.get_object().if_contains(column);
      width = std::max(width, cell == nullptr ? 1 : to_text(*cell).size());
    }
    widths.push_back(width);
  }
  const auto print_row = [&](const auto& cell_of) {
    for (std::size_t i = 0; i < columns.size(); ++i)
      std::printf("%-*s%s", i + 1 == columns.size() ? 0 : static_cast<int>(widths[i]),
                  cell_of(columns[i]).c_str(), i + 1 == columns.size() ? "\n" : "  ");
  };
  print_row([](std::string_view column) { return std::string(column); });
  for (const json::value& row : rows) {
    print_row([&](std::string_view column) {
      const auto* cell = row.get_object().if_contains(column);
      return cell == nullptr ? std::string("-") : to_text(*cell);
    });
  }
}

void print_facts(const json::object& facts, std::size_t indent = 0) {
  std::size_t width = 0;
  for (const auto& fact : facts) width = std::max(width, fact.key().size());
  for (const auto& fact : facts) {
    if (fact.value().is_object() && !fact.value().get_object().empty()) {
      std::printf("%*s%s\n", static_cast<int>(indent), "", std::string(fact.key()).c_str());
      print_facts(fact.value().get_object(), indent + 2);
      continue;
    }
    std::printf("%*s%-*s  %s\n", static_cast<int>(indent), "", static_cast<int>(width),
                std::string(fact.key()).c_str(), to_text(fact.value()).c_str());
  }
}

/// What others wrote must not steer this terminal.
void tame(json::array& rows) {
  for (json::value& row : rows) {
    auto* text = row.get_object().if_contains("value");
    if (text == nullptr || !text->is_string()) continue;
    for (char& c : text->get_string())
      if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
}

bool print_list(const json::object& answer, std::string_view name,
                const std::vector<std::string_view>& columns, std::string_view if_empty) {
  const auto* rows = answer.if_contains(name);
  if (rows == nullptr || !rows->is_array()) return false;
  if (rows->get_array().empty()) {
    std::printf("%s\n", std::string(if_empty).c_str());
  } else {
    print_table(rows->get_array(), columns);
  }
  return true;
}

}  // namespace

void print_answer(const std::string& command, const json::object& answer) {
  if (command == "peers" &&
      print_list(answer, "peers",
                 {"peer", "addr", "direction", "standing", "version", "rtt_ms", "agent"},
                 "connected to nobody"))
    return;
  if (command == "card list" &&
      print_list(answer, "cards", {"did", "name", "sequence", "state", "expires"},
                 "this node publishes no cards"))
    return;
  if (command == "record providers" &&
      print_list(answer, "providers", {"peer", "addrs"}, "nobody provides it"))
    return;
  if (command == "trust show" &&
      print_list(answer, "convicted", {"peer", "because"}, "nobody is proven to have lied"))
    return;
  if (command == "dht witness") print_list(answer, "witnesses", {"peer", "neighbours"}, "");
  if (command == "doctor" &&
      print_list(answer, "checks", {"result", "check", "what_to_do"}, "nothing checked"))
    return;
  if (command == "shared get") {
    json::object shown = answer;
    tame(shown["entries"].get_array());
    print_list(shown, "entries", {"writer", "sequence", "issued", "value"},
               "nobody may write in it");
    return;
  }
  if (command == "record get") {
    const auto* text = answer.if_contains("value");
    if (text != nullptr && text->is_string()) {
      std::printf("%s\n", text->get_string().c_str());
      return;
    }
  }
  json::object shown = answer;
  shown.erase("envelope");  // for --out and --json
  shown.erase("explain");   // print_explanation()
  shown.erase("witnesses");
  print_facts(shown);
}

}  // namespace mycel::app
