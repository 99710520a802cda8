// A line names a fact, its part and its values, and costs nothing when nobody wants it.

#include "foundation/base/log.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace mycel {
namespace {

struct Page final : LogSink {
  bool wants(LogLevel level) const override { return level >= lowest; }
  void write(LogLevel level, std::string_view part, std::string_view fact,
             std::span<const LogField> fields) override {
    std::string line = std::to_string(static_cast<int>(level)) + " " + std::string(part) + ": " +
                       std::string(fact);
    for (const LogField& field : fields) line += " " + std::string(field.name) + "=" + field.value;
    lines.push_back(line);
  }
  LogLevel lowest = LogLevel::debug;
  std::vector<std::string> lines;
};

TEST(Log, writes_the_fact_its_part_and_its_values) {
  Page page;
  const Log log(&page, "dht");
  const std::string name = "alice";
  log.info("peer left", {{"peer", name},
                         {"after", 3},
                         {"why", "silence"},
                         {"view", std::string_view("v")},
                         {"height", UINT64_MAX},
                         {"balance", std::int64_t{-1}}});
  EXPECT_EQ(page.lines,
            std::vector<std::string>{"1 dht: peer left peer=alice after=3 why=silence view=v "
                                     "height=18446744073709551615 balance=-1"});
}

TEST(Log, has_four_levels_and_writes_those_that_are_wanted) {
  Page page;
  page.lowest = LogLevel::warn;
  const Log log(&page, "os");
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  EXPECT_EQ(page.lines, (std::vector<std::string>{"2 os: c", "3 os: d"}));
}

TEST(Log, of_another_part_goes_to_the_same_page) {
  Page page;
  const Log log(&page, "node");
  log.part("dht").info("started");
  EXPECT_EQ(page.lines, std::vector<std::string>{"1 dht: started"});
}

TEST(Log, without_a_page_is_silent) {
  Log().error("nobody hears this", {{"value", 1}});
  Log().part("dht").info("nor this");
}

}  // namespace
}  // namespace mycel
