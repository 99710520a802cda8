#include "apps/mycel/simulate_shrink.hpp"

#include <array>
#include <cstdio>
#include <set>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/planted.hpp"
#include "sim/shrink.hpp"

namespace mycel::app {
namespace {

using Judges = std::set<std::string>;

/// A plan that was made smaller is no slower; one that hangs must not hang the shrinker.
constexpr unsigned run_seconds_max = 600;
constexpr const char* died = "the process died";

[[noreturn]] void run_and_tell(const sim::Scenario& scenario, const sim::Plan& plan,
                               const std::string& plant, int to) {
  ::alarm(run_seconds_max);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  std::string judges;
  for (const sim::Violation& violation : sim::run(scenario, plan, watch_of(plant)).violations)
    judges += violation.judge + "\n";
  const bool is_told =
      ::write(to, judges.data(), judges.size()) == static_cast<ssize_t>(judges.size());
  ::_exit(is_told ? 0 : 1);
}

std::string read_all(int from) {
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t size = 0; (size = ::read(from, piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(size));
  return text;
}

/// Who accused, in a process of its own.
Judges judges_of(const sim::Scenario& scenario, const sim::Plan& plan, const std::string& plant) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return {};
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    run_and_tell(scenario, plan, plant, ends[1]);
  }
  ::close(ends[1]);
  const std::string text = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return {};
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return {died};
  Judges judges;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    judges.insert(text.substr(at, end - at));
    at = end + 1;
  }
  return judges;
}

}  // namespace

std::optional<sim::Reduction> shrink_failing(const sim::Scenario& scenario, const sim::Plan& drawn,
                                             const sim::Reduction& start,
                                             const std::string& plant) {
  const auto say = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  const Judges first = judges_of(scenario, sim::reduce(drawn, start).plan, plant);
  if (first.empty()) return std::nullopt;
  const std::string judge = *first.begin();
  say("shrinking what fails for: " + judge);
  const sim::Shrunk shrunk = sim::shrink(
      drawn, start,
      [&](const sim::Plan& plan) { return judges_of(scenario, plan, plant).contains(judge); }, say);
  say(std::to_string(shrunk.runs) + " runs; " +
      (shrunk.is_smallest ? "nothing more can be left out" : "no more runs are allowed"));
  return shrunk.reduction;
}

sim::Watch watch_of(const std::string& plant) {
  if (plant.empty()) return {};
  return {.prepare = [plant](sim::Fleet& fleet) { sim::planted::plant(fleet, plant); }};
}

std::string check_plant(const std::string& plant) {
  if (plant.empty() || !sim::planted::describe(plant).empty()) return "";
  std::string known;
  for (const std::string& name : sim::planted::names())
    known += "\n  " + name + ": " + std::string(sim::planted::describe(name));
  return "--plant " + plant + ": there is no such bug. There are:" + known;
}

}  // namespace mycel::app
