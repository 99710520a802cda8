// A node never gives up a value for an older one, whoever offers that, as long as it runs.

#include <map>

#include "sim/run.hpp"
#include "sim/sealed_value.hpp"

namespace mycel::sim {
namespace {

/// Reading every disk takes time: a few nodes at each look, all of them in turn.
constexpr std::uint32_t nodes_a_look = 8;

class NeverOlder final : public Judge {
 public:
  std::string_view name() const override { return "never_older"; }

  void on_fact(Run&, const Fact& fact, bool) override {
    if (const auto* gone = std::get_if<WentDown>(&fact)) seen_.erase(gone->node);
  }

  void watch(Run& run) override {
    for (std::uint32_t i = 0; i < std::min(nodes_a_look, run.fleet().size()); ++i) {
      next_ = (next_ + 1) % run.fleet().size();
      if (run.fleet().is_up(next_) && run.fleet().is_honest(next_)) look(run, next_);
    }
  }

  void conclude(Run& run) override {
    for (const std::uint32_t number : run.core()) look(run, number);
  }

 private:
  void look(Run& run, std::uint32_t number) {
    std::map<Bytes, std::uint64_t>& seen = seen_[number];
    const auto visit = [&](ByteView key, ByteView stored) {
      const auto record = dht::decode_stored_record(stored);
      const auto version = record ? open_sealed(key, record->value.view()) : std::nullopt;
      if (!version) return true;
      const auto [before, is_new] = seen.try_emplace(Bytes::copy(key), *version);
      if (*version < before->second)
        run.accuse(name(), "node " + std::to_string(number) + " gave up version " +
                               std::to_string(before->second) + " of " + std::string(as_text(key)) +
                               " for version " + std::to_string(*version));
      before->second = *version;
      return true;
    };
    (void)run.fleet().node(number).store().scan(Table::records, {}, visit);
  }

  std::map<std::uint32_t, std::map<Bytes, std::uint64_t>> seen_;
  std::uint32_t next_ = 0;
};

}  // namespace

std::unique_ptr<Judge> make_judge_never_older() {
  return std::make_unique<NeverOlder>();
}

}  // namespace mycel::sim
