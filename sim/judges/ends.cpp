// Every operation that a user began ends exactly once and in time, whatever happens, unless its
// node goes down first.

#include <map>

#include "sim/run.hpp"

namespace mycel::sim {
namespace {

/// A node's clock may run a tenth slow, and its answers take a moment.
constexpr Duration slack = 10s;

class Ends final : public Judge {
 public:
  std::string_view name() const override { return "ends"; }

  void on_fact(Run& run, const Fact& fact, bool) override {
    if (const auto* began = std::get_if<Began>(&fact)) {
      waiting_[began->ticket] = *began;
    } else if (const auto* ended = std::get_if<Ended>(&fact)) {
      if (!ended->is_known)
        run.accuse(name(), "operation " + std::to_string(ended->ticket) + " ended twice");
      waiting_.erase(ended->ticket);
    } else if (const auto* gone = std::get_if<WentDown>(&fact)) {
      std::erase_if(waiting_, [&](const auto& one) { return one.second.node == gone->node; });
    }
  }

  void watch(Run& run) override {
    for (auto entry = waiting_.begin(); entry != waiting_.end();) {
      Began& began = entry->second;
      if (run.fleet().is_paused(began.node)) began.due += 1s;  // it cannot end now
      if (run.now() <= began.due + slack) {
        ++entry;
        continue;
      }
      run.accuse(name(), "node " + std::to_string(began.node) + ": " + began.what +
                             " has not ended in its time");
      entry = waiting_.erase(entry);
    }
  }

  void conclude(Run& run) override {
    for (const auto& [ticket, began] : waiting_)
      run.accuse(name(), "node " + std::to_string(began.node) + ": " + began.what +
                             " had not ended when the run was over");
  }

 private:
  std::map<std::uint64_t, Began> waiting_;
};

}  // namespace

std::unique_ptr<Judge> make_judge_ends() {
  return std::make_unique<Ends>();
}

}  // namespace mycel::sim
