#pragma once
// Witnesses' signatures, in the words of the port that checks them.

#include <algorithm>
#include <iterator>
#include <memory>
#include <span>
#include <vector>

#include "protocol/dht/witness/verify.hpp"

#include "runtime/ports/signatures.hpp"

namespace mycel::parts {

inline std::vector<ports::SignatureCheck> to_port(
    const std::vector<dht::witness::SignatureCheck>& checks) {
  using Scheme = dht::witness::SignatureCheck::Scheme;
  std::vector<ports::SignatureCheck> all;
  for (const dht::witness::SignatureCheck& check : checks)
    all.push_back({.scheme = check.scheme == Scheme::ed25519 ? ports::SignatureScheme::ed25519
                                                             : ports::SignatureScheme::ml_dsa_65,
                   .public_key = check.key,
                   .message = check.message,
                   .signature = check.signature});
  return all;
}

/// A span needs real bools.
class Genuine {
 public:
  explicit Genuine(const std::vector<bool>& verdicts)
      : size_(verdicts.size()), all_(std::make_unique<bool[]>(verdicts.size())) {
    std::ranges::copy(verdicts, all_.get());
  }
  std::span<const bool> span() const { return {all_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<bool[]> all_;
};

}  // namespace mycel::parts
