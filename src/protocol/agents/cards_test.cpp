// Nodes that publish and resolve cards through one DHT, told as conversations with the machine.

#include "protocol/agents/cards.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/wire/did_key.hpp"
#include "foundation/wire/key.hpp"

namespace mycel::agents {
namespace {

crypto::Ed25519PrivateKey key_of(std::uint8_t number) {
  crypto::Ed25519PrivateKey::Seed seed{};
  seed[0] = std::byte{number};
  return crypto::Ed25519PrivateKey(seed);
}
const crypto::Ed25519PrivateKey agent = key_of(1);
const std::string did = wire::to_did(agent.public_key());
const std::string nobody = wire::to_did(key_of(9).public_key());

std::string file(std::string_view name, std::string_view more = "") {
  return R"({"name":")" + std::string(name) +
         R"(","description":"d","url":"a:b","version":"1","skills":[])" + std::string(more) + "}";
}

/// What all nodes share: the time, and a DHT that keeps what it is told without judging it.
struct World {
  Now now{Instant{} + 1h, UnixTime{CalendarClock::duration{1'800'000'000'000}}};
  std::map<Bytes, std::vector<Bytes>> values;
  bool takes_puts = true;
  bool answers_gets = true;
};

struct Node {
  World& world;
  std::uint8_t number;
  Config config{.writer =
                    wire::peer_id_of(key_of(static_cast<std::uint8_t>(100 + number)).public_key())};
  Cards cards{config, Rng(number)};
  std::map<Bytes, Bytes> disk;
  std::vector<Event> events;
  bool has_key = true;
  bool keystore_answers = true;
  crypto::Ed25519PrivateKey signer = agent;
  std::size_t puts = 0;

  /// Does what the machine asks for until it asks no more.
  void settle() {
    for (Output output; take(output); output.clear()) {
      for (const StoreWrite& write : output.persist) {
        EXPECT_EQ(write.table, Table::cards);
        if (write.value)
          disk[write.key] = *write.value;
        else
          disk.erase(write.key);
      }
      if (!output.puts.empty() && puts == 0) {
        EXPECT_EQ(output.durability, Durability::synced);
      }
      for (const Sign& sign : output.signs) answer(sign);
      for (const Get& get : output.gets)
        if (world.answers_gets)
          cards.on_got(world.now, get.id, {world.values[get.key], "asked 3 nodes"});
      for (const Put& put : output.puts) take_put(put);
      events.insert(events.end(), output.events.begin(), output.events.end());
    }
  }
  bool take(Output& output) {
    cards.take_output(output);
    return !output.persist.empty() || !output.puts.empty() || !output.events.empty() ||
           !output.signs.empty() || !output.gets.empty();
  }
  void answer(const Sign& sign) {
    if (!keystore_answers) return;
    if (!has_key) return cards.on_sign_failed(world.now, sign.id, "there is no key \"echo\"");
    cards.on_signed(world.now, sign.id, Bytes::copy(signer.sign(sign.bytes).view()));
  }
  void take_put(const Put& put) {
    puts += 1;
    if (world.takes_puts) world.values[put.key] = {put.value};
    cards.on_put_done(world.now, put.id,
                      {world.takes_puts ? std::size_t{20} : 0, "12 nodes, 12 timed out"});
  }
  /// Lets time pass, deadline by deadline.
  void pass(Duration span) {
    const Instant end = world.now.instant + span;
    while (cards.next_deadline() <= end) {
      const Duration step = std::max(cards.next_deadline() - world.now.instant, Duration{0});
      world.now = {world.now.instant + step, world.now.unix + step + Duration{1ms}};
      cards.on_deadline(world.now);
      settle();
    }
    world.now = {end, world.now.unix + (end - world.now.instant)};
  }
  std::string publish(std::string_view text) {
    const auto id = cards.publish(world.now, {.did = did, .key = "echo", .document = text});
    settle();
    return id ? "under way" : to_text(id.error());
  }
  std::string revoke() {
    const auto id = cards.revoke(world.now, did);
    settle();
    return id ? "under way" : id.error();
  }
  /// The last event of a look-up in words.
  std::string resolve(const std::string& who = did) {
    const auto id = cards.resolve(world.now, who);
    if (!id) return id.error();
    settle();
    return last_event();
  }
  std::string last_event() const {
    if (events.empty()) return "nothing";
    struct Words {
      std::string operator()(const Published& e) {
        return (e.is_revocation ? "revoked as " : "published as ") + std::to_string(e.sequence);
      }
      std::string operator()(const PublishDelayed& e) { return "delayed: " + e.text; }
      std::string operator()(const PublishFailed& e) { return "failed: " + e.text; }
      std::string operator()(const Resolved& e) {
        return e.card.card().name + " " + std::to_string(e.card.payload().sequence);
      }
      std::string operator()(const ResolveRefused& e) { return std::string(to_text(e.why.reason)); }
      std::string operator()(const NotFound& e) { return "not found: " + e.text; }
      std::string operator()(const Forked&) { return "forked"; }
    };
    return std::visit(Words{}, events.back());
  }
  /// The same disk, a new process.
  void restart() {
    cards = Cards(config, Rng(number));
    for (const auto& [key, value] : disk) EXPECT_TRUE(cards.load(key, value));
    cards.start(world.now);
  }
};

struct Story {
  World world;
  Node node{world, 1};
  Node reader{world, 2};

  std::vector<Bytes>& values() { return world.values[card_key(did)]; }
  const Counters& counted() const { return reader.cards.counters(); }
  std::uint64_t refused(Refusal reason) const {
    return counted().verification_failures[static_cast<std::size_t>(reason)];
  }
};

Bytes changed(const Bytes& bytes, std::size_t at) {
  std::vector<std::byte> copy(bytes.begin(), bytes.end());
  copy.at(at) ^= std::byte{1};
  return Bytes(std::move(copy));
}

TEST(Cards, a_published_card_is_resolved_by_another_node) {
  Story story;
  EXPECT_EQ(story.node.publish(file("Echo")), "under way");
  EXPECT_EQ(story.node.last_event(), "published as 1");
  EXPECT_EQ(story.reader.resolve(), "Echo 1");
  EXPECT_EQ(story.counted().resolved, 1U);
  const auto list = story.node.cards.list();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].name, "Echo");
  EXPECT_EQ(list[0].key, "echo");
  EXPECT_EQ(list[0].stored, 20U);
}

TEST(Cards, nothing_is_put_before_it_is_kept) {
  Story story;
  ASSERT_TRUE(story.node.cards.publish(story.world.now,
                                       {.did = did, .key = "echo", .document = file("Echo")}));
  Output output;
  story.node.cards.take_output(output);
  ASSERT_EQ(output.gets.size(), 1U);
  EXPECT_TRUE(output.signs.empty());
  story.node.cards.on_got(story.world.now, output.gets[0].id, {});
  output.clear();
  story.node.cards.take_output(output);
  ASSERT_EQ(output.signs.size(), 1U);
  EXPECT_EQ(output.signs[0].key, "echo");
  EXPECT_TRUE(output.persist.empty() && output.puts.empty());
  story.node.cards.on_signed(story.world.now, output.signs[0].id,
                             Bytes::copy(agent.sign(output.signs[0].bytes).view()));
  output.clear();
  story.node.cards.take_output(output);
  EXPECT_EQ(output.persist.size(), 1U);
  EXPECT_EQ(output.durability, Durability::synced);
  ASSERT_EQ(output.puts.size(), 1U);
  EXPECT_TRUE(validate(output.puts[0].key, output.puts[0].value, story.world.now.unix));
}

TEST(Cards, what_is_cached_will_do_for_a_reader_who_says_so_and_never_for_a_writer) {
  Story story;
  const auto first_get = [&](Cards& cards) {
    Output output;
    cards.take_output(output);
    return output.gets.at(0).may_be_cached;
  };
  ASSERT_TRUE(story.reader.cards.resolve(story.world.now, did));
  EXPECT_FALSE(first_get(story.reader.cards));
  ASSERT_TRUE(story.reader.cards.resolve(story.world.now, did, true));
  EXPECT_TRUE(first_get(story.reader.cards));
  const std::string document = file("Echo");
  ASSERT_TRUE(
      story.node.cards.publish(story.world.now, {.did = did, .key = "echo", .document = document}));
  EXPECT_FALSE(first_get(story.node.cards)) << "a stale answer would fork the chain";
}

TEST(Cards, a_missing_card_is_not_found_and_says_how_the_search_went) {
  Story story;
  EXPECT_EQ(story.reader.resolve(nobody), "not found: asked 3 nodes");
  EXPECT_EQ(story.counted().not_found, 1U);
  EXPECT_EQ(story.reader.resolve("did:web:example.org"),
            "\"did:web:example.org\" is not the did:key of an Ed25519 key");
}

TEST(Cards, a_dht_that_never_answers_ends_in_not_found) {
  Story story;
  story.world.answers_gets = false;
  story.reader.resolve();
  story.reader.pass(2min);
  EXPECT_EQ(story.reader.last_event(), "not found: the DHT gave no answer within 2m");
}

TEST(Cards, a_tampered_card_is_refused_and_counted) {
  Story story;
  story.node.publish(file("Echo"));
  const Bytes good = story.values().at(0);
  story.values() = {changed(good, as_text(good).find("Echo"))};
  EXPECT_EQ(story.reader.resolve(), "bad_signature");
  EXPECT_EQ(story.refused(Refusal::bad_signature), 1U);
  // One honest replica is enough.
  story.values().push_back(good);
  EXPECT_EQ(story.reader.resolve(), "Echo 1");
}

TEST(Cards, the_card_of_another_did_is_refused) {
  Story story;
  story.node.publish(file("Echo"));
  story.world.values[card_key(nobody)] = story.values();
  EXPECT_EQ(story.reader.resolve(nobody), "wrong_did");
}

TEST(Cards, an_expired_card_is_refused_and_never_answered_as_stale) {
  Story story;
  story.node.publish(file("Echo"));
  story.reader.pass(24h);  // the publisher is gone meanwhile
  EXPECT_EQ(story.reader.resolve(), "expired");
  EXPECT_EQ(story.refused(Refusal::expired), 1U);
}

TEST(Cards, a_card_from_the_future_is_refused_until_its_time) {
  Story story;
  story.world.now.unix += std::chrono::minutes{20};
  story.node.publish(file("Echo"));
  story.world.now.unix -= std::chrono::minutes{20};
  EXPECT_EQ(story.reader.resolve(), "not_yet_valid");
  story.reader.pass(15min);
  EXPECT_EQ(story.reader.resolve(), "Echo 1");
}

TEST(Cards, a_newer_card_takes_the_place_of_the_older) {
  Story story;
  story.node.publish(file("Echo"));
  const Bytes first = story.values().at(0);
  story.node.publish(file("Loud Echo"));
  EXPECT_EQ(story.node.last_event(), "published as 2");
  story.values().push_back(first);  // one replica missed the update
  EXPECT_EQ(story.reader.resolve(), "Loud Echo 2");
}

TEST(Cards, an_older_card_is_refused_once_a_newer_one_was_seen_also_after_a_restart) {
  Story story;
  story.node.publish(file("Echo"));
  const Bytes first = story.values().at(0);
  story.node.publish(file("Loud Echo"));
  EXPECT_EQ(story.reader.resolve(), "Loud Echo 2");
  story.values() = {first};
  EXPECT_EQ(story.reader.resolve(), "older_than_known");
  story.reader.restart();
  EXPECT_EQ(story.reader.resolve(), "older_than_known");
  EXPECT_EQ(story.counted().ordering_violations, 1U);
}

TEST(Cards, a_revoked_card_is_refused_and_publishing_again_undoes_it) {
  Story story;
  story.node.publish(file("Echo"));
  const Bytes first = story.values().at(0);
  EXPECT_EQ(story.node.revoke(), "under way");
  EXPECT_EQ(story.node.last_event(), "revoked as 2");
  EXPECT_EQ(story.reader.resolve(), "revoked");
  story.values() = {first};  // somebody hides the revocation
  EXPECT_EQ(story.reader.resolve(), "older_than_known");
  EXPECT_TRUE(story.node.cards.list().at(0).is_revoked);
  EXPECT_EQ(story.node.revoke(), "the card of " + did + " is revoked already");
  story.node.publish(file("Echo"));
  EXPECT_EQ(story.reader.resolve(), "Echo 3");
}

TEST(Cards, a_revocation_stays_in_the_dht_until_no_card_could_be_valid_any_more) {
  Story story;
  story.node.publish(file("Echo", R"(,"mycel":{"expires_in":"30d"})"));
  story.node.revoke();
  const std::size_t puts = story.node.puts;
  story.node.pass(card_lifetime_max - Duration{1h});
  EXPECT_GE(story.node.puts - puts, 59U);
  EXPECT_TRUE(validate(card_key(did), story.values().at(0), story.world.now.unix));
  story.node.pass(2h);
  EXPECT_EQ(story.node.cards.next_deadline(), never);
}

TEST(Cards, only_an_own_card_can_be_revoked) {
  Story story;
  EXPECT_EQ(story.node.revoke(), "this node has published no card of " + did);
}

TEST(Cards, two_statements_with_one_number_are_told_as_a_fork) {
  Story story;
  Node twin{story.world, 3};
  story.world.takes_puts = false;
  story.node.publish(file("Echo"));
  story.world.now.unix += std::chrono::seconds{1};
  twin.publish(file("Twin"));
  const auto envelope = [](Node& node) { return *node.disk.begin(); };
  const auto statement = [&](Node& node) {
    Cards copy(node.config, Rng(1));
    EXPECT_TRUE(copy.load(envelope(node).first, envelope(node).second));
    copy.start(node.world.now);
    copy.on_deadline({node.world.now.instant + 1h, node.world.now.unix});
    Output output;
    copy.take_output(output);
    copy.on_got(node.world.now, output.gets.at(0).id, {});
    output.clear();
    copy.take_output(output);
    return output.puts.at(0).value;
  };
  story.values() = {statement(story.node), statement(twin)};
  EXPECT_EQ(story.reader.resolve(), "Twin 1");  // issued later
  ASSERT_GE(story.reader.events.size(), 2U);
  const auto* fork = std::get_if<Forked>(&story.reader.events[story.reader.events.size() - 2]);
  ASSERT_NE(fork, nullptr);
  EXPECT_TRUE(is_equivocation(*prove(fork->envelope, did), *prove(fork->other_envelope, did)));
  EXPECT_EQ(story.counted().conflicts, 1U);
}

TEST(Cards, the_chain_goes_on_across_a_restart) {
  Story story;
  story.node.publish(file("Echo"));
  const auto first = prove(story.values().at(0), did);
  story.node.restart();
  story.node.publish(file("Echo"));
  const auto second = prove(story.values().at(0), did);
  EXPECT_EQ(second->payload().sequence, 2U);
  EXPECT_EQ(second->payload().previous, first->payload_hash());
  EXPECT_EQ(order_of(second->payload().clock, first->payload().clock), ClockOrder::after);
}

TEST(Cards, a_node_that_lost_its_store_goes_on_where_the_dht_knows_it_stopped) {
  Story story;
  story.node.publish(file("Echo"));
  story.node.publish(file("Echo"));
  EXPECT_EQ(story.reader.resolve(), "Echo 2");
  story.node.disk.clear();
  story.node.restart();
  story.node.publish(file("Echo again"));
  EXPECT_EQ(story.reader.resolve(), "Echo again 3");
}

TEST(Cards, a_node_restored_from_a_backup_does_not_fork_its_chain) {
  Story story;
  story.node.publish(file("Echo"));
  const auto backup = story.node.disk;
  story.node.publish(file("Second"));
  EXPECT_EQ(story.reader.resolve(), "Second 2");
  story.node.disk = backup;
  story.node.restart();
  story.node.publish(file("Third"));
  EXPECT_EQ(story.reader.resolve(), "Third 3");
  EXPECT_EQ(story.counted().ordering_violations, 0U);
}

TEST(Cards, a_writer_that_lost_a_fork_continues_the_other_branch_and_readers_of_both_follow) {
  Story story;
  Node twin{story.world, 3};
  Node other_reader{story.world, 4};
  story.node.publish(file("Echo"));
  const auto shared = story.values();
  story.node.publish(file("Here"));
  EXPECT_EQ(story.reader.resolve(), "Here 2");
  story.values() = shared;  // the twin does not see it
  story.world.now.unix += std::chrono::seconds{1};
  twin.publish(file("There"));
  EXPECT_EQ(other_reader.resolve(), "There 2");
  story.node.restart();
  story.node.publish(file("Healed"));
  EXPECT_EQ(story.reader.resolve(), "Healed 4");
  EXPECT_EQ(other_reader.resolve(), "Healed 4");
}

TEST(Cards, what_does_not_continue_the_known_chain_is_refused) {
  Story story;
  story.node.publish(file("Echo"));
  EXPECT_EQ(story.reader.resolve(), "Echo 1");
  const auto first = prove(story.values().at(0), did);
  CardPayload forged = first->payload();
  forged.sequence = 2;
  forged.previous = crypto::Digest{};
  story.values() = {sign_card(forged, agent)};
  EXPECT_EQ(story.reader.resolve(), "broken_chain");
  EXPECT_EQ(story.counted().ordering_violations, 1U);
}

TEST(Cards, own_cards_never_expire_in_the_dht_while_their_node_is_up) {
  for (const auto* life : {"10s", "20m", "24h", "30d"}) {
    Story story;
    story.node.publish(file("Echo", R"(,"mycel":{"expires_in":")" + std::string(life) + "\"}"));
    const Duration step = std::string_view(life) == "10s" ? Duration{1s} : Duration{37min};
    for (int i = 0; i < 200; ++i) {
      story.node.pass(step);
      EXPECT_TRUE(verify_card(story.values().at(0), story.world.now.unix, did)) << life;
    }
    EXPECT_EQ(story.node.cards.list().at(0).name, "Echo");
  }
}

TEST(Cards, own_cards_are_put_again_before_the_dht_forgets_them) {
  Story story;
  story.node.publish(file("Echo", R"(,"mycel":{"expires_in":"30d"})"));
  for (int days = 0; days < 10; ++days) {
    const std::size_t puts = story.node.puts;
    story.node.pass(24h);
    EXPECT_GE(story.node.puts - puts, 2U);
    EXPECT_LE(story.node.puts - puts, 3U);
  }
  EXPECT_EQ(story.node.cards.counters().renewed, 0U);
}

TEST(Cards, a_card_that_expired_while_its_node_was_down_is_signed_anew_at_start) {
  Story story;
  story.node.publish(file("Echo"));
  story.reader.pass(72h);
  story.node.restart();
  EXPECT_EQ(story.reader.resolve(), "expired");
  story.node.pass(10s);
  EXPECT_EQ(story.reader.resolve(), "Echo 2");
}

TEST(Cards, a_put_that_nobody_takes_is_tried_again_more_and_more_rarely) {
  Story story;
  story.world.takes_puts = false;
  story.node.publish(file("Echo"));
  EXPECT_EQ(story.node.last_event(), "delayed: 12 nodes, 12 timed out");
  story.node.pass(10s + 20s + 40s);
  EXPECT_EQ(story.node.puts, 4U);
  EXPECT_EQ(story.node.events.size(), 1U);
  story.world.takes_puts = true;
  story.node.pass(80s);
  EXPECT_EQ(story.node.last_event(), "published as 1");
}

TEST(Cards, without_a_signature_nothing_changes) {
  Story story;
  story.node.has_key = false;
  story.node.publish(file("Echo"));
  EXPECT_EQ(story.node.last_event(), "failed: there is no key \"echo\"");
  EXPECT_TRUE(story.node.disk.empty());
  EXPECT_TRUE(story.node.cards.list().empty());
  story.node.has_key = true;
  story.node.signer = key_of(7);
  story.node.publish(file("Echo"));
  EXPECT_EQ(story.node.last_event(),
            "failed: what the key \"echo\" signed is not good: the signature does not match the "
            "card");
  story.node.keystore_answers = false;
  story.node.publish(file("Echo"));
  story.node.pass(2min);
  EXPECT_EQ(story.node.last_event(), "failed: the keystore gave no signature within 2m");
  EXPECT_TRUE(story.node.disk.empty());
  EXPECT_EQ(story.node.cards.next_deadline(), never);
}

TEST(Cards, a_second_change_waits_for_the_first) {
  Story story;
  story.world.answers_gets = false;
  story.node.publish(file("Echo"));
  EXPECT_EQ(story.node.publish(file("Other")),
            "another change of " + did + " is under way; try again when it is done");
  story.world.answers_gets = true;
  story.node.pass(2min);
  EXPECT_EQ(story.node.last_event(), "published as 1");
}

TEST(Cards, a_bad_card_file_is_refused_with_its_problems) {
  Story story;
  EXPECT_EQ(story.node.publish(file("Echo", R"(,"mycel":{"expires_in":"soon"})")),
            "mycel.expires_in: \"soon\" is not allowed; it must be a time from 10s to 30d, such as "
            "\"24h\" or \"90m\"");
  EXPECT_EQ(story.node.publish("{").substr(0, 6), "line 1");
  EXPECT_EQ(story.node.cards.next_deadline(), never);
}

TEST(Cards, an_own_card_is_resolved_even_when_the_dht_knows_nothing) {
  Story story;
  story.node.publish(file("Echo"));
  story.values().clear();
  EXPECT_EQ(story.node.resolve(), "Echo 1");
}

TEST(Cards, limits_hold) {
  World world;
  world.answers_gets = false;
  Node node{world,
            1,
            {.writer = wire::peer_id_of(agent.public_key()),
             .own_max = 1,
             .known_max = 2,
             .resolves_max = 2}};
  node.publish(file("Echo"));
  EXPECT_FALSE(
      node.cards.publish(world.now, {.did = nobody, .key = "n", .document = file("Echo")}));
  EXPECT_TRUE(node.cards.resolve(world.now, did));
  EXPECT_TRUE(node.cards.resolve(world.now, did));
  EXPECT_FALSE(node.cards.resolve(world.now, did));
}

TEST(Cards, what_is_known_of_dids_is_bounded_on_disk_too) {
  World world;
  Node reader{world, 2, {.writer = wire::peer_id_of(agent.public_key()), .known_max = 3}};
  for (std::uint8_t i = 10; i < 20; ++i) {
    const auto key = key_of(i);
    const std::string who = wire::to_did(key.public_key());
    const CardPayload card{.did = who,
                           .issued = world.now.unix,
                           .expires = world.now.unix + Duration{1h},
                           .document = parse_card_file(file("E"))->document};
    world.values[card_key(who)] = {sign_card(card, key)};
    EXPECT_EQ(reader.resolve(who), "E 1");
    EXPECT_LE(reader.disk.size(), 3U);
  }
  EXPECT_EQ(reader.disk.size(), 3U);
}

TEST(Cards, a_damaged_entry_of_the_store_is_named_and_left_out) {
  Story story;
  story.node.publish(file("Echo"));
  Bytes value = story.node.disk.begin()->second;
  Cards cards({}, Rng(1));
  EXPECT_FALSE(cards.load(Bytes::copy("own/" + did), changed(value, 90)));
  EXPECT_FALSE(cards.load(Bytes::copy("own/" + nobody), value));
  EXPECT_FALSE(cards.load(Bytes::copy("known/" + did), Bytes::copy("x")));
  EXPECT_FALSE(cards.load(Bytes::copy("what"), value));
  EXPECT_TRUE(cards.list().empty());
}

TEST(Cards, counters_are_named_once) {
  std::set<std::string> names;
  Counters{}.each([&](const CounterName& name, std::uint64_t) {
    EXPECT_TRUE(names.insert(std::string(name.name) + "/" + std::string(name.label_value)).second);
  });
  EXPECT_EQ(names.size(), 8 + refusal_count);
  EXPECT_TRUE(names.contains("verification_failures_total/content_hash_mismatch"));
}

}  // namespace
}  // namespace mycel::agents
