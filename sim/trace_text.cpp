#include "sim/trace_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "foundation/base/duration_text.hpp"

namespace mycel::sim {
namespace {

constexpr std::size_t recent_max = 4096;  // events that a violation's context is looked up in
constexpr std::size_t context_max = 12;   // lines of it: a screen with the violation in the middle

std::string name_of(std::uint32_t node) {
  return "n" + std::to_string(node);
}

std::string number_text(double amount) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", amount);
  return text.data();
}

std::string effect_of(const Fault& fault) {
  const std::string node = name_of(fault.node);
  const std::string link = "between " + node + " and " + name_of(fault.other);
  const std::string amount = number_text(fault.amount);
  switch (fault.kind) {
    case FaultKind::crash:
      return node + " dies; its disk keeps what was synced";
    case FaultKind::wipe:
      return node + " dies and loses its disk";
    case FaultKind::stop:
      return node + " stops gracefully";
    case FaultKind::pause:
      return node + " stands still; its timers are late and messages wait";
    case FaultKind::isolate:
      return "nothing reaches or leaves " + node;
    case FaultKind::cut:
      return "nothing passes " + link;
    case FaultKind::cut_one_way:
      return "nothing passes from " + node + " to " + name_of(fault.other);
    case FaultKind::split:
      return "the first " + number_text(fault.amount * 100) +
             " % of the nodes and the rest hear nothing of each other";
    case FaultKind::slow_link:
      return "only " + amount + " bytes a second " + link;
    case FaultKind::stall_link:
      return "what is sent " + link + " waits until the end";
    case FaultKind::reset:
      return "connections " + link + " break";
    case FaultKind::move:
      return node + " gets another address";
    case FaultKind::nat: {
      const char* const kind = fault.amount >= 2   ? "a symmetric NAT"
                               : fault.amount >= 1 ? "an address-restricted NAT"
                                                   : "a cone NAT";
      return node + " stands behind " + kind;
    }
    case FaultKind::clock_drift:
      return "the clock of " + node + " is " + amount + " ppm fast";
    case FaultKind::clock_step:
      return "the calendar of " + node + " jumps by " + amount + " s";
    case FaultKind::disk_full:
      return "every commit of " + node + " fails";
    case FaultKind::disk_slow:
      return "commits of " + node + " take " + amount + " times as long";
    case FaultKind::disk_unsynced:
      return "power loss takes what " + node + " believes is synced";
    case FaultKind::disk_torn:
      return "a crash leaves half of the last batch of " + node;
  }
  return node;
}

std::string effect_of(const Liar& liar) {
  switch (liar.kind) {
    case LiarKind::withhold:
      return "answers nothing of what it was asked to keep";
    case LiarKind::equivocate:
      return "tells different peers different things";
    case LiarKind::delay:
      return "answers as late as is allowed";
    case LiarKind::replay:
      return "answers with what was true before";
    case LiarKind::forge:
      return "answers with records that nobody signed";
    case LiarKind::flood:
      return "sends many times what it should";
    case LiarKind::collude:
      return "answers with its accomplices only";
    case LiarKind::grind:
      return "its id lies near the key of " + name_of(liar.victim);
    case LiarKind::twin:
      return "a second node has its keys";
    case LiarKind::mixed:
      return "does now one, now another of these";
    case LiarKind::truncate:
      return "cuts short what it signs as a witness";
  }
  return {};
}

/// A violation that names no node is explained by what happened to any.
bool concerns(const TraceEvent& event, const TraceEvent& violation) {
  if (event.kind == TraceKind::delivery || event.kind == TraceKind::violation) return false;
  if (!event.node && !event.other) return true;
  if (!violation.node) return event.kind != TraceKind::connected;
  return event.node == violation.node || event.other == violation.node;
}

std::string pad(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

}  // namespace

std::string seconds_text(Duration span) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f s", std::chrono::duration<double>(span).count());
  return text.data();
}

std::string describe(const Fault& fault) {
  std::string text = std::string(to_text(fault.kind)) + ": " + effect_of(fault) + ", ";
  if (fault.lasts <= 0s) return text + "at +" + seconds_text(fault.at);
  return text + "from +" + seconds_text(fault.at) + " for " + seconds_text(fault.lasts);
}

std::string describe(const Liar& liar) {
  return name_of(liar.node) + " lies (" + std::string(to_text(liar.kind)) + "): " + effect_of(liar);
}

std::string describe(const Reduced& reduced) {
  const Plan& plan = reduced.plan;
  std::string text = plan.scenario + ", seed " + std::to_string(plan.seed) + ": " +
                     std::to_string(plan.nodes) + " nodes; faults for " +
                     mycel::to_text(plan.safety) + ", then " + mycel::to_text(plan.converge) +
                     " to converge\n";
  if (!plan.faults.empty()) text += "  (+: since the time for faults began)\n";
  const std::size_t width =
      std::to_string(reduced.faults.empty() ? 0 : reduced.faults.back()).size();
  for (std::size_t i = 0; i < plan.faults.size(); ++i) {
    const std::string number = std::to_string(reduced.faults[i]);
    text += "  fault " + std::string(width - number.size(), ' ') + number + "  " +
            describe(plan.faults[i]) + "\n";
  }
  for (std::size_t i = 0; i < plan.liars.size(); ++i)
    text += "  liar " + std::to_string(reduced.liars[i]) + "  " + describe(plan.liars[i]) + "\n";
  return text;
}

std::string TraceText::line(const TraceEvent& event) {
  if (event.fault && event.kind == TraceKind::fault_begins) active_.insert(*event.fault);
  if (event.fault && event.kind == TraceKind::fault_ends) active_.erase(*event.fault);
  std::string text = text_of(event);
  if (event.kind == TraceKind::violation) text += context(event);
  recent_.push_back(event);
  if (recent_.size() > recent_max) recent_.pop_front();
  return text;
}

std::string TraceText::text_of(const TraceEvent& event) const {
  const auto since_start = [](Instant at) { return at - Instant{}; };
  std::string time = seconds_text(since_start(event.at));
  time.insert(0, time.size() < 12 ? 12 - time.size() : 0, ' ');
  std::string who = event.node ? name_of(*event.node) : "";
  if (event.other)
    who += (event.kind == TraceKind::fault_begins || event.kind == TraceKind::fault_ends ? " - "
                                                                                         : " > ") +
           name_of(*event.other);
  std::string what;
  switch (event.kind) {
    case TraceKind::phase:
      return time + "  == " + event.text + "\n";
    case TraceKind::node_up:
      what = "up";
      break;
    case TraceKind::node_down:
      what = "down";
      break;
    case TraceKind::fault_begins:
      what = "fault begins";
      break;
    case TraceKind::fault_ends:
      what = "fault ends";
      break;
    case TraceKind::connected:
      what = "connected";
      break;
    case TraceKind::disconnected:
      what = "disconnected";
      break;
    case TraceKind::lookup:
      what = std::string(event.is_failed ? "FAILED" : "lookup") + " after " +
             std::to_string(milliseconds(event.at - event.since)) + " ms";
      break;
    case TraceKind::delivery:
      what = "message";
      break;
    case TraceKind::note:
      what = "note";
      break;
    case TraceKind::violation:
      what = "VIOLATION";
      break;
  }
  std::string text = event.text;
  if (event.fault && *event.fault < reduced_.plan.faults.size()) {
    const Fault& fault = reduced_.plan.faults[*event.fault];
    text = std::to_string(reduced_.faults[*event.fault]) + ", " + std::string(to_text(fault.kind)) +
           ": " + effect_of(fault);
  }
  return time + "  " + pad(std::move(who), 10) + " " + what + (text.empty() ? "" : ": " + text) +
         "\n";
}

std::string TraceText::context(const TraceEvent& violation) const {
  std::vector<const TraceEvent*> before;
  for (auto event = recent_.rbegin(); event != recent_.rend() && before.size() < context_max;
       ++event)
    if (concerns(*event, violation)) before.push_back(&*event);
  std::string text = "              | before it, about " +
                     (violation.node ? name_of(*violation.node) : "everybody") + ":\n";
  for (auto event = before.rbegin(); event != before.rend(); ++event)
    text += "              | " + text_of(**event);
  for (const std::uint32_t fault : active_)
    if (fault < reduced_.plan.faults.size())
      text += "              | under way: fault " + std::to_string(reduced_.faults[fault]) + ", " +
              describe(reduced_.plan.faults[fault]) + "\n";
  return text;
}

}  // namespace mycel::sim
