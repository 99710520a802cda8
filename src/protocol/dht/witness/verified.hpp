#pragma once
// What somebody signed, before and after it was checked. decode() makes the first, verify.hpp the
// second, and only the second counts for anything.

#include <utility>

#include "foundation/base/bytes.hpp"

namespace mycel::dht::witness {

/// What a signed body says. Nobody vouches for it.
template <class T>
struct Unverified {
  T content;
  Bytes body;  ///< as it was signed: nothing is encoded again to be checked
  Bytes signature;
  friend bool operator==(const Unverified& a, const Unverified& b) {
    return a.body == b.body && a.signature == b.signature;
  }
};

/// Something whose signatures, and whatever else its kind demands, were checked.
template <class T>
class Verified {
 public:
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }

 private:
  friend struct Grant;  // of verify.cpp
  explicit Verified(T value) : value_(std::move(value)) {}
  T value_;
};

}  // namespace mycel::dht::witness
