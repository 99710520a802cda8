// The rule by which nodes agree on values that any program may put: whoever met the same values,
// in whatever order and however often, keeps the same one.

#include <vector>

#include <gtest/gtest.h>

#include "foundation/base/rng.hpp"

#include "node/daemon/settings.hpp"

namespace mycel::daemon {
namespace {

dht::Namespace raw() {
  const NodeSetup setup = setup_of(config::Config{}, PeerId{}, 1, true);
  for (const dht::Namespace& space : setup.dht.namespaces)
    if (space.prefix == "/mycel-raw/") return space;
  ADD_FAILURE() << "there is no namespace for values of any kind";
  return {};
}

/// Short values over few letters, so that equal ones and prefixes of each other are common.
Bytes drawn_value(Rng& rng) {
  std::vector<std::byte> bytes(1 + static_cast<std::size_t>(rng.below(4)));
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(rng.below(3) * 127);
  return Bytes(std::move(bytes));
}

TEST(RecordRules, the_merge_of_any_values_is_commutative_associative_and_idempotent) {
  const dht::Namespace rule = raw();
  const ByteView key = as_bytes("/mycel-raw/a");
  const auto merged = [&](const Bytes& a, const Bytes& b) {
    return rule.better(key, b, a) > 0 ? b : a;
  };
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    Rng rng(seed);
    const Bytes a = drawn_value(rng);
    const Bytes b = drawn_value(rng);
    const Bytes c = drawn_value(rng);
    ASSERT_EQ(merged(a, a), a);
    ASSERT_EQ(merged(a, b), merged(b, a)) << "seed " << seed;
    ASSERT_EQ(merged(merged(a, b), c), merged(a, merged(b, c))) << "seed " << seed;
    ASSERT_EQ(rule.better(key, a, b) == 0, a == b) << "seed " << seed;
  }
}

// Earlier projects had two sets of defaults in one program: the one that was documented, and the
// one that ran.
TEST(RecordRules, a_node_without_configuration_runs_with_the_defaults_of_its_parts) {
  const dht::Config set = setup_of(config::Config{}, PeerId{}, 1, true).dht.config;
  const dht::Config own;
  EXPECT_EQ(set.lookup.k, own.lookup.k);
  EXPECT_EQ(set.table.bucket_size, own.table.bucket_size);
  EXPECT_EQ(set.lookup.parallel, own.lookup.parallel);
  EXPECT_EQ(set.records.ttl, own.records.ttl);
  EXPECT_EQ(set.records.republish_own, own.records.republish_own);
  EXPECT_EQ(set.providers.ttl, own.providers.ttl);
  EXPECT_EQ(set.providers.refresh, own.providers.refresh);
  EXPECT_EQ(set.cache.count_max, own.cache.count_max);
  EXPECT_EQ(set.cache.ttl, own.cache.ttl);
}

}  // namespace
}  // namespace mycel::daemon
