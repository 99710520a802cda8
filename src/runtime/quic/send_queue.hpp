#pragma once
// What one stream sends: kept, without copying, until the peer has acknowledged it.

#include <cstddef>
#include <span>
#include <vector>

#include <ngtcp2/ngtcp2.h>

#include "foundation/base/bytes.hpp"

namespace mycel::quic {

class SendQueue {
 public:
  void push(Bytes bytes);

  std::size_t size() const { return size_; }      ///< not yet acknowledged
  std::size_t unsent() const { return unsent_; }  ///< of these, never sent so far

  struct Gathered {
    std::size_t pieces = 0;
    std::size_t bytes = 0;
  };
  /// What to send next, in pieces, until `bytes_max` is reached or `to` is full.
  Gathered gather(std::span<ngtcp2_vec> to, std::size_t bytes_max) const;
  void on_sent(std::size_t count);
  /// The oldest `count` bytes arrived.
  void on_acked(std::size_t count);
  void clear();

 private:
  void forget_front();

  std::vector<Bytes> pieces_;
  std::size_t front_ = 0;           // first piece that is not acknowledged
  std::size_t acked_of_front_ = 0;  // bytes
  std::size_t next_ = 0;            // first piece that is not sent
  std::size_t sent_of_next_ = 0;    // bytes
  std::size_t size_ = 0;
  std::size_t unsent_ = 0;
};

}  // namespace mycel::quic
