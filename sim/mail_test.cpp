// The book of messages: what counts as lost, repeated, late or damaged.

#include "sim/mail.hpp"

#include <gtest/gtest.h>

namespace mycel::sim {
namespace {

struct Story {
  Story() {
    mail.set_up(1, true);
    mail.write(1, 2, at(0s));
    mail.write(1, 2, at(0s));
  }
  static Instant at(Duration since_start) { return Instant{} + since_start; }
  struct Sent {
    Letter letter;
    Bytes key, content;
  };
  dht::Verdict arrive(const Sent& what) {
    return at_two.validate(what.key.view(), what.content.view(), UnixTime{});
  }
  void deliver(std::size_t index, Duration when) {
    EXPECT_EQ(arrive(sent.at(index)), dht::Verdict::valid);
    mail.on_answer(sent.at(index).letter, true, at(when));
  }

  std::vector<Sent> sent;
  bool hears_now = true;
  Mail mail{100,
            [this](const Letter& letter, const Bytes& key, const Bytes& content) {
              sent.push_back({letter, key, content});
            },
            [this](std::uint32_t) { return hears_now; }};
  dht::Namespace at_two = mail.at_node(2);
};

TEST(Mail, the_next_letter_of_a_lane_leaves_when_the_last_is_acknowledged) {
  Story story;
  ASSERT_EQ(story.sent.size(), 1U);
  story.deliver(0, 1s);
  ASSERT_EQ(story.sent.size(), 2U);
  story.deliver(1, 2s);
  const MailFigures& figures = story.mail.conclude();
  EXPECT_EQ(figures.acknowledged, 2U);
  EXPECT_EQ(figures.lost + figures.out_of_order + figures.repeated, 0U);
  EXPECT_EQ(figures.durations, (std::vector<Duration>{1s, 2s}));
}

TEST(Mail, a_letter_without_an_answer_is_sent_again_and_lost_if_none_ever_comes) {
  Story story;
  story.mail.on_answer(story.sent[0].letter, false, Story::at(5s));
  story.mail.retry(Story::at(5s + 1ms));
  EXPECT_EQ(story.sent.size(), 1U) << "not at once";
  story.mail.retry(Story::at(6s));
  ASSERT_EQ(story.sent.size(), 2U);
  EXPECT_EQ(story.sent[1].letter, story.sent[0].letter);
  EXPECT_EQ(story.mail.conclude().lost, 2U);
}

TEST(Mail, an_old_letter_after_a_newer_one_is_out_of_order_even_when_repeated) {
  Story story;
  story.deliver(0, 1s);
  story.deliver(1, 2s);
  story.arrive(story.sent[0]);
  EXPECT_EQ(story.mail.figures().repeated, 1U);
  EXPECT_EQ(story.mail.figures().out_of_order, 1U);
  story.hears_now = false;  // the node judges again what it keeps
  story.arrive(story.sent[0]);
  EXPECT_EQ(story.mail.figures().repeated, 1U);
}

TEST(Mail, a_letter_that_waited_in_the_node_before_it_was_judged_has_arrived) {
  Story story;
  story.hears_now = false;
  story.deliver(0, 1s);
  EXPECT_EQ(story.mail.figures().arrived, 1U);
  EXPECT_EQ(story.mail.figures().unproven, 0U);
}

TEST(Mail, another_content_or_receiver_is_damage_and_never_accepted) {
  Story story;
  auto changed = story.sent[0];
  changed.content = Bytes::copy("something else");
  EXPECT_EQ(story.arrive(changed), dht::Verdict::malformed);
  auto elsewhere = story.mail.at_node(3);
  EXPECT_EQ(elsewhere.validate(story.sent[0].key.view(), story.sent[0].content.view(), UnixTime{}),
            dht::Verdict::malformed);
  EXPECT_EQ(story.mail.figures().damaged, 2U);
}

TEST(Mail, an_acknowledgement_of_what_never_arrived_is_unproven) {
  Story story;
  story.mail.on_answer(story.sent[0].letter, true, Story::at(1s));
  EXPECT_EQ(story.mail.figures().unproven, 1U);
}

TEST(Mail, what_a_killed_sender_had_on_its_way_is_sent_again_when_it_is_back) {
  Story story;
  story.mail.set_up(1, false);
  story.mail.retry(Story::at(10s));
  EXPECT_EQ(story.sent.size(), 1U);
  story.mail.set_up(1, true);
  story.mail.retry(Story::at(11s));
  EXPECT_EQ(story.sent.size(), 2U);
}

}  // namespace
}  // namespace mycel::sim
