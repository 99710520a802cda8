#pragma once
// Numbers and byte strings that mean one thing each.

#include <compare>

namespace mycel {

/// A value of type T that only mixes with values of the same Tag.
template <class Tag, class T>
class Strong {
 public:
  constexpr Strong() = default;
  constexpr explicit Strong(T value) : value_(value) {}
  constexpr T value() const { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  T value_{};
};

/// Hands out 1, 2, 3, ...: ids that are never used again in the life of their owner.
template <class Id>
class Sequence {
 public:
  Id next() { return Id{++last_}; }

 private:
  decltype(Id{}.value()) last_{};
};

}  // namespace mycel
