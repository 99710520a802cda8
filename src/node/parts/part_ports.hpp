#pragma once
// What every part of a node is given: a part is one machine with its driver, its links, and whoever
// waits for its answers.

#include <functional>
#include <string>

#include "foundation/base/log.hpp"

#include "node/drive/driver.hpp"
#include "node/drive/event_queue.hpp"
#include "node/links/switch.hpp"
#include "runtime/ports/links.hpp"
#include "runtime/ports/names.hpp"

namespace mycel::parts {

struct PartPorts {
  ports::Timers& timers;
  ports::Links& links;
  ports::Names& names;
  drive::DriverPorts driver;
  drive::EventQueue& events;
  Log log;
};

/// Why something that was asked for did not come about: a word for scripts, a sentence for people.
struct Refusal {
  std::string reason;
  std::string text;
};
template <class T>
using Then = std::function<void(Result<T, Refusal>)>;

}  // namespace mycel::parts
