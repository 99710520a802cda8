#pragma once
// A long path on one machine: a UDP relay that holds every datagram back for the same time, each
// way. Every client gets a socket of its own towards the target.

#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "bench/transport/bench_node.hpp"

namespace mycel::bench {

class DelayRelay {
 public:
  DelayRelay(os::Loop& loop, const ports::Endpoint& target, Duration delay)
      : loop_(loop), target_(target), delay_(delay), front_(bound(loop, loopback())) {
    front_->on_receive([this](std::span<const ports::Datagram> batch) {
      for (const auto& datagram : batch)
        if (os::UdpSocket* back = back_of(datagram.remote)) hold(*back, target_, datagram);
    });
  }

  Multiaddr address() const { return address_of(front_->local()); }

 private:
  static constexpr std::size_t clients_max = 1024;  // sockets: far below the limit of open files

  static ports::Endpoint loopback() { return {.address = {127, 0, 0, 1}}; }

  os::UdpSocket* back_of(const ports::Endpoint& client) {
    const auto known = backs_.find(client);
    if (known != backs_.end()) return known->second.get();
    if (backs_.size() == clients_max) return nullptr;
    auto back = bound(loop_, loopback());
    back->on_receive([this, client](std::span<const ports::Datagram> batch) {
      for (const auto& datagram : batch) hold(*front_, client, datagram);
    });
    return backs_.emplace(client, std::move(back)).first->second.get();
  }

  void hold(os::UdpSocket& through, const ports::Endpoint& to, const ports::Datagram& datagram) {
    loop_.call_at(loop_.now().instant + delay_,
                  [&through, to, payload = Bytes::copy(datagram.payload),
                   segment = datagram.segment_size_bytes, ecn = datagram.ecn] {
                    const ports::Datagram again{.local = {.family = to.family},
                                                .remote = to,
                                                .payload = payload,
                                                .segment_size_bytes = segment,
                                                .ecn = ecn};
                    through.send({&again, 1});
                  });
  }

  os::Loop& loop_;
  ports::Endpoint target_;
  Duration delay_;
  std::unique_ptr<os::UdpSocket> front_;
  std::map<ports::Endpoint, std::unique_ptr<os::UdpSocket>> backs_;
};

}  // namespace mycel::bench
