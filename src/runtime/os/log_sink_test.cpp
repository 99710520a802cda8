#include "runtime/os/log_sink.hpp"

#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/base/log.hpp"
#include "foundation/base/time.hpp"

namespace mycel::os {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

struct Story {
  explicit Story(LogOptions options = {}) {
    options.output = &output;
    options.clock = [this] { return now; };
    sink.emplace(options);
  }
  Log log() { return {&*sink, "dht"}; }
  std::vector<std::string> lines() const {
    std::vector<std::string> found;
    std::istringstream text(output.str());
    for (std::string line; std::getline(text, line);) found.push_back(line);
    return found;
  }
  Now now{.instant = Instant{1s}, .unix = UnixTime{1'769'860'800'123ms}};
  std::ostringstream output;
  std::optional<ConsoleLog> sink;
};

TEST(ConsoleLog, a_line_names_a_fact_with_its_values_apart) {
  Story story;
  story.log().warn("lookup failed", {{"asked", 3}, {"because", "nobody answered"}});
  EXPECT_THAT(story.lines(),
              ElementsAre("2026-01-31T12:00:00.123Z warn  dht: lookup failed  asked=3 "
                          "because=\"nobody answered\""));
}

TEST(ConsoleLog, json_is_one_object_a_line) {
  Story story({.format = LogFormat::json});
  story.log().info("peer met", {{"name", "a\"b\n\x01\xff\xc3\xa9"}});
  EXPECT_THAT(story.lines(),
              ElementsAre(R"({"time":"2026-01-31T12:00:00.123Z","level":"info","part":"dht",)"
                          R"("fact":"peer met","fields":{"name":"a\"b\u000a\u0001)"
                          "\xef\xbf\xbd\xc3\xa9\"}}"));
}

TEST(ConsoleLog, what_a_peer_says_cannot_forge_a_line_or_steer_a_terminal) {
  Story story;
  story.log().info("peer met", {{"agent",
                                 "x\n2026 error dht: fake\x1b[2J\xc2\x9b"
                                 "2J"}});
  ASSERT_THAT(story.lines(), SizeIs(1));
  EXPECT_THAT(story.lines()[0], Not(HasSubstr("\x1b")));
  EXPECT_THAT(story.lines()[0], Not(HasSubstr("\xc2\x9b")));
}

TEST(ConsoleLog, a_long_value_is_cut) {
  Story story;
  story.log().info("peer met", {{"agent", std::string(100'000, 'x')}});
  EXPECT_LT(story.lines()[0].size(), 1200U);
}

TEST(ConsoleLog, what_is_below_the_level_is_not_written) {
  Story story({.level = LogLevel::warn});
  story.log().info("chatter");
  story.log().error("trouble");
  EXPECT_THAT(story.lines(), ElementsAre(HasSubstr("trouble")));
  story.sink->set_level(LogLevel::info);
  story.log().info("chatter");
  EXPECT_THAT(story.lines(), SizeIs(2));
}

TEST(ConsoleLog, a_fact_that_repeats_too_fast_is_counted_instead) {
  Story story({.repeats_max = 3, .window = 10s});
  for (int number = 0; number < 100; ++number) story.log().warn("bad frame", {{"n", number}});
  story.log().warn("another fact");
  EXPECT_THAT(story.lines(), SizeIs(4));
  story.now.instant += 10s;
  story.log().warn("bad frame");
  EXPECT_THAT(story.lines(), SizeIs(6));
  EXPECT_THAT(story.lines()[4],
              HasSubstr("dht: repeated lines were suppressed  suppressed=97 fact=\"bad frame\""));
  EXPECT_THAT(story.lines()[5], HasSubstr("dht: bad frame"));
}

TEST(ConsoleLog, what_was_suppressed_is_told_at_the_end) {
  Story story({.repeats_max = 1});
  story.log().warn("bad frame");
  story.log().warn("bad frame");
  story.sink.reset();
  EXPECT_THAT(story.lines(), ElementsAre(HasSubstr("bad frame"), HasSubstr("suppressed=1")));
}

TEST(ConsoleLog, facts_without_end_share_one_allowance) {
  Story story({.repeats_max = 2});
  for (int number = 0; number < 5000; ++number) {
    const std::string fact = "made up " + std::to_string(number);
    story.log().info(fact);
  }
  EXPECT_THAT(story.lines(), SizeIs(1024 + 2));
}

}  // namespace
}  // namespace mycel::os
