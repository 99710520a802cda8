// Stories of the public library, as a program that embeds it would tell them.

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/embed/options.hpp"
#include "runtime/os/temporary_directory.hpp"

#include "mycel/mycel.hpp"

namespace mycel {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* loopback = "/ip4/127.0.0.1/udp/0/quic-v1";
constexpr const char* some_cid = "bafkreigajmrijqodmzx3lc26odlqkg2exljykztz2nqjrjwel2gxefkt6m";
constexpr const char* some_did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

struct Story {
  NodeOptions options(const std::string& name) const {
    return {.data_dir = folder.file(name), .listen = {loopback}};
  }
  os::TemporaryDirectory folder;
};

TEST(Node, that_cannot_start_says_why_and_takes_no_calls) {
  const Story story;
  auto options = story.options("a");
  options.listen = {"nonsense"};
  Node node(options);
  EXPECT_THAT(node.error(), AllOf(HasSubstr("node.listen"), HasSubstr("nonsense")));
  EXPECT_THAT(node.peer(), IsEmpty());
  EXPECT_THAT(node.addresses(), IsEmpty());
  const auto card = node.resolve_card(some_did);
  EXPECT_EQ(card.reason(), "not_running");
  EXPECT_EQ(card.error(), node.error());
  node.stop();
}

TEST(Node, shares_its_data_directory_with_no_other) {
  const Story story;
  const Node node(story.options("a"));
  ASSERT_EQ(node.error(), "");
  const Node other(story.options("a"));
  EXPECT_THAT(other.error(), HasSubstr(story.folder.file("a")));
}

TEST(Node, keeps_its_name_over_a_restart) {
  const Story story;
  std::string peer;
  {
    const Node node(story.options("a"));
    peer = node.peer();
    ASSERT_THAT(node.addresses(), Not(IsEmpty()));
    EXPECT_THAT(node.addresses().front(), HasSubstr("/p2p/" + peer));
  }
  const Node again(story.options("a"));
  EXPECT_EQ(again.error(), "");
  EXPECT_EQ(again.peer(), peer);
}

TEST(Node, that_stopped_takes_no_calls) {
  const Story story;
  Node node(story.options("a"));
  node.stop();
  node.stop();
  EXPECT_EQ(node.peers().reason(), "stopped");
  EXPECT_EQ(node.get_record("/mycel-raw/a").reason(), "stopped");
  EXPECT_THAT(node.addresses(), IsEmpty());
}

TEST(Node, ends_the_calls_under_way_when_it_stops) {
  const Story story;
  Node node(story.options("a"));
  std::vector<std::future<std::string>> reasons;
  for (int i = 0; i < 4; ++i) {
    reasons.push_back(std::async(std::launch::async,
                                 [&] { return node.wait_for_peers(1, seconds(600)).reason(); }));
    reasons.push_back(std::async(
        std::launch::async, [&] { return node.connect("/ip4/127.0.0.1/udp/9/quic-v1").reason(); }));
  }
  std::this_thread::sleep_for(
      milliseconds(50));  // most are under way by then, and late ones end as well
  node.stop();
  for (auto& reason : reasons) {
    ASSERT_EQ(reason.wait_for(seconds(5)), std::future_status::ready);
    EXPECT_THAT(reason.get(), Not(IsEmpty()));
  }
}

TEST(Node, waits_no_longer_than_it_was_told) {
  const Story story;
  auto options = story.options("a");
  options.call_timeout = milliseconds(50);
  Node node(options);
  EXPECT_EQ(node.connect("/ip4/127.0.0.1/udp/9/quic-v1").reason(), "timeout");
  const auto alone = node.wait_for_peers(1, milliseconds(30));
  EXPECT_EQ(alone.reason(), "timeout");
  EXPECT_THAT(alone.error(), HasSubstr("0 peers"));
}

TEST(Node, says_what_is_wrong_with_an_argument) {
  const Story story;
  Node node(story.options("a"));
  EXPECT_EQ(node.connect("there").reason(), "bad_input");
  EXPECT_EQ(node.provide("baf").reason(), "bad_input");
  EXPECT_EQ(node.find_providers("").reason(), "bad_input");
  EXPECT_EQ(node.publish_card("{}").reason(), "bad_card");
  EXPECT_EQ(node.resolve_card("did:web:x").reason(), "bad_did");
  EXPECT_EQ(node.revoke_card(some_did).reason(), "not_own");
}

TEST(Node, finds_what_another_one_published) {
  const Story story;
  Node first(story.options("a"));
  Node second(story.options("b"));
  const auto met = second.connect(first.addresses().front());
  ASSERT_TRUE(met) << met.error();
  EXPECT_EQ(*met, first.peer());
  ASSERT_TRUE(first.wait_for_peers(1, seconds(20)));
  ASSERT_TRUE(second.wait_for_peers(1, seconds(20)));
  EXPECT_THAT(*first.peers(), ElementsAre(second.peer()));

  const std::string value("bytes\0and more", 14);
  const auto stored = first.put_record("/mycel-raw/a", value);
  ASSERT_TRUE(stored) << stored.error();
  EXPECT_GE(*stored, 1U);
  EXPECT_EQ(*second.get_record("/mycel-raw/a"), value);
  EXPECT_EQ(second.get_record("/mycel-raw/b").reason(), "not_found");
  EXPECT_EQ(second.resolve_card(some_did).reason(), "not_found");

  EXPECT_EQ(second.find_providers(some_cid).reason(), "not_found");
  const auto told = first.provide(some_cid);
  ASSERT_TRUE(told) << told.error();
  const auto providers = second.find_providers(some_cid);
  ASSERT_TRUE(providers) << providers.error();
  ASSERT_THAT(*providers, SizeIs(1));
  EXPECT_EQ(providers->front().peer, first.peer());
}

TEST(Node, tells_the_mesh_when_its_card_is_revoked) {
  const Story story;
  Node first(story.options("a"));
  auto options = story.options("b");
  options.join = first.addresses();
  Node second(options);
  ASSERT_TRUE(first.wait_for_peers(1, seconds(20)));
  const auto published = first.publish_card(R"({"protocolVersion": "0.3.0", "name": "Echo",
      "description": "Says what it hears.", "url": "https://echo.example.net/a2a",
      "version": "1.0.0", "capabilities": {}, "defaultInputModes": ["text/plain"],
      "defaultOutputModes": ["text/plain"], "skills": []})");
  ASSERT_TRUE(published) << published.error();
  const auto found = second.resolve_card(published->did);
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->cid, published->cid);
  EXPECT_THAT(found->document, HasSubstr("Says what it hears."));

  const auto revoked = first.revoke_card(published->did);
  ASSERT_TRUE(revoked) << revoked.error();
  EXPECT_GT(revoked->sequence, published->sequence);
  EXPECT_EQ(second.resolve_card(published->did).reason(), "revoked");
}

TEST(NodeOptions, name_a_setting_that_is_none) {
  const auto config = embed::config_of({.settings = {"dht.k"}});
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error(), HasSubstr("KEY=VALUE"));
}

TEST(NodeOptions, mean_a_folder_from_where_the_program_is_now) {
  const auto config = embed::config_of({.data_dir = "data", .settings = {"dht.k=16"}});
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->node.data_dir.front(), '/');
  EXPECT_EQ(config->dht.k, 16U);
}

}  // namespace
}  // namespace mycel
