#include "protocol/agents/known_heads.hpp"

#include <utility>

namespace mycel::agents {

const Head* KnownHeads::find(const std::string& did) const {
  const auto entry = entries_.find(did);
  return entry == entries_.end() ? nullptr : &entry->second.head;
}

void KnownHeads::set(const std::string& did, const Head& head, StoreBatch& persist) {
  Entry& entry = entries_[did];
  touch(did, entry);
  if (entry.head == head) return;
  entry.head = head;
  persist.push_back({Table::cards, store_key(did), encode(head)});
  if (entries_.size() <= size_max_) return;
  const auto oldest = by_use_.begin();
  persist.push_back({Table::cards, store_key(oldest->second), std::nullopt});
  entries_.erase(oldest->second);
  by_use_.erase(oldest);
}

bool KnownHeads::load(const std::string& did, ByteView value) {
  auto head = decode_head(value);
  if (!head) return false;
  if (entries_.size() >= size_max_) return true;
  Entry& entry = entries_[did];
  entry.head = std::move(*head);
  touch(did, entry);
  return true;
}

Bytes KnownHeads::store_key(const std::string& did) {
  return Bytes::copy("known/" + did);
}

void KnownHeads::touch(const std::string& did, Entry& entry) {
  if (entry.used != 0) by_use_.erase(entry.used);
  entry.used = ++uses_;
  by_use_.emplace(entry.used, did);
}

}  // namespace mycel::agents
