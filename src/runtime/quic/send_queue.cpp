#include "runtime/quic/send_queue.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/check.hpp"

namespace mycel::quic {

void SendQueue::push(Bytes bytes) {
  if (bytes.empty()) return;
  size_ += bytes.size();
  unsent_ += bytes.size();
  pieces_.push_back(std::move(bytes));
}

SendQueue::Gathered SendQueue::gather(std::span<ngtcp2_vec> to, std::size_t bytes_max) const {
  Gathered gathered;
  std::size_t offset = sent_of_next_;
  for (std::size_t i = next_; i < pieces_.size(); ++i) {
    if (gathered.pieces == to.size() || gathered.bytes >= bytes_max) break;
    const Bytes& piece = pieces_[i];
    // ngtcp2 reads through this pointer only; its type is shared with what it receives.
    auto* base = const_cast<std::byte*>(piece.data() + offset);
    to[gathered.pieces] = {reinterpret_cast<std::uint8_t*>(base), piece.size() - offset};
    gathered.pieces += 1;
    gathered.bytes += piece.size() - offset;
    offset = 0;
  }
  return gathered;
}

void SendQueue::on_sent(std::size_t count) {
  check(count <= unsent_, "no more is sent than is queued");
  unsent_ -= count;
  while (count > 0) {
    const std::size_t part = std::min(count, pieces_[next_].size() - sent_of_next_);
    sent_of_next_ += part;
    count -= part;
    if (sent_of_next_ == pieces_[next_].size()) {
      next_ += 1;
      sent_of_next_ = 0;
    }
  }
}

void SendQueue::on_acked(std::size_t count) {
  // After clear(), late acknowledgements are for bytes that are no longer here.
  count = std::min(count, size_ - unsent_);
  size_ -= count;
  while (count > 0) {
    const std::size_t part = std::min(count, pieces_[front_].size() - acked_of_front_);
    acked_of_front_ += part;
    count -= part;
    if (acked_of_front_ == pieces_[front_].size()) forget_front();
  }
}

void SendQueue::forget_front() {
  pieces_[front_] = Bytes();
  front_ += 1;
  acked_of_front_ = 0;
  // Moves each piece at most once on average.
  if (front_ < 32 || front_ * 2 < pieces_.size()) {
    if (front_ < pieces_.size()) return;
  }
  pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(front_));
  next_ -= front_;
  front_ = 0;
  if (pieces_.empty()) pieces_.shrink_to_fit();
}

void SendQueue::clear() {
  *this = SendQueue();
}

}  // namespace mycel::quic
