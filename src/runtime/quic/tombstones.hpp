#pragma once
// Closed connections that still get packets for a while. A connection that we closed answers with
// its last packet, more and more rarely; one that the peer closed stays silent.
// Source: RFC 9000, section 10.2.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/time.hpp"

#include "runtime/quic/router.hpp"

namespace mycel::quic {

class Tombstones {
 public:
  explicit Tombstones(std::size_t size_max) : size_max_(size_max) {}

  /// `farewell` is the packet with CONNECTION_CLOSE, or empty. The oldest gives way when full.
  void bury(std::vector<Cid> cids, ForeignCid first_cid, Bytes farewell, Instant until);
  /// Forgets those whose time is over.
  void expire(Instant now);
  Instant next_deadline() const { return graves_.empty() ? never : graves_.front()->until; }

  struct Answer {
    Bytes farewell;  ///< empty: nothing to say this time
  };
  /// What to answer a packet to this connection id; none if nobody lies here.
  std::optional<Answer> visit(const std::uint8_t* cid, std::size_t size);
  std::size_t size() const { return graves_.size(); }

 private:
  struct Grave {
    std::vector<Cid> cids;
    ForeignCid first_cid;
    Bytes farewell;
    Instant until;
    std::uint32_t visits = 0;
  };
  void drop_oldest();
  Grave* find(const std::uint8_t* cid, std::size_t size) const;

  std::size_t size_max_;
  // In the order of their burial: their times differ by a few round trips only, so the front is
  // early enough as the next deadline.
  std::deque<std::unique_ptr<Grave>> graves_;
  std::unordered_map<Cid, Grave*> by_cid_;
  std::map<ForeignCid, Grave*> by_first_cid_;
};

}  // namespace mycel::quic
