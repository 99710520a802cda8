#pragma once
// Proof that a peer broke the rules: bytes by which anybody can convict it, without believing
// whoever found them. The protocol whose rule it was checks them; `trust` counts them.

#include <cstdint>

#include "foundation/base/bytes.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel {

struct Evidence {
  enum class Kind : std::uint8_t {
    witness_equivocation = 1,  ///< two lists for one key and slot: dht::witness::EquivocationProof
  };
  Kind kind = Kind::witness_equivocation;
  PeerId against;
  Bytes proof;
  friend bool operator==(const Evidence&, const Evidence&) = default;
};

}  // namespace mycel
