#include "foundation/base/duration_text.hpp"

#include <gtest/gtest.h>

namespace mycel {
namespace {

TEST(DurationText, reads_what_people_write) {
  EXPECT_EQ(parse_duration("30s"), Duration{30s});
  EXPECT_EQ(parse_duration("5m"), Duration{5min});
  EXPECT_EQ(parse_duration("1h30m"), Duration{90min});
  EXPECT_EQ(parse_duration("36h"), Duration{36h});
  EXPECT_EQ(parse_duration("250ms"), Duration{250ms});
  EXPECT_EQ(parse_duration("1m250ms"), Duration{60'250ms});
  EXPECT_EQ(parse_duration("7d"), Duration{168h});
  EXPECT_EQ(parse_duration("0s"), Duration{0s});
}

TEST(DurationText, refuses_what_could_mean_something_else) {
  for (const auto* text : {"", "5", "s", "-5s", "5 s", "5x", "5m5m", "5s5m", "1.5h", "5sx", "+5s",
                           "99999999999999999999s", "9999999d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(DurationText, writes_the_shortest_text_and_reads_it_back) {
  EXPECT_EQ(to_text(Duration{0s}), "0s");
  EXPECT_EQ(to_text(Duration{36h}), "36h");
  EXPECT_EQ(to_text(Duration{24h}), "24h");
  EXPECT_EQ(to_text(Duration{48h}), "2d");
  EXPECT_EQ(to_text(Duration{90min}), "1h30m");
  EXPECT_EQ(to_text(Duration{1500ms}), "1s500ms");
  for (const Duration span : {Duration{1ms}, Duration{59s}, Duration{3601s}, Duration{49h}}) {
    EXPECT_EQ(parse_duration(to_text(span)), span);
  }
}

}  // namespace
}  // namespace mycel
