#pragma once
// Runs one machine: tells it what happens, keeps its timer, and does what it asks in the order of
// duty: first `persist`, and only when that is safe everything else. While a commit is under way
// the machine goes on; what it asks meanwhile waits its turn, except for its field `early`, which
// promises nothing.
//
// A machine has on_deadline(Now), next_deadline() and take_output(Output&); see GUIDE: machines.

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "foundation/model/store_write.hpp"

#include "node/drive/alarm.hpp"
#include "runtime/ports/store.hpp"
#include "runtime/ports/timers.hpp"

namespace mycel::drive {

/// What the drivers of a node share.
struct DriverPorts {
  ports::Timers& timers;
  ports::Store& store;
  /// A commit failed: what depended on it was dropped. The node decides whether it can go on.
  std::function<void(const ports::StoreError&)> on_store_failure;
};

/// A function on what a machine asks for, called before any of it is done: it may drop, change and
/// add. Real nodes have none; liars and planted bugs of the simulator are made with it.
template <class Output>
using Bend = std::function<void(Output&, Now)>;

template <class Machine, class Output>
class Driver {
 public:
  /// Does what an output asks for beside `persist`. It must not call tell() of this driver: events
  /// go through the EventQueue.
  using Perform = std::function<void(Output&)>;

  Driver(DriverPorts ports, Machine machine, Perform perform, Perform perform_early = {})
      : ports_(std::move(ports)),
        machine_(std::move(machine)),
        perform_(std::move(perform)),
        perform_early_(std::move(perform_early)),
        alarm_(ports_.timers, [this] { on_alarm(); }) {}
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  /// Something happens to the machine: `happening(machine, now)`; its answer is passed on after
  /// what the machine asked for is under way.
  template <class Happening>
  auto tell(Happening&& happening) {
    const Now now = ports_.timers.now();
    if constexpr (std::is_void_v<decltype(happening(machine_, now))>) {
      happening(machine_, now);
      collect();
    } else {
      auto answer = happening(machine_, now);
      collect();
      return answer;
    }
  }

  const Machine& machine() const { return machine_; }
  /// A commit has failed: from then on the machine believes in more than what is on the disk.
  bool is_beyond_store() const { return is_beyond_store_; }

  void bend(Bend<Output> bend) { bend_ = std::move(bend); }
  /// Calls the bend although nothing happened, so that it can add what it kept back.
  void stir() { collect(); }

 private:
  struct Held {
    std::unique_ptr<Output> output;
    bool is_committed = false;
    bool is_lost = false;
  };

  void on_alarm() {
    machine_.on_deadline(ports_.timers.now());
    collect();
  }

  void collect() {
    auto output = take_spare();
    machine_.take_output(*output);
    alarm_.set(machine_.next_deadline());
    if (bend_) bend_(*output, ports_.timers.now());
    if (perform_early_) perform_early_(*output);
    if (output->persist.empty() && held_.empty()) {
      perform_(*output);
      give_back(std::move(output));
    } else {
      hold(std::move(output));
    }
  }

  void hold(std::unique_ptr<Output> output) {
    StoreBatch batch = std::exchange(output->persist, {});
    const Durability durability = output->durability;
    held_.push_back({.output = std::move(output), .is_committed = batch.empty()});
    if (batch.empty()) return;
    ports_.store.commit(
        std::move(batch), durability,
        [this, number = first_held_ + held_.size() - 1,
         alive = std::weak_ptr<int>(alive_)](const Result<void, ports::StoreError>& result) {
          if (!alive.expired()) on_committed(number, result);
        });
  }

  void on_committed(std::uint64_t number, const Result<void, ports::StoreError>& result) {
    Held& held = held_[static_cast<std::size_t>(number - first_held_)];
    held.is_committed = true;
    held.is_lost = !result;
    is_beyond_store_ = is_beyond_store_ || !result;
    if (!result) ports_.on_store_failure(result.error());
    while (!held_.empty() && held_.front().is_committed) release_first();
  }

  void release_first() {
    Held first = std::move(held_.front());
    held_.erase(held_.begin());
    first_held_ += 1;
    if (!first.is_lost) perform_(*first.output);
    give_back(std::move(first.output));
  }

  std::unique_ptr<Output> take_spare() {
    if (!spare_) return std::make_unique<Output>();
    return std::move(spare_);
  }
  void give_back(std::unique_ptr<Output> output) {
    output->clear();
    spare_ = std::move(output);
  }

  DriverPorts ports_;
  Machine machine_;
  Perform perform_;
  Perform perform_early_;
  Bend<Output> bend_;
  std::vector<Held> held_;  // outputs that wait for a commit, oldest first: few at a time
  bool is_beyond_store_ = false;
  std::uint64_t first_held_ = 0;   // the number of held_.front(), counted from the start
  std::unique_ptr<Output> spare_;  // a used output, kept for its buffers
  std::shared_ptr<int> alive_ = std::make_shared<int>();
  Alarm alarm_;
};

}  // namespace mycel::drive
