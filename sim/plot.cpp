#include "sim/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>
#include <tuple>

#include "foundation/base/duration_text.hpp"

#include "sim/svg.hpp"
#include "sim/timeline.hpp"
#include "sim/trace_text.hpp"

namespace mycel::sim {
namespace {

constexpr double width = 1280, left = 70, right = 30, lanes_top = 92;
constexpr std::uint32_t single_lanes_max = 60;  // more would be thinner than a line of text
constexpr std::uint32_t group_lanes = 40;
constexpr std::size_t listed_violations_max = 6;
constexpr std::size_t listed_faults_max = 40;

// Colours that are told apart without red and green; text in one grey.
constexpr std::string_view style =
    "text{font:11px sans-serif;fill:#333}.title{font-size:17px;font-weight:bold}"
    ".small{font-size:9px;fill:#555}.end{text-anchor:end}.mid{text-anchor:middle}"
    ".bad{fill:#b3001b;font-weight:bold}"
    ".s0{fill:#b9bec6}.s1{fill:#f2d35c}.s2{fill:#c9b3e6}.s3{fill:#e3f1ea}"
    ".phase0{fill:#eef1f4}.phase1{fill:#fbe7d3}.grid{stroke:#d5d9de;stroke-width:.6}"
    ".good{stroke:#1769aa;stroke-width:1.6}.failed{stroke:#d9480f;stroke-width:3}"
    ".thin{stroke-width:.8}.connect{stroke:#64748b;stroke-width:.8}"
    ".link{fill:#a8327a}.linkline{stroke:#a8327a;stroke-width:1;stroke-dasharray:2 2}"
    ".machine{fill:#7a5c1e}.place{fill:#0f8577}"
    ".split{fill:#a8327a;fill-opacity:.13}.splitline{stroke:#a8327a;stroke-width:1.6;"
    "stroke-dasharray:6 3}"
    ".violation{stroke:#b3001b;stroke-width:1.4}.mark{fill:#b3001b}";

std::string hex(std::uint64_t word) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(word));
  return text.data();
}

double seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

class Plot {
 public:
  Plot(const Reduced& reduced, const std::vector<TraceEvent>& events, const PlotFacts& facts)
      : reduced_(reduced),
        plan_(reduced.plan),
        events_(events),
        facts_(facts),
        end_(std::max({Instant{} + facts.simulated, Instant{} + 1s,
                       events.empty() ? Instant{} : events.back().at})),
        timeline_(plan_, events, end_) {
    // Twins are nodes too: the plan does not count them.
    nodes_ = plan_.nodes;
    for (const TraceEvent& event : events)
      if (event.node) nodes_ = std::max(nodes_, *event.node + 1);
    per_lane_ = nodes_ <= single_lanes_max ? 1 : (nodes_ + group_lanes - 1) / group_lanes;
    lanes_ = (nodes_ + per_lane_ - 1) / per_lane_;
    lane_height_ = lanes_ <= 12 ? 32 : lanes_ <= 24 ? 24 : lanes_ <= 40 ? 18 : 13;
  }

  std::string draw() {
    title();
    phases();
    for (std::uint32_t lane = 0; lane < lanes_; ++lane) states(lane);
    grid();
    for (const FaultSpan& span : timeline_.faults()) fault(span);
    std::set<Stroke> drawn;
    for (const TraceEvent& event : events_) {
      if (event.kind == TraceKind::connected) connection(event, drawn);
      if (event.kind == TraceKind::lookup && !event.is_failed) lookup(event, drawn);
    }
    for (const TraceEvent& event : events_)
      if (event.kind == TraceKind::lookup && event.is_failed) lookup(event, drawn);
    for (const TraceEvent& event : events_)
      if (event.kind == TraceKind::violation) violation(event);
    legend();
    listed_violations();
    listed_faults();
    return svg_.file(width, y_ + 16, style);
  }

 private:
  using Stroke = std::tuple<int, int, int, int>;  // what, lane row, from, to; in pixels

  double x(Instant at) const {
    return left + seconds(at - Instant{}) / seconds(end_ - Instant{}) * (width - left - right);
  }
  double lane_top(std::uint32_t lane) const { return lanes_top + lane * lane_height_; }
  double bottom() const { return lane_top(lanes_); }
  /// The middle of the node's own part of its lane.
  double y(std::uint32_t node) const { return lanes_top + (node + 0.5) / per_lane_ * lane_height_; }
  double node_height() const { return lane_height_ / per_lane_; }

  void title() {
    svg_.text(left, 30, plan_.scenario + ", seed " + std::to_string(plan_.seed), "title");
    std::uint64_t lookups = 0, failed = 0;
    for (const TraceEvent& event : events_) {
      lookups += event.kind == TraceKind::lookup;
      failed += event.kind == TraceKind::lookup && event.is_failed;
      violations_ += event.kind == TraceKind::violation;
    }
    svg_.text(left, 50,
              std::to_string(nodes_) + " nodes, " + std::to_string(timeline_.faults().size()) +
                  " faults, " + std::to_string(plan_.liars.size()) + " liars, " +
                  std::to_string(lookups) + " operations of users (" + std::to_string(failed) +
                  " failed), fingerprint " + hex(facts_.fingerprint));
    svg_.text(width - right, 30,
              violations_ == 0   ? "no violation"
              : violations_ == 1 ? "1 violation"
                                 : std::to_string(violations_) + " violations",
              violations_ == 0 ? "end" : "end bad");
  }

  void phases() {
    std::vector<const TraceEvent*> begins;
    for (const TraceEvent& event : events_)
      if (event.kind == TraceKind::phase) begins.push_back(&event);
    for (std::size_t i = 0; i < begins.size(); ++i) {
      const double from = x(begins[i]->at);
      const double to = i + 1 < begins.size() ? x(begins[i + 1]->at) : width - right;
      svg_.rectangle(from, 64, to - from, 20, i % 2 == 0 ? "phase0" : "phase1", begins[i]->text);
      if (to - from > 34) svg_.text((from + to) / 2, 78, begins[i]->text, "mid");
    }
  }

  /// From the ground up, so that a half-full lane shows how many of its nodes are well.
  void states(std::uint32_t lane) {
    const std::uint32_t first = lane * per_lane_;
    const std::uint32_t last = std::min(nodes_, first + per_lane_);
    const double gap = lane_height_ > 15 ? 2 : 1;
    const double height = lane_height_ - gap;
    const auto pixel = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(seconds(end_ - Instant{}) / width));
    for (const StateSpan& span : timeline_.states(first, last, std::max(pixel, Duration{1}))) {
      double ground = lane_top(lane) + height;
      for (std::size_t state = node_state_count; state-- > 0;) {
        if (span.nodes[state] == 0) continue;
        const double part = height * span.nodes[state] / (last - first);
        ground -= part;
        svg_.rectangle(x(span.from), ground, x(span.to) - x(span.from), part,
                       "s" + std::to_string(state));
      }
    }
    const std::string name = per_lane_ == 1
                                 ? "n" + std::to_string(first)
                                 : "n" + std::to_string(first) + ".." + std::to_string(last - 1);
    const auto liar = std::find_if(plan_.liars.begin(), plan_.liars.end(), [&](const Liar& one) {
      return per_lane_ == 1 && one.node == first;
    });
    const bool is_honest = liar == plan_.liars.end();
    svg_.text(left - 6, lane_top(lane) + lane_height_ / 2 + 3, name,
              is_honest ? "end small" : "end small bad");
    if (!is_honest)
      svg_.text(left + 4, lane_top(lane) + lane_height_ / 2 + 3,
                "lies: " + std::string(to_text(liar->kind)), "small bad");
  }

  void grid() {
    const double total = seconds(end_ - Instant{});
    double step = std::pow(10, std::floor(std::log10(total / 8)));
    for (const double factor : {2.0, 2.5, 2.0})
      if (total / step > 14) step *= factor;
    for (double at = 0; at <= total; at += step) {
      const double where = left + at / total * (width - left - right);
      svg_.line(where, lanes_top, where, bottom() + 4, "grid");
      svg_.text(where, bottom() + 16, Svg::number(at) + " s", "mid small");
    }
    y_ = bottom() + 24;
  }

  void fault(const FaultSpan& span) {
    const Fault& what = plan_.faults[span.fault];
    const std::string number = std::to_string(reduced_.faults[span.fault]);
    const std::string tip = "fault " + number + ", " + describe(what);
    const double from = x(span.from), to = std::max(x(span.to), x(span.from) + 2);
    if (what.kind == FaultKind::split) {
      svg_.rectangle(from, lanes_top, to - from, bottom() - lanes_top, "split", tip);
      const double side = lanes_top + what.amount * nodes_ / per_lane_ * lane_height_;
      svg_.line(from, side, to, side, "splitline", tip);
      svg_.text(from + 2, side - 3, number + " split", "small");
      return;
    }
    // Crashed, paused and isolated nodes have their colour already.
    const bool is_link = has_other(what.kind);
    if (is_link) {
      svg_.line(from, y(what.node), from, y(what.other), "linkline", tip);
      bar(what.other, span, "link", tip, "");
    }
    const bool has_colour = what.kind <= FaultKind::isolate;
    const bool is_place = what.kind == FaultKind::move || what.kind == FaultKind::nat;
    bar(what.node, span,
        has_colour ? ""
        : is_link  ? "link"
        : is_place ? "place"
                   : "machine",
        tip, number);
  }

  /// At the foot of the lane, above those of the faults that go on meanwhile.
  void bar(std::uint32_t node, const FaultSpan& span, const std::string& look,
           const std::string& tip, const std::string& number) {
    std::size_t row = 0;
    for (const Bar& other : bars_)
      row += other.node == node && other.to > span.from && other.from <= span.from;
    const double height = std::clamp(node_height() / 6, 1.0, 4.0);
    const double rows = std::max(1.0, std::floor(node_height() / 2 / height));
    const double foot = y(node) + node_height() / 2 - (node_height() > 15 ? 2 : 1);
    const double top =
        foot - height * (1 + static_cast<double>(row % static_cast<std::size_t>(rows)));
    const double from = x(span.from);
    if (!look.empty()) {
      bars_.push_back({node, span.from, span.to});
      svg_.rectangle(from, top, std::max(2.0, x(span.to) - from), height, look, tip);
    }
    if (!number.empty() && per_lane_ == 1)
      svg_.text(from + 1, look.empty() ? foot - 1 : top - 1, number, "small");
  }

  void connection(const TraceEvent& event, std::set<Stroke>& drawn) {
    if (!event.node) return;
    const double top = y(*event.node) - node_height() / 2;
    const double where = x(event.at);
    if (!drawn.emplace(0, static_cast<int>(top), static_cast<int>(where), 0).second) return;
    svg_.line(where, top, where, top + std::max(1.0, node_height() / 5), "connect");
  }

  void lookup(const TraceEvent& event, std::set<Stroke>& drawn) {
    if (!event.node) return;
    const double where = y(*event.node) - node_height() / 10;
    const double from = x(event.since), to = x(event.at);
    const int kind = event.is_failed ? 2 : 1;
    if (!drawn.emplace(kind, static_cast<int>(where), static_cast<int>(from), static_cast<int>(to))
             .second)
      return;
    // Thousands of tips would be most of the file.
    const std::string tip = per_lane_ > 1
                                ? ""
                                : (event.is_failed ? "failed: " : "") + event.text + ", " +
                                      std::to_string(milliseconds(event.at - event.since)) + " ms";
    const std::string look =
        std::string(event.is_failed ? "failed" : "good") + (per_lane_ > 1 ? " thin" : "");
    if (to - from > 3) return svg_.line(from, where, to, where, look, tip);
    const double half = std::clamp(node_height() / 7, 0.6, 3.0);
    svg_.line(to, where - half, to, where + half, look, tip);
  }

  void violation(const TraceEvent& event) {
    const double where = x(event.at);
    svg_.line(where, lanes_top - 4, where, bottom(), "violation", event.text);
    const double tip = event.node ? y(*event.node) : lanes_top;
    const auto at = [](double px, double py) { return Svg::number(px) + "," + Svg::number(py); };
    svg_.polygon(at(where, tip) + " " + at(where - 6, tip - 10) + " " + at(where + 6, tip - 10),
                 "mark", event.text);
  }

  void legend() {
    double at = left;
    y_ += 8;
    const auto entry = [&](std::string_view look, bool is_line, const std::string& words) {
      if (is_line)
        svg_.line(at, y_ + 5, at + 16, y_ + 5, look);
      else
        svg_.rectangle(at, y_, 16, 10, look);
      svg_.text(at + 21, y_ + 9, words);
      at += 36 + 6.1 * static_cast<double>(words.size());
    };
    entry("s3", false, "up");
    entry("s0", false, "down");
    entry("s1", false, "paused");
    entry("s2", false, "isolated");
    entry("good", true, "operation of a user");
    entry("failed", true, "one that failed");
    entry("link", false, "link cut, slow, stalled, reset");
    entry("split", false, "split");
    entry("place", false, "address, NAT");
    entry("machine", false, "clock, disk");
    entry("violation", true, "violation");
    y_ += 16;
    svg_.text(left, y_ + 9,
              "Ticks at the head of a lane are connections that it began; numbers are faults. +: "
              "since the safety phase began.",
              "small");
    y_ += 26;
  }

  void listed_violations() {
    std::size_t count = 0;
    for (const TraceEvent& event : events_) {
      if (event.kind != TraceKind::violation || ++count > listed_violations_max) continue;
      svg_.text(left, y_, seconds_text(event.at - Instant{}) + "  " + event.text, "bad");
      y_ += 16;
    }
    if (count > listed_violations_max) {
      svg_.text(left, y_, "and " + std::to_string(count - listed_violations_max) + " more", "bad");
      y_ += 16;
    }
  }

  void listed_faults() {
    const std::size_t count = std::min(plan_.faults.size(), listed_faults_max);
    const std::size_t rows = (count + 1) / 2;
    for (std::size_t i = 0; i < count; ++i)
      svg_.text(i < rows ? left : width / 2 + 20, y_ + 13.0 * static_cast<double>(i % rows),
                std::to_string(reduced_.faults[i]) + "  " + describe(plan_.faults[i]), "small");
    y_ += 13.0 * static_cast<double>(rows);
    if (plan_.faults.size() <= count) return;
    svg_.text(left, y_, "and " + std::to_string(plan_.faults.size() - count) + " more", "small");
    y_ += 13;
  }

  struct Bar {
    std::uint32_t node;
    Instant from, to;
  };

  const Reduced& reduced_;
  const Plan& plan_;
  const std::vector<TraceEvent>& events_;
  const PlotFacts facts_;
  const Instant end_;
  const Timeline timeline_;
  std::uint32_t nodes_ = 0;
  std::uint32_t per_lane_ = 1;
  std::uint32_t lanes_ = 0;
  double lane_height_ = 0;
  std::size_t violations_ = 0;
  std::vector<Bar> bars_;
  Svg svg_;
  double y_ = 0;  // below what is drawn
};

}  // namespace

std::string plot(const Reduced& reduced, const std::vector<TraceEvent>& events,
                 const PlotFacts& facts) {
  return Plot(reduced, events, facts).draw();
}

}  // namespace mycel::sim
