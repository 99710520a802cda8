#pragma once
// Witnesses of operations, /mycel/witness/1: some nodes, which neither side could choose, sign what
// they see while one node does something at another. A machine: it finds witnesses for this node's
// own operations, witnesses those of others, and judges what is proved to it.
//
// A signature over a distance would prove nothing, since anybody can compute distances. What is
// signed are facts that only the signer knows: where it sees the two nodes, how far away they are,
// and which nodes it holds to be nearest to the key. docs/protocols/witness.md has the rest.

#include <span>
#include <utility>
#include <vector>

#include "protocol/dht/witness/client.hpp"
#include "protocol/dht/witness/desk.hpp"
#include "protocol/dht/witness/server.hpp"
#include "protocol/dht/witness/target.hpp"

namespace mycel::dht::witness {

class Witnesses {
 public:
  /// `around` is asked while the machine handles something, never later.
  Witnesses(Config config, Surroundings around, Rng rng);

  /// What was persisted by an earlier run, before start(). False when it cannot be read.
  bool load(ByteView key, ByteView value) { return server_.load(key, value); }
  /// Nothing is attested before, nor in the slot in which it starts.
  void start(Now now) { server_.start(now); }

  /// Ends in Collected or CollectionFailed.
  CollectionId collect(Now now, const Ask& ask) { return client_.collect(now, desk_, ask); }
  /// The nodes nearest to the key of a Search; empty when it failed.
  void on_candidates(Now now, CollectionId id, std::vector<Candidate> candidates);

  /// A peer's message, which was not malformed: decode() judges that.
  void on_request(Now now, InboundId inbound, const PeerId& from, const Message& message);
  /// A peer's bytes were no message.
  void on_malformed(InboundId inbound);
  void on_answer(Now now, RequestId request, const Message& message);
  void on_failure(Now now, RequestId request);
  void on_signed(Now now, SignId id, const Bytes& signature);
  void on_checked(Now now, CheckId id, std::span<const bool> genuine);
  void on_deadline(Now now) { client_.on_deadline(now, desk_); }
  Instant next_deadline() const { return client_.next_deadline(); }
  void take_output(Output& output) { std::swap(desk_.output, output); }

  const Counters& counters() const { return desk_.counters; }
  const Rules& rules() const { return desk_.config.rules; }
  /// Everything kept for operations under way: 0 when all is over.
  std::size_t held() const { return client_.held() + server_.held() + target_.held(); }

 private:
  Desk desk_;
  Client client_;
  Server server_;
  Target target_;
};

}  // namespace mycel::dht::witness
