// Whatever a node hands to its user is exactly something that its author published.

#include <map>
#include <set>

#include "sim/run.hpp"

namespace mycel::sim {
namespace {

class Verified final : public Judge {
 public:
  std::string_view name() const override { return "verified"; }

  void on_fact(Run& run, const Fact& fact, bool) override {
    if (const auto* published = std::get_if<Published>(&fact)) {
      published_[published->key].insert(published->value);
    } else if (const auto* delivered = std::get_if<Delivered>(&fact)) {
      const auto known = published_.find(delivered->key);
      if (known == published_.end() || !known->second.contains(delivered->value))
        run.accuse(name(), "node " + std::to_string(delivered->node) + " was given a value of " +
                               std::string(as_text(delivered->key.view())) +
                               " that nobody published");
    }
  }

 private:
  std::map<Bytes, std::set<Bytes>> published_;
};

}  // namespace

std::unique_ptr<Judge> make_judge_verified() {
  return std::make_unique<Verified>();
}

}  // namespace mycel::sim
