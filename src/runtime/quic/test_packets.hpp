#pragma once
// A packet network in memory, for this folder's tests and for the simulator: sockets between which
// packets wait at a narrow link, are delayed, lost, doubled, damaged and reordered by a seed.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "foundation/base/rng.hpp"

#include "runtime/ports/datagrams.hpp"
#include "runtime/ports/timers.hpp"

namespace mycel::quic::test {

/// What happens to packets. The link of each sender is a token bucket, as Linux's `tc ... tbf rate
/// R burst B latency L` makes one; then comes the way, as `netem` makes it.
struct Weather {
  Duration delay = 5ms;
  Duration jitter{};  ///< each packet takes up to so much longer, and may overtake others
  double loss = 0;
  double doubled = 0;
  double damaged = 0;
  std::size_t payload_max_bytes = 1472;
  std::uint64_t rate_bytes_per_s = 0;  ///< 0: no narrow link
  std::uint64_t burst_bytes = 4000;    ///< leave at once after a silence
  Duration queue_max = 400ms;          ///< who would wait longer for the link is dropped
};

struct PacketCounts {
  std::uint64_t sent = 0;
  std::uint64_t delivered = 0;
  std::uint64_t lost = 0;        ///< by chance
  std::uint64_t cut = 0;         ///< taken by the filter
  std::uint64_t queue_full = 0;  ///< at the narrow link
  std::uint64_t oversized = 0;
  std::uint64_t doubled = 0;
  std::uint64_t damaged = 0;
  std::uint64_t overtaken = 0;  ///< arrived after a packet that was sent later
  std::uint64_t nobody = 0;     ///< arrived where no socket is
  std::uint64_t delivered_bytes = 0;
};

class PacketSocket;

class PacketNetwork {
 public:
  PacketNetwork(ports::Timers& timers, Rng rng) : timers_(timers), rng_(rng) {}
  PacketNetwork(const PacketNetwork&) = delete;
  PacketNetwork& operator=(const PacketNetwork&) = delete;

  Weather weather;
  /// Sees every packet first; false loses it.
  std::function<bool(const ports::Datagram&)> filter;
  /// Changes packets on their way.
  std::function<void(std::vector<std::byte>&)> damage;
  /// A NAT: what leaves from the first address is seen from the second.
  std::map<ports::Endpoint, ports::Endpoint> translated;
  PacketCounts counts;

  void attach(const ports::Endpoint& at, PacketSocket& socket) { sockets_[at] = &socket; }
  void detach(const ports::Endpoint& at) { sockets_.erase(at); }
  void send(ports::Datagram datagram);

 private:
  /// A token bucket by two instants: when it is full again, and when the last packet leaves.
  struct Link {
    Instant full_at{};
    Instant free_at{};
  };
  using Payload = std::vector<std::byte>;

  void send_one(const ports::Datagram& datagram);
  bool pass_link(const ports::Endpoint& sender, std::size_t size, Duration& wait);
  void carry(const ports::Datagram& datagram, Duration wait);
  void arrive(const ports::Endpoint& from, const ports::Endpoint& to, std::uint64_t number,
              const Payload& payload);

  ports::Timers& timers_;
  Rng rng_;
  std::map<ports::Endpoint, PacketSocket*> sockets_;
  std::map<ports::Endpoint, Link> links_;
  // Per way, the highest number that arrived.
  std::map<std::pair<ports::Endpoint, ports::Endpoint>, std::uint64_t> newest_;
};

class PacketSocket final : public ports::Datagrams {
 public:
  PacketSocket(PacketNetwork& network, ports::Endpoint at) : network_(network), at_(at) {
    network_.attach(at_, *this);
  }
  ~PacketSocket() { network_.detach(at_); }
  PacketSocket(const PacketSocket&) = delete;
  PacketSocket& operator=(const PacketSocket&) = delete;

  bool is_full = false;  ///< takes nothing until room() is called
  Instant heard_at{};    ///< when the last packet came

  std::size_t send(std::span<const ports::Datagram> batch) override {
    if (is_full) return 0;
    for (ports::Datagram datagram : batch) {
      datagram.local = at_;
      network_.send(datagram);
    }
    return batch.size();
  }
  void on_receive(Receiver receiver) override { receiver_ = std::move(receiver); }
  void on_writable(std::function<void()> then) override { on_writable_ = std::move(then); }
  ports::Endpoint local() const override { return at_; }

  void room() {
    is_full = false;
    if (on_writable_) on_writable_();
  }
  void receive(const ports::Datagram& datagram) {
    if (receiver_) receiver_({&datagram, 1});
  }

 private:
  PacketNetwork& network_;
  ports::Endpoint at_;
  Receiver receiver_;
  std::function<void()> on_writable_;
};

inline void PacketNetwork::send(ports::Datagram datagram) {
  const std::size_t step =
      datagram.segment_size_bytes == 0 ? datagram.payload.size() : datagram.segment_size_bytes;
  const ByteView whole = datagram.payload;
  for (std::size_t at = 0; at < whole.size(); at += step) {
    datagram.payload = whole.subspan(at, std::min(step, whole.size() - at));
    send_one(datagram);
  }
}

inline void PacketNetwork::send_one(const ports::Datagram& datagram) {
  counts.sent += 1;
  if (filter && !filter(datagram)) {
    counts.cut += 1;
    return;
  }
  if (datagram.payload.size() > weather.payload_max_bytes) {
    counts.oversized += 1;
    return;
  }
  Duration wait{};
  if (!pass_link(datagram.local, datagram.payload.size(), wait)) {
    counts.queue_full += 1;
    return;
  }
  if (rng_.chance(weather.loss)) {
    counts.lost += 1;
    return;
  }
  carry(datagram, wait);
  if (!rng_.chance(weather.doubled)) return;
  counts.doubled += 1;
  carry(datagram, wait);
}

// The bucket holds `burst` when it is full; a packet leaves as soon as it holds the packet's size.
inline bool PacketNetwork::pass_link(const ports::Endpoint& sender, std::size_t size,
                                     Duration& wait) {
  if (weather.rate_bytes_per_s == 0) return true;
  const auto time_of = [&](std::uint64_t bytes) {
    return Duration{static_cast<Duration::rep>(bytes * 1'000'000'000 / weather.rate_bytes_per_s)};
  };
  const Instant now = timers_.now().instant;
  Link& link = links_[sender];
  const std::uint64_t spare =
      weather.burst_bytes - std::min<std::uint64_t>(weather.burst_bytes, size);
  const Instant leaves = std::max({now, link.free_at, link.full_at - time_of(spare)});
  if (leaves - now > weather.queue_max) return false;
  link.full_at = std::max(link.full_at, leaves) + time_of(size);
  link.free_at = leaves;
  wait = leaves - now;
  return true;
}

inline void PacketNetwork::carry(const ports::Datagram& datagram, Duration wait) {
  Payload payload(datagram.payload.begin(), datagram.payload.end());
  if (!payload.empty() && rng_.chance(weather.damaged)) {
    counts.damaged += 1;
    payload[static_cast<std::size_t>(rng_.below(payload.size()))] ^= std::byte{0x5a};
  }
  if (damage) damage(payload);
  ports::Endpoint from = datagram.local;
  if (const auto other = translated.find(from); other != translated.end()) from = other->second;
  ports::Endpoint to = datagram.remote;
  for (const auto& [inside, outside] : translated)
    if (outside == to) to = inside;
  Duration delay = wait + weather.delay;
  if (weather.jitter > Duration::zero())
    delay += Duration(
        static_cast<Duration::rep>(rng_.below(static_cast<std::uint64_t>(weather.jitter.count()))));
  timers_.call_at(timers_.now().instant + delay,
                  [this, from, to, number = counts.sent, payload = std::move(payload)] {
                    arrive(from, to, number, payload);
                  });
}

inline void PacketNetwork::arrive(const ports::Endpoint& from, const ports::Endpoint& to,
                                  std::uint64_t number, const Payload& payload) {
  const auto socket = sockets_.find(to);
  if (socket == sockets_.end()) {
    counts.nobody += 1;
    return;
  }
  counts.delivered += 1;
  counts.delivered_bytes += payload.size();
  std::uint64_t& newest = newest_[{from, to}];
  if (number < newest) counts.overtaken += 1;
  newest = std::max(newest, number);
  socket->second->heard_at = timers_.now().instant;
  socket->second->receive({to, from, payload});
}

inline ports::Endpoint endpoint(std::uint8_t host, std::uint16_t port = 4001) {
  ports::Endpoint at;
  at.address = {10, 0, 0, host};
  at.port = port;
  return at;
}

}  // namespace mycel::quic::test
