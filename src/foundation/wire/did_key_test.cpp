// DIDs of the did:key specification and of its implementations.

#include "foundation/wire/did_key.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "foundation/wire/multibase.hpp"
#include "foundation/wire/testing.hpp"

namespace mycel::wire {
namespace {

constexpr std::string_view of_zero_seed =
    "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";

TEST(DidKey, of_the_specifications_first_seed_is_the_published_one) {
  const crypto::Ed25519PrivateKey secret({});  // 32 bytes of zero
  EXPECT_EQ(to_hex(secret.public_key().view()),
            "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29");
  EXPECT_EQ(to_did(secret.public_key()), of_zero_seed);
  EXPECT_EQ(must(parse_did(of_zero_seed)), secret.public_key());
}

TEST(DidKey, holds_the_key_that_others_publish_beside_it) {
  struct Published {
    std::string_view did;
    std::string_view key_base58;
  };
  for (const auto& [did, key] :
       {Published{"did:key:z6MkwJSaEMnE4u6LiqrZV1BJHSkc9x8S4mTm3ArNL1m19BZR",
                  "HrBXe7XnjMbscM1roSDTSMCcLNraetDQM9wSVjnzDxn3"},
        Published{"did:key:z6MkmjY8GnV5i9YTDtPETC2uUAW6ejw3nk5mXF5yci5ab7th",
                  "8HH5gYEeNc3z7PYXmd54d4x6qAfCNrqQqEB3nS7Zfu7K"}}) {
    EXPECT_EQ(to_base58(must(parse_did(did)).view()), key);
    EXPECT_EQ(to_did(must(parse_did(did))), did);
  }
}

TEST(DidKey, of_another_method_or_key_is_not_ours) {
  EXPECT_EQ(parse_did("did:web:example.com").error(), Fault::unknown_kind);
  EXPECT_EQ(parse_did("").error(), Fault::unknown_kind);
  EXPECT_EQ(parse_did("did:key:z6LShLeXRTzevtwcfehaGEzCMyL3bNsAeKCwcqwJxyCo63yE").error(),
            Fault::unknown_kind);  // X25519
  EXPECT_EQ(parse_did("did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme").error(),
            Fault::unknown_kind);  // secp256k1
}

TEST(DidKey, that_is_not_whole_is_refused) {
  EXPECT_EQ(parse_did("did:key:").error(), Fault::malformed);
  EXPECT_EQ(parse_did("did:key:z").error(), Fault::malformed);
  EXPECT_EQ(parse_did("did:key:zTjsVPtY").error(), Fault::malformed);  // a key too short
  EXPECT_EQ(parse_did(std::string(of_zero_seed) + "#" + "z6Mk").error(), Fault::malformed);
  EXPECT_EQ(parse_did(of_zero_seed.substr(0, 50)).error(), Fault::unknown_kind);
  EXPECT_EQ(parse_did("did:key:z" + std::string(1000, '6')).error(), Fault::too_large);
  EXPECT_EQ(parse_did("did:key:u7QE7aie8zrakLWKjqNAqbw1zZTIVdx3iQ6Y6wEihi1naKQ").error(),
            Fault::malformed);  // another base is a second spelling
}

}  // namespace
}  // namespace mycel::wire
