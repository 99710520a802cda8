// Stories of short peer ids: nothing is lost, and what no key has is not taken.

#include "protocol/dht/compact_peer_id.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/wire/key.hpp"

namespace mycel::dht {
namespace {

PeerId id_of_key(wire::KeyType type, std::string_view data) {
  return wire::peer_id_of(wire::PublicKey{.type = type, .data = Bytes::copy(data)});
}
const std::string point = std::string(31, 'p') + '\x01';

TEST(CompactPeerId, ids_of_every_kind_of_key_come_back_whole) {
  for (const PeerId& peer : {
           id_of_key(wire::KeyType::ed25519, point),
           id_of_key(wire::KeyType::secp256k1, "\x02" + point),
           id_of_key(wire::KeyType::secp256k1, "\x03" + point),
           id_of_key(wire::KeyType::rsa, std::string(294, 'r')),
           id_of_key(wire::KeyType::ecdsa, std::string(91, 'e')),
           id_of_key(wire::KeyType::ml_dsa, std::string(1953, 'm')),
       }) {
    const auto compact = CompactPeerId::of(peer);
    ASSERT_TRUE(compact) << to_hex(peer.view());
    EXPECT_EQ(compact->whole(), peer);
  }
}

TEST(CompactPeerId, ids_that_differ_in_their_form_only_are_not_equal) {
  std::vector<CompactPeerId> compact;
  for (const std::string& head :
       {std::string("\x12\x20", 2), std::string("\x00\x24\x08\x01\x12\x20", 6),
        std::string("\x00\x25\x08\x02\x12\x21\x02", 7),
        std::string("\x00\x25\x08\x02\x12\x21\x03", 7)})
    compact.push_back(*CompactPeerId::of(*PeerId::from_multihash(as_bytes(head + point))));
  for (std::size_t a = 0; a < compact.size(); ++a)
    for (std::size_t b = 0; b < compact.size(); ++b) EXPECT_EQ(compact[a] == compact[b], a == b);
}

TEST(CompactPeerId, an_id_that_no_key_has_is_not_taken) {
  EXPECT_FALSE(CompactPeerId::of(PeerId()));
  for (const std::string& id : {
           std::string("\x00\x01x", 3),                              // an identity of one byte
           std::string("\x00\x24\x08\x02\x12\x20", 6) + point,       // another kind of key
           std::string("\x00\x25\x08\x02\x12\x21\x04", 7) + point,   // a point not compressed
           std::string("\x00\x24\x12\x20", 4) + point + "\x08\x01",  // key before type
       })
    EXPECT_FALSE(CompactPeerId::of(*PeerId::from_multihash(as_bytes(id)))) << to_hex(as_bytes(id));
}

}  // namespace
}  // namespace mycel::dht
