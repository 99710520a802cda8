#include "sim/reduction.hpp"

#include <algorithm>
#include <charconv>

#include "foundation/base/duration_text.hpp"

namespace mycel::sim {
namespace {

constexpr std::uint32_t number_max = 1'000'000;  // more than any run has; bounds "0..4294967295"

bool holds(const Numbers& numbers, std::uint32_t number) {
  return std::binary_search(numbers.begin(), numbers.end(), number);
}
bool is_kept(const std::optional<Numbers>& kept, std::uint32_t number) {
  return !kept || holds(*kept, number);
}

/// The new number of each node that stays.
class Renumbered {
 public:
  Renumbered(std::uint32_t nodes, const Numbers& without) : numbers_(nodes) {
    for (std::uint32_t node = 0; node < nodes; ++node) {
      if (holds(without, node)) continue;
      numbers_[node] = static_cast<std::uint32_t>(kept_.size());
      kept_.push_back(node);
    }
  }
  std::optional<std::uint32_t> operator()(std::uint32_t node) const {
    return node < numbers_.size() ? numbers_[node] : std::nullopt;
  }
  const Numbers& kept() const { return kept_; }

 private:
  std::vector<std::optional<std::uint32_t>> numbers_;
  Numbers kept_;
};

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number > number_max)
    return std::nullopt;
  return number;
}

}  // namespace

bool has_node(FaultKind kind) {
  return kind != FaultKind::split;
}
bool has_other(FaultKind kind) {
  return kind == FaultKind::cut || kind == FaultKind::cut_one_way || kind == FaultKind::slow_link ||
         kind == FaultKind::stall_link || kind == FaultKind::reset;
}

Reduced reduce(const Plan& drawn, const Reduction& reduction) {
  const Renumbered renumbered(drawn.nodes, reduction.without_nodes);
  Reduced reduced{.plan = drawn, .nodes = renumbered.kept()};
  Plan& plan = reduced.plan;
  plan.nodes = static_cast<std::uint32_t>(reduced.nodes.size());
  plan.safety = reduction.safety.value_or(drawn.safety);
  plan.faults.clear();
  for (std::uint32_t i = 0; i < drawn.faults.size(); ++i) {
    Fault fault = drawn.faults[i];
    const auto node = renumbered(fault.node);
    const auto other = renumbered(fault.other);
    if (!is_kept(reduction.faults, i) || (has_node(fault.kind) && !node) ||
        (has_other(fault.kind) && !other))
      continue;
    fault.node = node.value_or(0);
    fault.other = other.value_or(0);
    plan.faults.push_back(fault);
    reduced.faults.push_back(i);
  }
  plan.liars.clear();
  for (std::uint32_t i = 0; i < drawn.liars.size(); ++i) {
    Liar liar = drawn.liars[i];
    const auto node = renumbered(liar.node);
    const auto victim = renumbered(liar.victim);
    if (!is_kept(reduction.liars, i) || !node || (liar.kind == LiarKind::grind && !victim))
      continue;
    liar.node = *node;
    liar.victim = victim.value_or(0);
    plan.liars.push_back(liar);
    reduced.liars.push_back(i);
  }
  return reduced;
}

Result<Numbers, std::string> parse_numbers(std::string_view text) {
  Numbers numbers;
  if (text == "none") return numbers;
  for (bool is_last = false; !is_last;) {
    const auto comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    is_last = comma == std::string_view::npos;
    const auto dots = item.find("..");
    const auto first = parse_number(item.substr(0, dots));
    const auto last = dots == std::string_view::npos ? first : parse_number(item.substr(dots + 2));
    if (!first || !last || *first > *last)
      return Err{"\"" + std::string(item) + "\": write numbers as 0,3,5..9, or none"};
    for (std::uint32_t number = *first; number <= *last; ++number) numbers.push_back(number);
    text.remove_prefix(is_last ? text.size() : comma + 1);
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

std::string to_text(const Numbers& numbers) {
  if (numbers.empty()) return "none";
  std::string text;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::size_t end = i;
    while (end + 1 < numbers.size() && numbers[end + 1] == numbers[end] + 1) ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(numbers[i]);
    if (end > i) text += (end == i + 1 ? "," : "..") + std::to_string(numbers[end]);
    i = end;
  }
  return text;
}

std::string to_options(const Reduction& reduction) {
  std::string text;
  if (!reduction.without_nodes.empty())
    text += " --without-nodes " + to_text(reduction.without_nodes);
  if (reduction.faults) text += " --keep-faults " + to_text(*reduction.faults);
  if (reduction.liars) text += " --keep-liars " + to_text(*reduction.liars);
  if (reduction.safety) text += " --safety " + mycel::to_text(*reduction.safety);
  return text;
}

}  // namespace mycel::sim
