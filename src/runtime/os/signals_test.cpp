#include "runtime/os/signals.hpp"

#include <csignal>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runtime/os/entropy.hpp"
#include "runtime/os/interfaces.hpp"
#include "runtime/os/loop.hpp"

namespace mycel::os {
namespace {

TEST(Signals, come_as_calls_on_the_loop) {
  Loop loop;
  std::vector<Signal> heard;
  const Signals signals(loop, [&](Signal signal) { heard.push_back(signal); });
  ::raise(SIGINT);
  ::raise(SIGHUP);
  ::raise(SIGPIPE);
  EXPECT_TRUE(heard.empty());
  loop.run_for(2ms);
  ::raise(SIGTERM);
  loop.run_for(2ms);
  EXPECT_THAT(heard, testing::ElementsAre(Signal::interrupt, Signal::reload, Signal::terminate));
}

TEST(Signals, a_signal_ends_a_sleeping_loop) {
  Loop loop;
  const Signals signals(loop, [&](Signal) { loop.stop(); });
  ::kill(::getpid(), SIGTERM);
  loop.run();
}

TEST(Signals, when_they_go_the_signal_means_what_it_meant_before) {
  Loop loop;
  {
    const Signals signals(loop, [](Signal) {});
  }
  struct sigaction now{};
  ::sigaction(SIGTERM, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

TEST(Entropy, no_two_seeds_are_alike) {
  SystemEntropy entropy;
  EXPECT_NE(random_seed(entropy), random_seed(entropy));
}

TEST(Interfaces, a_wildcard_stands_for_every_address_of_its_family) {
  const auto reachable = reachable_at({.port = 4001});
  const ports::Endpoint loopback{.address = {127, 0, 0, 1}, .port = 4001};
  EXPECT_THAT(reachable, testing::Contains(loopback));
  EXPECT_THAT(reachable, testing::Each(testing::Field(&ports::Endpoint::family,
                                                      ports::Endpoint::Family::ipv4)));
}

TEST(Interfaces, a_single_address_stands_for_itself) {
  const ports::Endpoint one{.address = {192, 0, 2, 1}, .port = 4001};
  EXPECT_THAT(reachable_at(one), testing::ElementsAre(one));
}

}  // namespace
}  // namespace mycel::os
