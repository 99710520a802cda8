#include "node/embed/answer.hpp"

#include <chrono>
#include <future>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

#include "mycel/mycel.hpp"

namespace mycel::embed {
namespace {

TEST(Answer, reaches_whoever_waits) {
  std::promise<Outcome<int>> promise;
  auto waiting = promise.get_future();
  const Answer<int> answer(std::move(promise));
  answer(Outcome<int>::of(7));
  EXPECT_EQ(*waiting.get(), 7);
}

TEST(Answer, nobody_waits_for_an_answer_that_was_dropped) {
  std::promise<Outcome<int>> promise;
  auto waiting = promise.get_future();
  std::optional<Answer<int>> answer(std::in_place, std::move(promise));
  std::optional<Answer<int>> copy = answer;
  answer.reset();
  EXPECT_EQ(waiting.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  copy.reset();
  const auto outcome = waiting.get();
  EXPECT_FALSE(outcome);
  EXPECT_EQ(outcome.reason(), "stopped");
}

TEST(Answer, the_first_one_counts) {
  std::promise<Outcome<int>> promise;
  auto waiting = promise.get_future();
  const Answer<int> answer(std::move(promise));
  answer.fail("not_found", "nothing there");
  answer(Outcome<int>::of(7));
  EXPECT_EQ(waiting.get().error(), "nothing there");
}

}  // namespace
}  // namespace mycel::embed
