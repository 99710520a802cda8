#pragma once
// Key bundles that were proven genuine, so that they need not be sent and checked each time.

#include <cstddef>
#include <list>
#include <map>

#include "foundation/base/time.hpp"

#include "protocol/dht/witness/statement.hpp"

namespace mycel::dht::witness {

class KeyCache {
 public:
  /// A node deals with far fewer witnesses in an hour; each bundle takes 2 KB.
  static constexpr std::size_t size_max = 1000;
  /// After it a witness that changed its key is known by the new one.
  static constexpr Duration time_to_live = 1h;

  /// The bundle of that peer, or none.
  const SignedKeyBundle* find(Now now, const PeerKey& peer) const {
    const auto found = bundles_.find(peer);
    if (found == bundles_.end() || found->second.until <= now.instant) return nullptr;
    return &found->second.bundle;
  }
  /// `bundle` was proven genuine. The oldest makes room for it.
  void keep(Now now, const SignedKeyBundle& bundle) {
    const PeerKey& peer = bundle.content.peer;
    if (find(now, peer) != nullptr && find(now, peer)->body == bundle.body) return;
    if (const auto known = bundles_.find(peer); known != bundles_.end()) {
      order_.erase(known->second.place);
      bundles_.erase(known);
    }
    if (bundles_.size() == size_max) {
      bundles_.erase(order_.front());
      order_.pop_front();
    }
    const auto place = order_.insert(order_.end(), peer);
    bundles_.emplace(peer, Entry{bundle, now.instant + time_to_live, place});
  }
  std::size_t size() const { return bundles_.size(); }

 private:
  struct Entry {
    SignedKeyBundle bundle;
    Instant until;
    std::list<PeerKey>::iterator place;
  };
  std::map<PeerKey, Entry> bundles_;
  std::list<PeerKey> order_;  // first come, first to leave
};

}  // namespace mycel::dht::witness
