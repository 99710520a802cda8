#include "sim/attacks/crowd.hpp"

#include <algorithm>

#include "foundation/base/check.hpp"

namespace mycel::sim {
namespace {

constexpr std::size_t named_a_time = 20;

}  // namespace

std::string_view to_text(Deceit deceit) {
  switch (deceit) {
    case Deceit::withhold:
      return "withhold";
    case Deceit::collude:
      return "collude";
    case Deceit::strict:
      return "strict";
  }
  return "?";
}

void Crowd::add(const PeerInfo& liar) {
  Member member{dht::Key::of(liar.id), {.id = liar.id, .addresses = liar.addresses}};
  members_.insert(std::ranges::upper_bound(members_, member.point, {}, &Member::point),
                  std::move(member));
}

void Crowd::twist(const dht::Message& asked, dht::Message& answer) {
  if (answer.type == dht::MessageType::put_value) return;  // taken with thanks
  answer.record.reset();
  answer.providers.clear();
  if (deceit_ == Deceit::withhold) return;
  const dht::Key target = dht::Key::of(asked.key.view());
  std::size_t first = 0;
  if (deceit_ == Deceit::strict) {
    std::size_t& named = named_[target.words[0]];
    first = named < members_.size() ? named : 0;
    named = first + named_a_time;
  }
  answer.closer = nearest(target, first, named_a_time);
}

// Points in order are the leaves of a binary tree. Walked from the root into the target's half
// first, they come nearest first, and what comes too early is left out a subtree at a time.
std::vector<dht::Peer> Crowd::nearest(const dht::Key& target, std::size_t first,
                                      std::size_t count) const {
  std::vector<dht::Peer> peers;
  const auto walk = [&](auto& self, Members begin, Members end, unsigned bit) -> void {
    const auto size = static_cast<std::size_t>(end - begin);
    if (size <= first) {
      first -= size;
      return;
    }
    if (peers.size() == count) return;
    if (size == 1) return peers.push_back(begin->peer);
    check(bit < 64, "no two points begin with the same eight bytes");
    const std::uint64_t mask = std::uint64_t{1} << (63 - bit);
    const auto middle = std::partition_point(
        begin, end, [&](const Member& member) { return (member.point.words[0] & mask) == 0; });
    const bool is_high = (target.words[0] & mask) != 0;
    if (is_high) self(self, middle, end, bit + 1);
    self(self, begin, middle, bit + 1);
    if (!is_high) self(self, middle, end, bit + 1);
  };
  walk(walk, members_.begin(), members_.end(), 0);
  return peers;
}

}  // namespace mycel::sim
