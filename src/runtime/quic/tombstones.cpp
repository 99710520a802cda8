#include "runtime/quic/tombstones.hpp"

#include <bit>
#include <utility>

namespace mycel::quic {

void Tombstones::bury(std::vector<Cid> cids, ForeignCid first_cid, Bytes farewell, Instant until) {
  if (size_max_ == 0) return;
  if (graves_.size() >= size_max_) drop_oldest();
  auto grave = std::make_unique<Grave>(
      Grave{std::move(cids), std::move(first_cid), std::move(farewell), until});
  for (const Cid cid : grave->cids) by_cid_[cid] = grave.get();
  if (!grave->first_cid.empty()) by_first_cid_[grave->first_cid] = grave.get();
  graves_.push_back(std::move(grave));
}

void Tombstones::expire(Instant now) {
  while (!graves_.empty() && graves_.front()->until <= now) drop_oldest();
}

void Tombstones::drop_oldest() {
  const Grave& oldest = *graves_.front();
  for (const Cid cid : oldest.cids) by_cid_.erase(cid);
  // The same dialler may have come back with the same id and have been buried again.
  const auto first = by_first_cid_.find(oldest.first_cid);
  if (first != by_first_cid_.end() && first->second == &oldest) by_first_cid_.erase(first);
  graves_.pop_front();
}

Tombstones::Grave* Tombstones::find(const std::uint8_t* cid, std::size_t size) const {
  if (size == cid_size_bytes) {
    const auto found = by_cid_.find(to_cid(cid));
    if (found != by_cid_.end()) return found->second;
  }
  if (by_first_cid_.empty()) return nullptr;
  const auto found = by_first_cid_.find(ForeignCid(cid, cid + size));
  return found == by_first_cid_.end() ? nullptr : found->second;
}

std::optional<Tombstones::Answer> Tombstones::visit(const std::uint8_t* cid, std::size_t size) {
  Grave* found = find(cid, size);
  if (found == nullptr) return std::nullopt;
  Grave& grave = *found;
  grave.visits += 1;
  // The first, second, fourth, eighth, ... visitor gets an answer.
  return Answer{std::has_single_bit(grave.visits) ? grave.farewell : Bytes()};
}

}  // namespace mycel::quic
