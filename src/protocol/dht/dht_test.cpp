// One machine in conversation.

#include "protocol/dht/dht.hpp"

#include <algorithm>
#include <map>
#include <string>

#include <gtest/gtest.h>

// Sanitizers have allocators of their own, which keep no such account.
#if defined(__GLIBC__) && !defined(__clang__)
#include <malloc.h>
#define MEASURES_MEMORY
#endif

#include "protocol/dht/world_testing.hpp"

namespace mycel::dht {
namespace {

using testing::address_number;
using testing::key_text;
using testing::peer_number;
using testing::test_namespace;

PeerInfo info(std::uint64_t number) {
  return {peer_number(number), {address_number(number)}};
}

/// Machine 0, and whoever the test plays.
struct Story {
  explicit Story(Config config = {}) : dht(config, peer_number(0), Rng(1), {test_namespace()}) {
    dht.set_local_addresses({address_number(0)});
  }

  Now now() const { return {Instant(time), UnixTime(std::chrono::hours(1000)) + time}; }
  Output take() {
    Output output;
    dht.take_output(output);
    return output;
  }
  /// A peer that serves the DHT and answers the first question.
  void meet(std::uint64_t number) {
    dht.on_peer(now(), info(number), true);
    answer_all();
  }
  /// Answers what is asked with nothing but politeness, until nothing is asked any more.
  void answer_all() {
    for (Output output = take(); !output.early.requests.empty(); output = take())
      for (const Request& request : output.early.requests)
        dht.on_answer(now(), request.id, {.type = request.message.type, .key = {}});
  }
  std::optional<Answer> ask(std::uint64_t from, Message message) {
    dht.on_request(now(), InboundId{1}, peer_number(from), message);
    Output output = take();
    if (!output.answers.empty()) return output.answers.front();
    if (!output.early.answers.empty()) return output.early.answers.front();
    return std::nullopt;
  }
  Message put(std::string_view key, std::string_view value) const {
    return {.type = MessageType::put_value,
            .key = key_text(key),
            .record = Record{key_text(key), key_text(value), {}}};
  }
  static const LookupDone* done_in(const Output& output) {
    for (const Event& event : output.events)
      if (const auto* done = std::get_if<LookupDone>(&event)) return done;
    return nullptr;
  }
  std::uint64_t refused(Verdict verdict) const {
    return dht.counters().verification_failures.of(verdict);
  }

  Duration time = 1h;
  Dht dht;
};

TEST(Dht, a_peer_enters_the_table_when_it_has_answered_and_not_before) {
  Story story;
  story.dht.on_peer(story.now(), info(1), true);
  EXPECT_TRUE(story.dht.table().empty());
  const Output asked = story.take();
  ASSERT_EQ(asked.early.requests.size(), 1);
  EXPECT_EQ(asked.early.requests[0].message.type, MessageType::find_node);
  EXPECT_EQ(asked.early.addresses, std::vector{info(1)});
  story.dht.on_answer(story.now(), asked.early.requests[0].id, {.type = MessageType::find_node});
  EXPECT_EQ(story.dht.table().size(), 1);
}

TEST(Dht, a_peer_that_does_not_serve_stays_out_and_can_be_found_while_connected) {
  Story story;
  story.dht.on_peer(story.now(), info(1), false);
  EXPECT_TRUE(story.take().early.requests.empty());
  const Message question{.type = MessageType::find_node, .key = Bytes::copy(peer_number(1).view())};
  auto answer = story.ask(2, question);
  ASSERT_EQ(answer->message.closer.size(), 1);
  EXPECT_EQ(answer->message.closer[0].id, peer_number(1));
  story.dht.on_peer_gone(story.now(), peer_number(1));
  EXPECT_TRUE(story.ask(2, question)->message.closer.empty());
}

TEST(Dht, find_node_names_the_nearest_and_leaves_out_the_asker) {
  Story story;
  for (std::uint64_t i = 1; i <= 10; ++i) story.meet(i);
  const auto answer =
      story.ask(3, {.type = MessageType::find_node, .key = Bytes::copy(peer_number(5).view())});
  EXPECT_EQ(answer->reply, Reply::message);
  EXPECT_EQ(answer->message.closer.size(), 9);
  EXPECT_EQ(answer->message.closer.front().id, peer_number(5));
  EXPECT_EQ(answer->message.closer.front().addresses, info(5).addresses);
  for (const Peer& peer : answer->message.closer) EXPECT_NE(peer.id, peer_number(3));
}

TEST(Dht, a_put_comes_back_as_it_came_and_only_with_what_is_to_be_written) {
  Story story;
  const Message put = story.put("/test/a", "1:a");
  story.dht.on_request(story.now(), InboundId{7}, peer_number(1), put);
  const Output output = story.take();
  EXPECT_EQ(output.persist.size(), 1);
  ASSERT_EQ(output.answers.size(), 1);
  EXPECT_EQ(output.answers[0].message, put);
  EXPECT_TRUE(output.early.answers.empty());
}

TEST(Dht, refused_puts_are_reset_and_counted_by_reason) {
  Story story;
  EXPECT_EQ(story.ask(1, story.put("/test/a", "x forged"))->reply, Reply::refusal);
  EXPECT_EQ(story.ask(1, story.put("/what/a", "1:a"))->reply, Reply::refusal);
  story.ask(1, story.put("/test/a", "2:b"));
  EXPECT_EQ(story.ask(1, story.put("/test/a", "1:a"))->reply, Reply::refusal);
  Message crossed = story.put("/test/a", "3:c");
  crossed.record->key = key_text("/test/b");
  EXPECT_EQ(story.ask(1, crossed)->reply, Reply::refusal);
  EXPECT_EQ(story.refused(Verdict::bad_signature), 1);
  EXPECT_EQ(story.refused(Verdict::unknown_namespace), 1);
  EXPECT_EQ(story.refused(Verdict::outdated), 1);
  EXPECT_EQ(story.refused(Verdict::wrong_key), 1);
}

TEST(Dht, get_value_brings_the_record_and_closer_peers) {
  Story story;
  story.meet(1);
  story.ask(1, story.put("/test/a", "1:a"));
  const auto answer = story.ask(2, {.type = MessageType::get_value, .key = key_text("/test/a")});
  ASSERT_TRUE(answer->message.record);
  EXPECT_EQ(answer->message.record->value, key_text("1:a"));
  EXPECT_EQ(answer->message.record->key, key_text("/test/a"));
  EXPECT_EQ(answer->message.record->received, story.now().unix);
  EXPECT_EQ(answer->message.closer.size(), 1);
}

TEST(Dht, a_provider_speaks_only_for_itself_and_with_an_address) {
  Story story;
  const auto add = [](std::vector<Peer> providers) {
    return Message{.type = MessageType::add_provider,
                   .key = key_text("content"),
                   .providers = std::move(providers)};
  };
  EXPECT_EQ(story.ask(1, add({{peer_number(2), {address_number(2)}}}))->reply, Reply::refusal);
  EXPECT_EQ(story.ask(1, add({{peer_number(1), {}}}))->reply, Reply::refusal);
  EXPECT_EQ(story.ask(1, add({{peer_number(1), {address_number(1)}}}))->reply, Reply::nothing);
  const auto answer =
      story.ask(3, {.type = MessageType::get_providers, .key = key_text("content")});
  EXPECT_EQ(answer->message.providers, (std::vector<Peer>{{peer_number(1), {address_number(1)}}}));
}

TEST(Dht, requests_without_a_key_and_requests_to_a_client_are_refused) {
  Story story;
  for (const MessageType type : {MessageType::find_node, MessageType::get_value,
                                 MessageType::get_providers, MessageType::add_provider})
    EXPECT_EQ(story.ask(1, {.type = type})->reply, Reply::refusal);
  EXPECT_EQ(story.ask(1, {.type = MessageType::ping})->reply, Reply::message);
  story.dht.set_server(false);
  EXPECT_EQ(story.ask(1, {.type = MessageType::ping})->reply, Reply::refusal);
}

TEST(Dht, a_forged_value_in_an_answer_counts_as_none) {
  Story story;
  story.meet(1);
  story.meet(2);
  story.dht.get(story.now(), key_text("/test/a"));
  const Output asked = story.take();
  ASSERT_EQ(asked.early.requests.size(), 2);
  Message forged{.type = MessageType::get_value, .key = key_text("/test/a")};
  forged.record = Record{key_text("/test/a"), key_text("x forged"), {}};
  story.dht.on_answer(story.now(), asked.early.requests[0].id, forged);
  forged.record = Record{key_text("/test/b"), key_text("9:crossed"), {}};
  story.dht.on_answer(story.now(), asked.early.requests[1].id, forged);
  const Output output = story.take();
  const LookupDone* done = Story::done_in(output);
  ASSERT_NE(done, nullptr);
  const auto& missing = std::get<NotFound>(done->result);
  EXPECT_EQ(missing.refused.of(Verdict::bad_signature), 1);
  EXPECT_EQ(missing.refused.of(Verdict::wrong_key), 1);
  EXPECT_EQ(done->facts.answered, 2);
  EXPECT_EQ(story.dht.counters().verification_failures.refused(), 2);
}

TEST(Dht, what_was_found_is_not_held_up_by_peers_who_stay_silent) {
  Story story;
  for (std::uint8_t who = 1; who <= 3; ++who) story.meet(who);
  story.dht.get(story.now(), key_text("/test/a"), {.quorum = 5});
  const Output asked = story.take();
  ASSERT_EQ(asked.early.requests.size(), 3);
  Message answer{.type = MessageType::get_value, .key = key_text("/test/a")};
  answer.record = Record{key_text("/test/a"), key_text("1:a"), {}};
  story.dht.on_answer(story.now(), asked.early.requests[0].id, answer);
  story.dht.on_answer(story.now(), asked.early.requests[1].id, answer);
  for (int tick = 0; tick < 14; ++tick) {
    story.time += 100ms;
    story.dht.on_deadline(story.now());
    const Output output = story.take();
    EXPECT_EQ(Story::done_in(output), nullptr);
  }
  EXPECT_LE(story.dht.next_deadline(), story.now().instant + 100ms);
  story.time += 100ms;
  story.dht.on_deadline(story.now());
  const Output output = story.take();
  const LookupDone* done = Story::done_in(output);
  ASSERT_NE(done, nullptr);
  EXPECT_EQ(std::get<Value>(done->result).answers, 2);
}

TEST(Dht, get_answers_from_its_own_store_without_asking_anybody) {
  Story story;
  story.meet(1);
  story.ask(1, story.put("/test/a", "1:a"));
  const auto operation = story.dht.get(story.now(), key_text("/test/a"));
  const Output output = story.take();
  const LookupDone* done = Story::done_in(output);
  ASSERT_NE(done, nullptr);
  EXPECT_EQ(done->operation, operation);
  EXPECT_EQ(std::get<Value>(done->result).from, peer_number(0));
  EXPECT_TRUE(output.early.requests.empty());
}

TEST(Dht, put_counts_the_nodes_that_repeat_the_value) {
  Story story;
  for (std::uint64_t i = 1; i <= 3; ++i) story.meet(i);
  story.dht.put(story.now(), key_text("/test/a"), key_text("1:a"));
  Output output = story.take();
  for (const Request& request : output.early.requests)
    story.dht.on_answer(story.now(), request.id, {.type = request.message.type});
  output = story.take();
  ASSERT_EQ(output.early.requests.size(), 3);
  EXPECT_FALSE(output.early.requests[0].message.record->received) << "a publisher says no time";
  Message echo = output.early.requests[0].message;
  story.dht.on_answer(story.now(), output.early.requests[0].id, echo);
  echo.record->value = key_text("2:something else");
  story.dht.on_answer(story.now(), output.early.requests[1].id, echo);
  story.dht.on_failure(story.now(), output.early.requests[2].id, RequestFailure::refused);
  output = story.take();
  const auto& stored = std::get<Stored>(Story::done_in(output)->result);
  EXPECT_EQ(stored.count, 1);
  EXPECT_EQ(stored.of, 3);
  EXPECT_EQ(story.dht.table().size(), 3) << "a refused put is no silence";
}

TEST(Dht, values_that_this_node_itself_would_refuse_are_not_put) {
  Story story;
  story.dht.put(story.now(), key_text("/test/a"), key_text("x bad"));
  const Output output = story.take();
  EXPECT_EQ(std::get<Refused>(Story::done_in(output)->result).reason, Verdict::bad_signature);
  EXPECT_TRUE(output.persist.empty());
}

TEST(Dht, operations_on_an_empty_table_end_at_once) {
  Story story;
  story.dht.find_nearest(story.now(), as_bytes("key"));
  EXPECT_TRUE(std::get<Peers>(Story::done_in(story.take())->result).nearest.empty());
  story.dht.get(story.now(), key_text("/test/a"));
  EXPECT_TRUE(std::holds_alternative<NotFound>(Story::done_in(story.take())->result));
  story.dht.find_peer(story.now(), peer_number(9));
  EXPECT_TRUE(std::holds_alternative<NotFound>(Story::done_in(story.take())->result));
}

TEST(Dht, operations_are_bounded_and_can_be_cancelled) {
  Story story({.operations_max = 2});
  story.meet(1);
  const auto first = story.dht.find_nearest(story.now(), as_bytes("a"));
  story.dht.find_nearest(story.now(), as_bytes("b"));
  story.dht.find_nearest(story.now(), as_bytes("c"));
  EXPECT_TRUE(std::holds_alternative<Overloaded>(Story::done_in(story.take())->result));
  EXPECT_TRUE(story.dht.cancel(first));
  EXPECT_FALSE(story.dht.cancel(first));
  story.dht.find_nearest(story.now(), as_bytes("d"));
  EXPECT_EQ(Story::done_in(story.take()), nullptr);
}

TEST(Dht, an_operation_ends_with_what_it_has_when_its_time_is_over) {
  Story story({.operation_time_max = 10s});
  story.meet(1);
  story.meet(2);
  story.dht.find_nearest(story.now(), as_bytes("a"));
  const Output asked = story.take();
  story.dht.on_answer(story.now(), asked.early.requests[0].id, {.type = MessageType::find_node});
  story.time += 10s;
  story.dht.on_deadline(story.now());
  const Output output = story.take();
  EXPECT_EQ(std::get<Peers>(Story::done_in(output)->result).nearest.size(), 1);
}

TEST(Dht, a_peer_that_connects_ends_the_search_for_it) {
  Story story;
  story.meet(1);
  story.dht.find_peer(story.now(), peer_number(9));
  story.take();
  story.dht.on_peer(story.now(), info(9), false);
  const Output output = story.take();
  const auto& found = std::get<PeerFound>(Story::done_in(output)->result);
  EXPECT_TRUE(found.is_reached);
  EXPECT_EQ(found.peer, info(9));
}

TEST(Dht, addresses_from_hearsay_are_gathered_and_none_of_them_ends_the_search) {
  Story story;
  story.meet(1);
  story.meet(2);
  story.dht.find_peer(story.now(), peer_number(9));
  const Output asked = story.take();
  for (const Request& request : asked.early.requests)
    story.dht.on_answer(
        story.now(), request.id,
        {.type = MessageType::find_node,
         .closer = {{peer_number(9), {address_number(request.to == peer_number(1) ? 666 : 9)}}}});
  Output output = story.take();
  EXPECT_EQ(Story::done_in(output), nullptr);
  ASSERT_EQ(output.early.requests.size(), 1);
  story.dht.on_failure(story.now(), output.early.requests[0].id, RequestFailure::unreachable);
  output = story.take();
  const auto& found = std::get<PeerFound>(Story::done_in(output)->result);
  EXPECT_FALSE(found.is_reached);
  EXPECT_EQ(found.peer.addresses.size(), 2);
}

TEST(Dht, a_search_in_vain_enters_once_more_through_other_peers) {
  Config config;
  config.lookup.k = 2;
  Story story(config);
  for (std::uint64_t i = 1; i <= 6; ++i) story.meet(i);
  story.dht.get(story.now(), key_text("/test/a"));
  std::map<PeerId, int> asked;
  for (Output output = story.take(); !output.early.requests.empty(); output = story.take())
    for (const Request& request : output.early.requests) {
      asked[request.to] += 1;
      story.dht.on_answer(story.now(), request.id, {.type = MessageType::get_value});
    }
  EXPECT_EQ(asked.size(), 4) << "the two nearest, and two others";
  EXPECT_EQ(story.dht.counters().lookup_retries, 1);
}

TEST(Dht, asks_for_an_entry_point_again_and_again_but_ever_more_rarely) {
  Story story;
  story.dht.bootstrap(story.now());
  std::size_t wanted = 0;
  const Duration end = story.time + 10min;
  while (story.time < end) {
    for (const Event& event : story.take().events)
      wanted += std::holds_alternative<EntryWanted>(event) ? 1 : 0;
    story.time = story.dht.next_deadline() - Instant{};
    story.dht.on_deadline(story.now());
  }
  EXPECT_GE(wanted, 10);
  EXPECT_LE(wanted, 30);
  story.meet(1);
  EXPECT_EQ(story.dht.table().size(), 1);
}

TEST(Dht, having_joined_is_said_once_and_the_table_size_when_it_changes) {
  Story story;
  story.dht.on_peer(story.now(), info(1), true);
  std::size_t joined = 0;
  std::vector<std::size_t> sizes;
  for (int i = 0; i < 100; ++i) {
    const Output output = story.take();
    for (const Event& event : output.events) {
      joined += std::holds_alternative<Joined>(event) ? 1 : 0;
      if (const auto* changed = std::get_if<TableChanged>(&event)) sizes.push_back(changed->size);
    }
    for (const Request& request : output.early.requests)
      story.dht.on_answer(story.now(), request.id, {.type = request.message.type});
  }
  EXPECT_EQ(joined, 1);
  EXPECT_EQ(sizes, std::vector<std::size_t>{1});
}

TEST(Dht, an_answer_of_another_type_is_no_answer) {
  Story story;
  story.dht.on_peer(story.now(), info(1), true);
  const Output output = story.take();
  story.dht.on_answer(story.now(), output.early.requests[0].id, {.type = MessageType::ping});
  EXPECT_TRUE(story.dht.table().empty());
  EXPECT_EQ(story.dht.counters().failures, 1);
}

TEST(Dht, silent_peers_are_checked_and_leave) {
  Story story;
  story.meet(1);
  const Duration end = story.time + 2h;
  while (story.time < end && !story.dht.table().empty()) {
    story.time = story.dht.next_deadline() - Instant{};
    story.dht.on_deadline(story.now());
    for (const Request& request : story.take().early.requests)
      story.dht.on_failure(story.now(), request.id, RequestFailure::timeout);
  }
  EXPECT_TRUE(story.dht.table().empty());
  EXPECT_LE(story.time, 1h + 30min);
}

TEST(Dht, knocks_at_peers_that_a_cut_made_silent_until_they_answer_again) {
  Story story;
  for (const std::uint64_t number : {1U, 2U, 3U}) story.meet(number);
  bool is_cut = true;
  const auto run_for = [&](Duration span) {
    const Duration end = story.time + span;
    while (story.dht.next_deadline() - Instant{} < end) {
      story.time = std::max(story.time, story.dht.next_deadline() - Instant{});
      story.dht.on_deadline(story.now());
      for (Output output = story.take(); !output.early.requests.empty(); output = story.take())
        for (const Request& request : output.early.requests) {
          if (is_cut && request.to != peer_number(3))
            story.dht.on_failure(story.now(), request.id, RequestFailure::timeout);
          else
            story.dht.on_answer(story.now(), request.id, {.type = request.message.type, .key = {}});
        }
    }
    story.time = end;
  };
  for (int lookup = 0; lookup < 2; ++lookup) {
    story.dht.find_nearest(story.now(), as_bytes("anywhere"));
    run_for(1min);
  }
  ASSERT_EQ(story.dht.table().size(), 1) << "the cut has parted the tables";
  is_cut = false;
  run_for(2min);
  EXPECT_EQ(story.dht.table().size(), 3);
}

#if defined(MEASURES_MEMORY)
TEST(Dht, a_machine_in_a_network_of_ten_thousand_takes_at_most_20_KiB) {
  constexpr std::size_t machines = 50;
  constexpr std::uint64_t network = 10000;
  std::vector<PeerInfo> peers;
  for (std::uint64_t i = 0; i < network; ++i) peers.push_back(info(i));
  std::vector<std::unique_ptr<Story>> stories;
  stories.reserve(machines);
  const std::size_t before = mallinfo2().uordblks;
  std::size_t table_size = 0;
  for (std::size_t i = 0; i < machines; ++i) {
    stories.push_back(std::make_unique<Story>());
    Story& story = *stories.back();
    Rng rng(i);
    // A different self each time would need different machines; a different order is enough.
    rng.shuffle(peers);
    for (const PeerInfo& peer : peers) {
      story.dht.on_peer(story.now(), peer, true);
      story.answer_all();
    }
    table_size = story.dht.table().size();
  }
  const std::size_t each = (mallinfo2().uordblks - before) / machines;
  RecordProperty("bytes_per_machine", static_cast<int>(each));
  EXPECT_GE(table_size, 150);
  EXPECT_LE(each, 20 * 1024) << "with " << table_size << " peers in the table";
}
#endif

}  // namespace
}  // namespace mycel::dht
