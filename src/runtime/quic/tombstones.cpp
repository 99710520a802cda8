#include "runtime/quic/tombstones.hpp"

#include <bit>
#include <utility>

namespace mycel::quic {

void Tombstones::bury(std::vector<Cid> cids, Bytes farewell, Instant until) {
  if (size_max_ == 0) return;
  if (graves_.size() >= size_max_) drop_oldest();
  auto grave = std::make_unique<Grave>(Grave{std::move(cids), std::move(farewell), until});
  for (const Cid cid : grave->cids) by_cid_[cid] = grave.get();
  graves_.push_back(std::move(grave));
}

void Tombstones::expire(Instant now) {
  while (!graves_.empty() && graves_.front()->until <= now) drop_oldest();
}

void Tombstones::drop_oldest() {
  for (const Cid cid : graves_.front()->cids) by_cid_.erase(cid);
  graves_.pop_front();
}

std::optional<Tombstones::Answer> Tombstones::visit(Cid cid) {
  const auto found = by_cid_.find(cid);
  if (found == by_cid_.end()) return std::nullopt;
  Grave& grave = *found->second;
  grave.visits += 1;
  // The first, second, fourth, eighth, ... visitor gets an answer.
  return Answer{std::has_single_bit(grave.visits) ? grave.farewell : Bytes()};
}

}  // namespace mycel::quic
