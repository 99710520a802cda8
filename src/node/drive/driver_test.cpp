// The driver keeps the order of duty whatever the store does.

#include "node/drive/driver.hpp"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "node/drive/event_queue.hpp"

namespace mycel::drive {
namespace {

struct ManualTimers final : ports::Timers {
  Now now() const override { return {time, {}}; }
  ports::TimerId call_at(Instant due, std::function<void()> then) override {
    const ports::TimerId id{++last};
    calls.emplace(std::pair{due, id}, std::move(then));
    return id;
  }
  void cancel(ports::TimerId id) override {
    std::erase_if(calls, [&](const auto& call) { return call.first.second == id; });
  }
  void advance(Duration span) {
    time += span;
    while (!calls.empty() && calls.begin()->first.first <= time) {
      const auto call = calls.extract(calls.begin());
      call.mapped()();
    }
  }
  Instant time{};
  std::uint64_t last = 0;
  std::map<std::pair<Instant, ports::TimerId>, std::function<void()>> calls;
};

struct ManualStore final : ports::Store {
  void commit(StoreBatch batch, Durability, Committed then) override {
    batches.push_back(std::move(batch));
    waiting.push_back(std::move(then));
  }
  Result<std::optional<Bytes>, ports::StoreError> get(Table, ByteView) const override {
    return std::optional<Bytes>{};
  }
  Result<void, ports::StoreError> scan(Table, ByteView, const Visitor&) const override {
    return {};
  }
  std::vector<StoreBatch> batches;
  std::vector<Committed> waiting;
};

struct Output {
  StoreBatch persist;
  Durability durability = Durability::synced;
  std::vector<std::string> early;
  std::vector<std::string> send;
  void clear() { *this = {}; }
};

/// Says what it is told; "keep:" words are persisted first.
struct Parrot {
  void say(const std::string& word, bool is_kept) {
    if (is_kept) next.persist.push_back({Table::meta, Bytes::copy(word), Bytes::copy(word)});
    next.send.push_back(word);
  }
  void hint(const std::string& word) { next.early.push_back(word); }
  void on_deadline(Now now) {
    if (now.instant < wakes_at) return;
    wakes_at = never;
    next.send.push_back("woke");
  }
  Instant next_deadline() const { return wakes_at; }
  void take_output(Output& output) { std::swap(output, next); }

  Output next;
  Instant wakes_at = never;
};

struct Story {
  ManualTimers timers;
  ManualStore store;
  std::vector<std::string> said;
  std::vector<std::string> failures;
  Driver<Parrot, Output> driver{
      DriverPorts{timers, store, [this](const auto& error) { failures.push_back(error.text); }},
      Parrot{}, [this](Output& output) { append(output.send); },
      [this](Output& output) { append(output.early); }};

  void append(const std::vector<std::string>& words) {
    said.insert(said.end(), words.begin(), words.end());
  }
  void say(const std::string& word, bool is_kept) {
    driver.tell([&](Parrot& parrot, Now) { parrot.say(word, is_kept); });
  }
  void disk_answers(std::size_t commit, Result<void, ports::StoreError> result = {}) {
    store.waiting.at(commit)(result);
  }
};

using Words = std::vector<std::string>;

TEST(Driver, sends_nothing_before_what_it_promises_is_on_disk) {
  Story story;
  story.say("promise", true);
  EXPECT_EQ(story.said, Words{});
  story.disk_answers(0);
  EXPECT_EQ(story.said, Words{"promise"});
}

TEST(Driver, keeps_the_order_of_what_was_asked_while_the_disk_is_busy) {
  Story story;
  story.say("first", true);
  story.say("second", false);
  story.say("third", true);
  story.disk_answers(0);
  EXPECT_EQ(story.said, (Words{"first", "second"}));
  story.disk_answers(1);
  EXPECT_EQ(story.said, (Words{"first", "second", "third"}));
}

TEST(Driver, lets_what_promises_nothing_leave_at_once) {
  Story story;
  story.say("promise", true);
  story.driver.tell([](Parrot& parrot, Now) { parrot.hint("hint"); });
  EXPECT_EQ(story.said, Words{"hint"});
}

TEST(Driver, drops_what_depended_on_a_failed_commit_and_says_so) {
  Story story;
  story.say("promise", true);
  story.say("later", false);
  story.disk_answers(0, Err{ports::StoreError{"disk full"}});
  EXPECT_EQ(story.failures, Words{"disk full"});
  EXPECT_EQ(story.said, Words{"later"});
}

TEST(Driver, wakes_the_machine_at_its_deadline_and_leaves_no_timer_behind) {
  Story story;
  story.driver.tell([](Parrot& parrot, Now now) { parrot.wakes_at = now.instant + 5s; });
  story.timers.advance(4s);
  EXPECT_EQ(story.said, Words{});
  story.timers.advance(1s);
  EXPECT_EQ(story.said, Words{"woke"});
  EXPECT_TRUE(story.timers.calls.empty());
}

TEST(Driver, an_earlier_deadline_replaces_the_timer) {
  Story story;
  story.driver.tell([](Parrot& parrot, Now now) { parrot.wakes_at = now.instant + 1h; });
  story.driver.tell([](Parrot& parrot, Now now) { parrot.wakes_at = now.instant + 1s; });
  EXPECT_EQ(story.timers.calls.size(), 1U);
  story.timers.advance(1s);
  EXPECT_EQ(story.said, Words{"woke"});
}

TEST(Driver, a_bend_changes_what_is_done_and_adds_what_it_kept_back) {
  Story story;
  Words kept;
  story.driver.bend([&](Output& output, Now now) {
    if (now.instant == Instant{}) {
      kept = std::move(output.send);
      output.send = {"lie"};
    } else {
      output.send.insert(output.send.end(), kept.begin(), kept.end());
    }
  });
  story.say("truth", false);
  EXPECT_EQ(story.said, Words{"lie"});
  story.timers.advance(1s);
  story.driver.stir();
  EXPECT_EQ(story.said, (Words{"lie", "truth"}));
}

TEST(EventQueue, runs_what_an_event_posts_after_it_and_never_inside_it) {
  ManualTimers timers;
  EventQueue queue(timers);
  Words order;
  queue.post([&] {
    queue.post([&] { order.push_back("posted by first"); });
    order.push_back("first");
  });
  queue.post([&] { order.push_back("second"); });
  EXPECT_EQ(order, Words{});
  timers.advance(0s);
  EXPECT_EQ(order, (Words{"first", "second", "posted by first"}));
}

}  // namespace
}  // namespace mycel::drive
