#include "runtime/os/workers.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "runtime/os/loop.hpp"

namespace mycel::os {
namespace {

TEST(WorkerPool, work_runs_elsewhere_and_its_end_is_told_on_the_loop) {
  Loop loop;
  WorkerPool pool(loop);
  const auto self = std::this_thread::get_id();
  std::thread::id worker;
  pool.run([&] { worker = std::this_thread::get_id(); },
           [&] {
             EXPECT_EQ(std::this_thread::get_id(), self);
             loop.stop();
           });
  loop.run();
  EXPECT_NE(worker, self);
  EXPECT_NE(worker, std::thread::id{});
}

TEST(WorkerPool, all_of_much_work_is_done) {
  Loop loop;
  WorkerPool pool(loop, {.threads = 3, .queue_max = 16});
  std::atomic<int> done = 0;
  int told = 0;
  for (int number = 0; number < 5000; ++number)
    pool.run([&] { done += 1; },
             [&] {
               told += 1;
               if (told == 5000) loop.stop();
             });
  loop.run();
  EXPECT_EQ(done, 5000);
  EXPECT_EQ(told, 5000);
}

TEST(WorkerPool, a_full_queue_makes_the_caller_work) {
  Loop loop;
  std::promise<void> gate;
  const auto opened = gate.get_future().share();
  std::set<std::thread::id> threads;
  {
    WorkerPool pool(loop, {.threads = 1, .queue_max = 1});
    std::promise<void> started;
    pool.run(
        [&] {
          started.set_value();
          opened.wait();
        },
        [] {});
    started.get_future().wait();
    pool.run([opened] { opened.wait(); }, [] {});
    bool has_told = false;
    pool.run([&] { threads.insert(std::this_thread::get_id()); }, [&] { has_told = true; });
    EXPECT_EQ(threads, std::set{std::this_thread::get_id()});
    EXPECT_FALSE(has_told) << "then never runs from inside run()";
    loop.run_for(1ms);
    EXPECT_TRUE(has_told);
    gate.set_value();
  }
}

TEST(WorkerPool, when_it_goes_running_work_is_awaited_and_the_rest_is_dropped) {
  Loop loop;
  std::promise<void> started;
  std::atomic<bool> has_finished = false;
  const auto held = std::make_shared<int>(1);
  {
    WorkerPool pool(loop, {.threads = 1});
    pool.run(
        [&] {
          started.set_value();
          std::this_thread::sleep_for(10ms);
          has_finished = true;
        },
        [] { FAIL(); });
    pool.run([held] { FAIL(); }, [held] { FAIL(); });
    started.get_future().wait();
  }
  EXPECT_TRUE(has_finished);
  EXPECT_EQ(held.use_count(), 1);
  loop.run_for(1ms);
}

TEST(WorkerPool, a_pool_that_does_not_join_leaves_busy_threads_behind) {
  auto gate = std::make_shared<std::promise<void>>();
  auto left = std::make_shared<std::promise<void>>();
  auto has_left = left->get_future();
  {
    Loop loop;
    WorkerPool pool(loop, {.threads = 1, .joins = false});
    std::promise<void> started;
    pool.run(
        [&started, left, opened = gate->get_future().share()] {
          started.set_value();
          opened.wait();
          left->set_value();
        },
        [] { FAIL(); });
    started.get_future().wait();
  }
  gate->set_value();
  has_left.wait();
}

TEST(WorkerPool, a_call_may_end_the_pool) {
  Loop loop;
  auto pool = std::make_unique<WorkerPool>(loop);
  int told = 0;
  for (int number = 0; number < 10; ++number)
    pool->run([] {},
              [&] {
                told += 1;
                pool.reset();
              });
  std::this_thread::sleep_for(5ms);
  loop.run_for(5ms);
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace mycel::os
