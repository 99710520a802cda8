#include "runtime/os/names.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/wire/multiaddr_codec.hpp"

#include "runtime/os/loop.hpp"

namespace mycel::os {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// What `address` stands for, or the error's words alone.
std::vector<std::string> resolved(const std::string& address) {
  Loop loop;
  SystemNames names(loop);
  std::vector<std::string> answers{"(never)"};
  bool is_inside = true;
  names.resolve(*wire::parse_multiaddr(address), [&](const auto& result) {
    EXPECT_FALSE(is_inside) << "then never runs from inside resolve()";
    answers.clear();
    if (!result) answers.push_back(result.error().text);
    if (result)
      for (const Multiaddr& one : *result) answers.push_back(wire::to_text(one));
    loop.stop();
  });
  is_inside = false;
  loop.run_for(30s);
  return answers;
}

TEST(SystemNames, a_name_is_replaced_by_what_it_stands_for_and_the_rest_is_kept) {
  EXPECT_THAT(resolved("/dns4/localhost/udp/4001/quic-v1"),
              Contains("/ip4/127.0.0.1/udp/4001/quic-v1"));
  EXPECT_THAT(resolved("/dns/localhost/udp/4001/quic-v1"),
              Contains(HasSubstr("/udp/4001/quic-v1")));
}

TEST(SystemNames, a_name_of_one_family_gives_no_address_of_the_other) {
  EXPECT_THAT(resolved("/dns4/localhost/udp/1/quic-v1"), Each(StartsWith("/ip4/")));
  EXPECT_THAT(resolved("/dns6/localhost/udp/1/quic-v1"), Each(Not(StartsWith("/ip4/"))));
}

TEST(SystemNames, an_address_stands_for_itself) {
  EXPECT_THAT(resolved("/ip4/192.0.2.1/udp/4001/quic-v1"),
              ElementsAre("/ip4/192.0.2.1/udp/4001/quic-v1"));
}

TEST(SystemNames, a_name_that_nobody_knows_is_named) {
  const auto answers = resolved("/dns4/no.such.name.invalid/udp/1/quic-v1");
  EXPECT_THAT(answers, ElementsAre(HasSubstr("cannot resolve no.such.name.invalid")));
}

TEST(SystemNames, dnsaddr_is_refused_with_the_way_out) {
  EXPECT_THAT(resolved("/dnsaddr/bootstrap.example"), ElementsAre(HasSubstr("Use a /dns address")));
}

TEST(SystemNames, too_many_names_at_once_are_refused) {
  Loop loop;
  SystemNames names(loop);
  const auto address = *wire::parse_multiaddr("/dns4/localhost/udp/1/quic-v1");
  std::size_t answered = 0;
  std::size_t refused = 0;
  for (std::size_t number = 0; number < SystemNames::lookups_max + 10; ++number)
    names.resolve(address, [&](const auto& result) {
      (result ? answered : refused) += 1;
      if (answered + refused == SystemNames::lookups_max + 10) loop.stop();
    });
  loop.run_for(30s);
  EXPECT_EQ(answered, SystemNames::lookups_max);
  EXPECT_EQ(refused, 10U);
}

TEST(SystemNames, answers_are_dropped_when_it_goes) {
  Loop loop;
  {
    SystemNames names(loop);
    names.resolve(*wire::parse_multiaddr("/dns4/localhost/udp/1/quic-v1"),
                  [](const auto&) { FAIL(); });
    names.resolve(*wire::parse_multiaddr("/ip4/192.0.2.1/udp/1/quic-v1"),
                  [](const auto&) { FAIL(); });
  }
  loop.run_for(10ms);
}

}  // namespace
}  // namespace mycel::os
