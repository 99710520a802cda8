#pragma once
// Who is truly near to a key: what no node can know, and judges must.

#include <cstdint>
#include <vector>

#include "sim/run.hpp"

namespace mycel::sim {

/// The `count` nodes of the core that run and are nearest to `key`, nearest first, without
/// `except`.
std::vector<std::uint32_t> nearest_of_core(Run& run, const dht::Key& key, std::size_t count,
                                           std::uint32_t except);

}  // namespace mycel::sim
