// A kind of operation does not fail every single time: what never works is broken, and no judge of
// what users are given would ever hear of it.

#include <map>
#include <string>

#include "sim/run.hpp"

namespace mycel::sim {
namespace {

/// Fewer can all be unlucky under faults.
constexpr std::uint64_t tries_min = 20;

class Useful final : public Judge {
 public:
  std::string_view name() const override { return "useful"; }

  void on_fact(Run&, const Fact& fact, bool) override {
    if (const auto* began = std::get_if<Began>(&fact)) {
      kinds_[began->ticket] = began->what.substr(0, began->what.find(' '));
    } else if (const auto* ended = std::get_if<Ended>(&fact)) {
      const auto kind = kinds_.extract(ended->ticket);
      if (kind.empty()) return;
      Tally& tally = tallies_[kind.mapped()];
      tally.ended += 1;
      tally.good += ended->is_good ? 1 : 0;
    }
  }

  void conclude(Run& run) override {
    for (const auto& [kind, tally] : tallies_)
      if (tally.ended >= tries_min && tally.good == 0)
        run.accuse(name(), "every " + kind + " of " + std::to_string(tally.ended) + " failed");
  }

 private:
  struct Tally {
    std::uint64_t ended = 0;
    std::uint64_t good = 0;
  };
  std::map<std::uint64_t, std::string> kinds_;  // by ticket
  std::map<std::string, Tally> tallies_;
};

}  // namespace

std::unique_ptr<Judge> make_judge_useful() {
  return std::make_unique<Useful>();
}

}  // namespace mycel::sim
