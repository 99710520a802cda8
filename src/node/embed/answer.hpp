#pragma once
// The way back from the node's thread to the thread that waits for an answer.

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "mycel/mycel.hpp"

namespace mycel::embed {

template <class T>
Outcome<T> stopped() {
  return Outcome<T>::failed("stopped", "the node stopped before it answered");
}

/// Answers one question, once; later answers are ignored. Copies answer the same question. When the
/// last of them goes and nobody has answered, whoever waits hears that the node has stopped: a part
/// of the node that drops a call need not know who waits for it, and nobody waits for ever.
template <class T>
class Answer {
 public:
  explicit Answer(std::promise<Outcome<T>> promise)
      : state_(std::make_shared<State>(std::move(promise))) {}

  /// From one thread at a time.
  void operator()(Outcome<T> outcome) const { state_->give(std::move(outcome)); }
  void fail(std::string reason, std::string error) const {
    state_->give(Outcome<T>::failed(std::move(reason), std::move(error)));
  }

 private:
  struct State {
    explicit State(std::promise<Outcome<T>> to) : promise(std::move(to)) {}
    ~State() { give(stopped<T>()); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void give(Outcome<T> outcome) {
      if (!std::exchange(is_given, true)) promise.set_value(std::move(outcome));
    }
    std::promise<Outcome<T>> promise;
    bool is_given = false;
  };
  std::shared_ptr<State> state_;
};

}  // namespace mycel::embed
