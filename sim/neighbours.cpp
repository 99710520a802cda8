#include "sim/neighbours.hpp"

#include <algorithm>
#include <utility>

namespace mycel::sim {

std::vector<std::uint32_t> nearest_of_core(Run& run, const dht::Key& key, std::size_t count,
                                           std::uint32_t except) {
  std::vector<std::pair<dht::Distance, std::uint32_t>> all;
  for (const std::uint32_t number : run.core())
    if (number != except && run.fleet().is_up(number))
      all.emplace_back(dht::distance(key, dht::Key::of(run.fleet().peer_of(number))), number);
  const std::size_t kept = std::min(count, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end());
  std::vector<std::uint32_t> numbers;
  for (std::size_t i = 0; i < kept; ++i) numbers.push_back(all[i].second);
  return numbers;
}

}  // namespace mycel::sim
