#include "apps/mycel/print_explain.hpp"

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <boost/json.hpp>

namespace mycel::app {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& row, std::string_view name) {
  const auto* field = row.if_contains(name);
  if (field == nullptr) return "-";
  if (field->is_string()) return std::string(field->get_string());
  if (!field->is_double()) return json::serialize(*field);
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", field->get_double());
  return text;
}

std::int64_t number_of(const json::object& row, std::string_view name) {
  const auto* field = row.if_contains(name);
  return field != nullptr && field->is_number() ? field->to_number<std::int64_t>() : 0;
}

std::vector<json::object> rows_of(const json::object& explain, std::string_view name) {
  std::vector<json::object> rows;
  const auto* list = explain.if_contains(name);
  if (list == nullptr || !list->is_array()) return rows;
  for (const json::value& row : list->get_array())
    if (row.is_object()) rows.push_back(row.get_object());
  return rows;
}

/// "value 1", "forged (bad_signature), dropped", "3 nearer", "timeout".
std::string said(const json::object& step) {
  std::string outcome = text_of(step, "outcome");
  std::string value = "value " + std::to_string(number_of(step, "value") + 1);
  const std::string named = std::to_string(number_of(step, "named"));
  if (outcome == "value") return value;
  if (outcome == "forged") return "forged " + value + " (" + text_of(step, "why") + "), dropped";
  if (outcome == "nearer") return named + " peers to ask";
  if (outcome == "unanswered") return "not awaited";
  return outcome;
}

void print_steps(const std::vector<json::object>& steps) {
  // By stage and path; on one path they stay in the order of asking.
  std::multimap<std::pair<bool, std::uint64_t>, json::object> by_path;
  for (const json::object& step : steps)
    by_path.emplace(std::pair{text_of(step, "stage") != "lookup",
                              static_cast<std::uint64_t>(number_of(step, "path"))},
                    step);
  std::printf("%-8s  %3s  %-52s  %8s  %8s  %s\n", "path", "hop", "peer", "asked ms", "took ms",
              "said");
  for (const auto& [place, step] : by_path) {
    const std::string stage = text_of(step, "stage");
    std::string path = stage == "member" ? stage : std::to_string(number_of(step, "path") + 1);
    if (stage == "sweep") path.insert(0, "sweep ");
    if (step.contains("is_retry")) path += " retry";
    std::printf("%-8s  %3s  %-52s  %8s  %8s  %s\n", path.c_str(), text_of(step, "hop").c_str(),
                text_of(step, "peer").c_str(), text_of(step, "asked_ms").c_str(),
                text_of(step, "took_ms").c_str(), said(step).c_str());
  }
}

void print_values(const std::vector<json::object>& values, bool is_merged) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string verdict = text_of(values[i], "verdict");
    const auto* won = values[i].if_contains("is_answer");
    const std::string fate = verdict != "valid" ? "dropped: " + verdict
                             : won != nullptr && won->is_bool() && won->get_bool() ? "the answer"
                             : is_merged ? "merged into the answer"
                                         : "lost against a better one";
    std::printf("value %zu: %s bytes, sha256 %.16s..., from %s, %s\n", i + 1,
                text_of(values[i], "bytes").c_str(), text_of(values[i], "sha256").c_str(),
                text_of(values[i], "holders").c_str(), fate.c_str());
  }
}

void print_witnesses(const json::object& witnesses) {
  const auto* names = witnesses.if_contains("signed");
  if (names == nullptr || !names->is_array() || names->get_array().empty()) {
    std::printf("no witness signed: %s\n", text_of(witnesses, "error").c_str());
    return;
  }
  const bool is_put = witnesses.contains("nearest_stored");
  std::printf("%zu witnesses signed; of the %s nearest that they attest, %s %s\n",
              names->get_array().size(), text_of(witnesses, "nearest_attested").c_str(),
              text_of(witnesses, is_put ? "nearest_stored" : "nearest_asked").c_str(),
              is_put ? "have stored it" : "were asked");
  for (const json::value& name : names->get_array())
    if (name.is_string()) std::printf("  %s\n", name.get_string().c_str());
}

void print_lookup(const json::object& answer, const json::object& explain) {
  const auto steps = rows_of(explain, "steps");
  const auto values = rows_of(explain, "values");
  std::printf("\n%zu question%s on %s of %s disjoint paths, %s hop%s, %s ms\n", steps.size(),
              steps.size() == 1 ? "" : "s", text_of(explain, "paths_walked").c_str(),
              text_of(explain, "disjoint_paths").c_str(), text_of(answer, "hops").c_str(),
              number_of(answer, "hops") == 1 ? "" : "s", text_of(answer, "ms").c_str());
  if (!steps.empty()) print_steps(steps);
  if (const auto left_out = number_of(explain, "left_out"); left_out > 0)
    std::printf("and %lld more that were not noted\n", static_cast<long long>(left_out));
  print_values(values, text_of(answer, "key").starts_with("/mycel-shared/"));
}

}  // namespace

void print_explanation(const json::object& answer) {
  const auto* field = answer.if_contains("explain");
  if (field != nullptr && field->is_object()) print_lookup(answer, field->get_object());
  const auto* witnesses = answer.if_contains("witnesses");
  if (witnesses != nullptr && witnesses->is_object()) print_witnesses(witnesses->get_object());
}

}  // namespace mycel::app
