#pragma once
// How long a peer has left us without an answer. The idle timeout alone notices a dead peer after
// 30 s, however much is sent to it; RFC 9000, section 10.1, lets an endpoint give up earlier.
//
// After the time that is allowed, one more packet is sent, by the user or as a probe, and has its
// chance: probes come at doubling distances, and a way that was cut for some seconds may work again
// long before the next one. So a dead peer is noticed within once to twice the time allowed.

#include <algorithm>
#include <cstdint>

#include "foundation/base/time.hpp"

namespace mycel::quic {

class Silence {
 public:
  /// `unanswered_max` is the time allowed; zero: any.
  explicit Silence(Duration unanswered_max) : unanswered_max_(unanswered_max) {}

  /// After a packet was read or written: whether something sent is not acknowledged yet, how many
  /// packets of the peer were ever understood, and the probe timeout without its doubling.
  void on_read(Instant now, bool is_waiting, std::uint64_t packets_heard, Duration probe_timeout) {
    const bool has_heard = packets_heard != packets_heard_;
    packets_heard_ = packets_heard;
    if (!is_waiting) {
      since_ = never;
    } else if (has_heard || since_ == never) {
      begin(now, probe_timeout);
    }
  }
  void on_written(Instant now, bool is_waiting, Duration probe_timeout) {
    if (!is_waiting) return;
    if (since_ == never) return begin(now, probe_timeout);
    if (has_last_chance_ || now < since_ + patience_) return;
    has_last_chance_ = true;
    give_up_at_ = std::min(give_up_at_, now + 2 * probe_timeout);
  }

  /// When to give up; `never` while no answer is due.
  Instant until() const { return since_ == never ? never : give_up_at_; }
  /// Whether to give up at `now`. A wake-up that comes late says that this process slept, and the
  /// answers may wait in the socket: then the peer gets the same time again.
  bool is_proved(Instant now) {
    if (now - until() <= oversleep) return true;
    begin(now, {});
    return false;
  }

 private:
  /// Before the last chance, four probes must have had theirs: they come after 1, 3, 7 and 15 probe
  /// timeouts. On a way that loses three packets in ten both ways, one exchange in two thousand has
  /// no luck for so long.
  static constexpr int probe_timeouts_min = 15;
  static constexpr Duration oversleep = 500ms;

  void begin(Instant now, Duration probe_timeout) {
    if (unanswered_max_ <= Duration::zero()) return;
    since_ = now;
    patience_ = std::max(unanswered_max_, probe_timeouts_min * probe_timeout);
    give_up_at_ = now + 2 * patience_;
    has_last_chance_ = false;
  }

  Duration unanswered_max_;
  Instant since_ = never;  // nothing was heard since then, though something was sent
  Duration patience_{};
  Instant give_up_at_ = never;
  bool has_last_chance_ = false;
  std::uint64_t packets_heard_ = 0;
};

}  // namespace mycel::quic
