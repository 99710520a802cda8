#pragma once
// How a machine counts: a plain struct of numbers, and a list that names them for whoever exports
// them. The names are Prometheus names without the `mycel_` prefix; counters end in `_total`.
//
//   struct Counters {
//     std::uint64_t lookups = 0;
//     void each(const CounterVisitor& visit) const {
//       visit({"dht_lookups_total", "Lookups started."}, lookups);
//     }
//   };

#include <cstdint>
#include <functional>
#include <string_view>

namespace mycel {

struct CounterName {
  std::string_view name;
  std::string_view help;
  std::string_view label = {};        ///< label name, or empty
  std::string_view label_value = {};  ///< from a small fixed set, never a peer's words
};

using CounterVisitor = std::function<void(const CounterName&, std::uint64_t value)>;

}  // namespace mycel
