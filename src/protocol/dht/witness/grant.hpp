#pragma once
// Makes a Verified<T>. For verify.cpp and equivocation.cpp only: they are what there is to trust.

#include <utility>

#include "protocol/dht/witness/verified.hpp"

namespace mycel::dht::witness {

struct Grant {
  template <class T>
  static Verified<T> to(T value) {
    return Verified<T>(std::move(value));
  }
};

}  // namespace mycel::dht::witness
