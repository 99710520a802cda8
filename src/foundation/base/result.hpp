#pragma once
// A value or the reason there is none. The part of std::expected (C++23) that we use.

#include <optional>
#include <utility>
#include <variant>

#include "foundation/base/check.hpp"

namespace mycel {

template <class E>
struct Err {
  E error;
};
template <class E>
Err(E) -> Err<E>;

template <class T, class E>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = E;

  // Implicit, so that `return value;` and `return Err{why};` read well.
  // NOLINTBEGIN(google-explicit-constructor)
  explicit(false) Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  template <class F>
  explicit(false) Result(Err<F> failure)
      : state_(std::in_place_index<1>, std::move(failure.error)) {}
  // NOLINTEND(google-explicit-constructor)

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return *ok(); }
  const T& operator*() const& { return *ok(); }
  T&& operator*() && { return std::move(*ok()); }
  T* operator->() { return ok(); }
  const T* operator->() const { return ok(); }
  const E& error() const {
    check(state_.index() == 1, "error() of a Result that holds a value");
    return *std::get_if<1>(&state_);
  }
  T value_or(T otherwise) const& { return *this ? **this : std::move(otherwise); }

 private:
  T* ok() {
    check(state_.index() == 0, "value of a Result that holds an error");
    return std::get_if<0>(&state_);
  }
  const T* ok() const { return const_cast<Result*>(this)->ok(); }
  std::variant<T, E> state_;
};

/// Success without a value, or the reason there is none.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  using value_type = void;
  using error_type = E;

  Result() = default;
  template <class F>
  explicit(false) Result(Err<F> failure)  // NOLINT(google-explicit-constructor)
      : error_(std::move(failure.error)) {}

  explicit operator bool() const { return !error_; }
  const E& error() const {
    check(error_.has_value(), "error() of a Result that holds a value");
    return *error_;
  }

 private:
  std::optional<E> error_;
};

}  // namespace mycel
