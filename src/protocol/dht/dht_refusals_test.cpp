// Nothing is refused without a reason that can be counted.

#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::address_number;
using testing::key_text;
using testing::peer_number;

struct Story {
  explicit Story(Config config = {})
      : dht(config, peer_number(0), Rng(1), {testing::test_namespace()}) {}

  void ask(const Message& message) {
    dht.on_request({Instant(1h), UnixTime(std::chrono::hours(1000))}, InboundId{1}, peer_number(1),
                   message);
  }
  std::uint64_t refused(RequestRefusal why) const {
    return dht.counters().refused[static_cast<std::size_t>(why)];
  }
  Dht dht;
};

Message providing(std::uint64_t provider, Addresses addresses, const char* key) {
  Message message{.type = MessageType::add_provider, .key = key_text(key)};
  message.providers.push_back({.id = peer_number(provider), .addresses = std::move(addresses)});
  return message;
}

TEST(DhtRefusals, requests_are_counted_by_why_they_were_refused) {
  Story story({.providers = {.count_max = 0}});
  story.ask({.type = MessageType::get_value});
  story.ask({.type = MessageType::find_node,
             .key = Bytes(std::vector<std::byte>(key_size_max_bytes + 1))});
  story.ask({.type = MessageType::put_value,
             .key = key_text("/test/a"),
             .record = Record{key_text("/test/a"), key_text("x"), {}}});
  story.ask(providing(2, {address_number(2)}, "of another"));
  story.ask(providing(1, {}, "without an address"));
  EXPECT_EQ(story.refused(RequestRefusal::bad_key), 2U);
  EXPECT_EQ(story.refused(RequestRefusal::bad_value), 1U);
  EXPECT_EQ(story.refused(RequestRefusal::not_its_own_word), 2U);
  EXPECT_EQ(story.dht.counters().verification_failures.of(Verdict::bad_signature), 1U);

  Story client({.is_server = false});
  client.ask({.type = MessageType::ping});
  EXPECT_EQ(client.refused(RequestRefusal::not_serving), 1U);
}

TEST(DhtRefusals, a_full_store_of_providers_says_so) {
  Story story({.providers = {.count_max = 1}});
  for (int i = 0; i < 8; ++i)
    story.ask(providing(1, {address_number(1)}, ("key " + std::to_string(i)).c_str()));
  EXPECT_GT(story.refused(RequestRefusal::no_room), 0U);
}

TEST(DhtRefusals, every_reason_is_a_metric_of_its_own) {
  std::map<std::string, std::set<std::string>> reasons;
  Counters{}.each([&](const CounterName& name, std::uint64_t) {
    if (name.label != "reason") return;
    EXPECT_TRUE(reasons[std::string(name.name)].emplace(name.label_value).second)
        << name.name << " " << name.label_value << " stands twice";
  });
  EXPECT_EQ(reasons["dht_requests_refused_total"].size(), request_refusal_count);
  EXPECT_EQ(reasons["verification_failures_total"].size(), verdict_count - 1);
  EXPECT_TRUE(reasons["verification_failures_total"].contains("bad_proof"));
  EXPECT_TRUE(reasons["verification_failures_total"].contains("content_hash_mismatch"));
}

}  // namespace
}  // namespace mycel::dht
