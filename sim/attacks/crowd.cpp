#include "sim/attacks/crowd.hpp"

#include <algorithm>

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

// Peers that share a prefix with the target are nearer than all others: of the sorted points only
// the smallest such range that is large enough need be looked at.
std::vector<dht::Peer> Crowd::nearest(const dht::Key& target, std::size_t first,
                                      std::size_t count) const {
  auto begin = members_.begin();
  auto end = members_.end();
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t mask = std::uint64_t{1} << (63 - bit);
    const auto middle = std::partition_point(
        begin, end, [&](const Member& member) { return (member.point.words[0] & mask) == 0; });
    const bool is_high = (target.words[0] & mask) != 0;
    const auto inner_begin = is_high ? middle : begin;
    const auto inner_end = is_high ? end : middle;
    if (static_cast<std::size_t>(inner_end - inner_begin) < first + count) break;
    begin = inner_begin;
    end = inner_end;
  }
  std::vector<const Member*> near;
  for (auto member = begin; member != end; ++member) near.push_back(&*member);
  std::ranges::sort(near, {},
                    [&](const Member* member) { return distance(member->point, target); });
  std::vector<dht::Peer> peers;
  for (std::size_t i = first; i < std::min(near.size(), first + count); ++i)
    peers.push_back(near[i]->peer);
  return peers;
}

}  // namespace mycel::sim
