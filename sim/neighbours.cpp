#include "sim/neighbours.hpp"

namespace mycel::sim {

std::vector<std::uint32_t> nearest_of_core(Run& run, const dht::Key& key, std::size_t count,
                                           std::uint32_t except) {
  std::vector<std::uint32_t> numbers;
  if (count == 0) return numbers;
  run.core_order().each_from(key, [&](std::uint32_t number) {
    if (number != except && run.fleet().is_up(number)) numbers.push_back(number);
    return numbers.size() < count;
  });
  return numbers;
}

}  // namespace mycel::sim
