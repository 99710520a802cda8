#include "runtime/os/loop.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtime/os/asio.hpp"
#include "runtime/os/fd.hpp"

namespace mycel::os {
namespace {

TEST(Loop, calls_come_in_the_order_of_their_deadlines) {
  Loop loop;
  std::string order;
  const Instant start = loop.now().instant;
  loop.call_at(start + 6ms, [&] { order += 'c'; });
  loop.call_at(start + 2ms, [&] { order += 'a'; });
  loop.call_at(start + 4ms, [&] { order += 'b'; });
  loop.call_at(start + 8ms, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(order, "abc");
}

TEST(Loop, equal_deadlines_run_in_the_order_they_were_asked_for) {
  Loop loop;
  std::string order;
  const Instant due = loop.now().instant + 1ms;
  for (const char name : std::string("abcdefgh")) loop.call_at(due, [&, name] { order += name; });
  loop.run_for(3ms);
  EXPECT_EQ(order, "abcdefgh");
}

TEST(Loop, a_call_is_never_early_and_hardly_late) {
  Loop loop;
  const Instant due = loop.now().instant + 3ms;
  Instant ran{};
  loop.call_at(due, [&] {
    ran = loop.now().instant;
    loop.stop();
  });
  loop.run();
  EXPECT_GE(ran, due);
  EXPECT_LT(ran - due, 100ms);
}

TEST(Loop, a_deadline_in_the_past_waits_for_the_caller_to_return) {
  Loop loop;
  bool has_run = false;
  loop.call_at(Instant{}, [&] { has_run = true; });
  EXPECT_FALSE(has_run);
  loop.run_for(0ms);
  EXPECT_TRUE(has_run);
}

TEST(Loop, a_cancelled_call_does_not_run_and_frees_what_it_holds) {
  Loop loop;
  auto held = std::make_shared<int>(1);
  const auto timer = loop.call_at(loop.now().instant, [held] { FAIL(); });
  EXPECT_EQ(held.use_count(), 2);
  loop.cancel(timer);
  EXPECT_EQ(held.use_count(), 1);
  loop.cancel(timer);
  loop.cancel({});
  loop.run_for(1ms);
}

TEST(Loop, a_call_can_cancel_one_that_is_due_at_the_same_time) {
  Loop loop;
  const Instant due = loop.now().instant;
  ports::TimerId second;
  loop.call_at(due, [&] { loop.cancel(second); });
  second = loop.call_at(due, [] { FAIL(); });
  loop.run_for(1ms);
}

TEST(Loop, an_earlier_deadline_moves_the_alarm) {
  Loop loop;
  const Instant start = loop.now().instant;
  loop.call_at(start + 10s, [] { FAIL(); });
  loop.run_for(1ms);
  loop.call_at(start + 5ms, [&] { loop.stop(); });
  loop.run();
  EXPECT_LT(loop.now().instant - start, 5s);
}

TEST(Loop, calls_that_ask_for_the_past_again_and_again_leave_the_rest_its_turn) {
  Loop loop;
  std::function<void()> again = [&] { loop.call_at(Instant{}, again); };
  again();
  bool was_posted = false;
  loop.post([&] { was_posted = true; });
  loop.run_for(2ms);
  EXPECT_TRUE(was_posted);
}

TEST(Loop, what_other_threads_post_runs_on_the_loops_thread_in_their_order) {
  Loop loop;
  const auto self = std::this_thread::get_id();
  std::vector<int> order;
  std::thread poster([&] {
    for (int number = 0; number < 1000; ++number)
      loop.post([&, number] {
        EXPECT_EQ(std::this_thread::get_id(), self);
        order.push_back(number);
      });
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  poster.join();
  ASSERT_EQ(order.size(), 1000U);
  for (int number = 0; number < 1000; ++number) EXPECT_EQ(order[std::size_t(number)], number);
}

TEST(Loop, a_posted_call_that_posts_runs_both_without_waiting) {
  Loop loop;
  int depth = 0;
  const std::function<void()> deeper = [&] {
    depth += 1;
    if (depth < 100) loop.post(deeper);
  };
  loop.post(deeper);
  loop.run_for(5ms);
  EXPECT_EQ(depth, 100);
}

TEST(Loop, a_stop_before_the_run_ends_it_at_once) {
  Loop loop;
  loop.stop();
  loop.run();
  loop.run_for(1ms);
}

TEST(Loop, a_stop_of_another_thread_wakes_a_sleeping_loop) {
  Loop loop;
  std::thread stopper([&] {
    std::this_thread::sleep_for(5ms);
    loop.stop();
  });
  loop.run();
  stopper.join();
}

struct CountingHandler final : ReadyHandler {
  explicit CountingHandler(std::function<void()> call) : then(std::move(call)) {}
  void on_ready(Ready ready) override {
    EXPECT_TRUE(ready.is_readable);
    then();
  }
  std::function<void()> then;
};

TEST(Loop, a_descriptor_that_is_not_watched_any_more_is_silent_even_in_the_same_turn) {
  Loop loop;
  const Fd first(::eventfd(1, EFD_NONBLOCK));
  const Fd second(::eventfd(1, EFD_NONBLOCK));
  int calls = 0;
  CountingHandler* handlers[2] = {};
  const int fds[2] = {first.get(), second.get()};
  CountingHandler a([&] {
    calls += 1;
    loop.unwatch(fds[0], *handlers[0]);
    loop.unwatch(fds[1], *handlers[1]);
  });
  CountingHandler b(a.then);
  handlers[0] = &a;
  handlers[1] = &b;
  loop.watch(fds[0], a, Interest::read);
  loop.watch(fds[1], b, Interest::read);
  loop.run_for(2ms);
  EXPECT_EQ(calls, 1);
}

TEST(Loop, both_clocks_move_with_the_world) {
  const Loop loop;
  const Now before = loop.now();
  std::this_thread::sleep_for(2ms);
  const Now after = loop.now();
  EXPECT_GE(after.instant - before.instant, 2ms);
  EXPECT_GT(after.unix.time_since_epoch(), 1'700'000'000s);
}

TEST(LoopWithAsio, handlers_of_asio_and_calls_of_the_loop_share_the_thread) {
  Loop loop;
  const auto self = std::this_thread::get_id();
  boost::asio::io_context& context = io_context_of(loop);
  boost::asio::steady_timer timer(context, 3ms);
  bool has_rung = false;
  timer.async_wait([&](boost::system::error_code) {
    EXPECT_EQ(std::this_thread::get_id(), self);
    has_rung = true;
    loop.call_at(loop.now().instant + 2ms, [&] { loop.stop(); });
  });
  loop.run();
  EXPECT_TRUE(has_rung);
}

TEST(LoopWithAsio, a_sleeping_loop_wakes_for_its_own_descriptors_posts_and_timers) {
  Loop loop;
  io_context_of(loop);
  const Fd event(::eventfd(0, EFD_NONBLOCK));
  std::uint64_t heard = 0;  // a late wake-up takes several rounds in one read
  CountingHandler handler([&] {
    std::uint64_t value = 0;
    EXPECT_EQ(::read(event.get(), &value, sizeof value), 8);
    heard += value;
  });
  loop.watch(event.get(), handler, Interest::read);
  std::atomic<int> posts = 0;
  std::thread other([&] {
    for (int round = 0; round < 10; ++round) {
      std::this_thread::sleep_for(1ms);
      const std::uint64_t one = 1;
      EXPECT_EQ(::write(event.get(), &one, sizeof one), 8);
      std::this_thread::sleep_for(1ms);
      loop.post([&] { posts += 1; });
      boost::asio::post(io_context_of(loop), [&] { posts += 1; });
    }
    loop.post([&] { loop.call_at(loop.now().instant + 1ms, [&] { loop.stop(); }); });
  });
  loop.run();
  other.join();
  EXPECT_EQ(heard, 10U);
  EXPECT_EQ(posts, 20);
  loop.unwatch(event.get(), handler);
}

TEST(LoopWithAsio, a_busy_loop_still_serves_asio) {
  Loop loop;
  boost::asio::io_context& context = io_context_of(loop);
  std::function<void()> busy = [&] { loop.post(busy); };
  loop.post(busy);
  using boost::asio::ip::tcp;
  tcp::acceptor acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  bool is_accepted = false;
  acceptor.async_accept([&](boost::system::error_code error, tcp::socket) {
    is_accepted = !error;
    loop.stop();
  });
  tcp::socket client(context);
  client.async_connect(acceptor.local_endpoint(), [](boost::system::error_code) {});
  loop.run_for(2s);
  EXPECT_TRUE(is_accepted);
}

}  // namespace
}  // namespace mycel::os
