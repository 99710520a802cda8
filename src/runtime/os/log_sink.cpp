#include "runtime/os/log_sink.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <spdlog/common.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "foundation/base/log.hpp"
#include "foundation/base/time.hpp"

#include "runtime/os/log_line.hpp"

namespace mycel::os {
namespace {

/// Facts are literals of this program, so there are few; were a part to make one up from a peer's
/// words, the extra ones would share one allowance.
constexpr std::size_t facts_max = 1024;
constexpr std::string_view other_facts = "(further facts)";

Now system_now() {
  const auto instant = std::chrono::steady_clock::now().time_since_epoch();
  const auto unix_time = std::chrono::system_clock::now().time_since_epoch();
  return {.instant = Instant{instant},
          .unix = UnixTime{std::chrono::floor<CalendarClock::duration>(unix_time)}};
}

spdlog::sink_ptr sink_for(std::ostream* output) {
  if (output != nullptr)
    return std::make_shared<spdlog::sinks::ostream_sink_mt>(*output, /*force_flush=*/true);
  return std::make_shared<spdlog::sinks::stderr_sink_mt>();
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

class ConsoleLog::Impl {
 public:
  explicit Impl(LogOptions options)
      : options_(std::move(options)),
        clock_(options_.clock ? options_.clock : system_now),
        level_(options_.level),
        logger_("mycel", sink_for(options_.output)) {
    logger_.set_level(spdlog::level::trace);  // what is wanted is decided here
    logger_.set_pattern("%v");
    logger_.flush_on(spdlog::level::trace);
  }
  // NOLINTNEXTLINE(bugprone-exception-escape): only a broken mutex or clock could throw
  ~Impl() {
    const std::lock_guard lock(mutex_);
    tell_suppressed(clock_(), /*all=*/true);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool wants(LogLevel level) const { return level >= level_.load(std::memory_order_relaxed); }
  void set_level(LogLevel level) { level_ = level; }

  void write(LogLevel level, std::string_view part, std::string_view fact,
             std::span<const LogField> fields) {
    const std::lock_guard lock(mutex_);
    const Now now = clock_();
    if (now.instant >= next_sweep_) tell_suppressed(now, /*all=*/false);
    if (is_allowed(level, part, fact, now.instant)) put(now, level, part, fact, fields);
  }

 private:
  struct Repeats {
    LogLevel level = LogLevel::info;
    Instant window_end{};
    std::uint32_t written = 0;
    std::uint64_t suppressed = 0;
  };
  struct Fact {
    std::string part;
    std::string fact;
  };
  struct FactView {
    std::string_view part;
    std::string_view fact;
  };
  struct Before {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      const int order = std::string_view(a.part).compare(b.part);
      return order != 0 ? order < 0 : std::string_view(a.fact) < std::string_view(b.fact);
    }
  };

  bool is_allowed(LogLevel level, std::string_view part, std::string_view fact, Instant now) {
    Repeats& repeats = repeats_of(part, fact);
    if (now >= repeats.window_end) {
      repeats.window_end = now + options_.window;
      repeats.written = 0;
    }
    if (repeats.written < options_.repeats_max) {
      repeats.written += 1;
      return true;
    }
    repeats.level = level;
    repeats.suppressed += 1;
    return false;
  }

  Repeats& repeats_of(std::string_view part, std::string_view fact) {
    const auto known = repeats_.find(FactView{part, fact});
    if (known != repeats_.end()) return known->second;
    const std::string_view name = repeats_.size() < facts_max ? fact : other_facts;
    const std::string_view owner = repeats_.size() < facts_max ? part : "log";
    return repeats_[Fact{std::string(owner), std::string(name)}];
  }

  // Facts whose window is over are forgotten, once it is told how often they were suppressed.
  void tell_suppressed(Now now, bool all) {
    next_sweep_ = now.instant + options_.window / 4;
    for (auto entry = repeats_.begin(); entry != repeats_.end();) {
      const auto& [name, repeats] = *entry;
      const bool is_over = all || now.instant >= repeats.window_end;
      if (is_over && repeats.suppressed > 0) {
        const std::array fields{LogField("suppressed", repeats.suppressed),
                                LogField("fact", name.fact)};
        put(now, repeats.level, name.part, "repeated lines were suppressed", fields);
      }
      entry = is_over ? repeats_.erase(entry) : std::next(entry);
    }
  }

  void put(Now now, LogLevel level, std::string_view part, std::string_view fact,
           std::span<const LogField> fields) {
    const LogLine line{
        .time = now.unix, .level = level, .part = part, .fact = fact, .fields = fields};
    const std::string text = options_.format == LogFormat::json ? json_line(line) : text_line(line);
    logger_.log(to_spdlog(level), spdlog::string_view_t(text));
  }

  const LogOptions options_;
  const std::function<Now()> clock_;
  std::atomic<LogLevel> level_;
  std::mutex mutex_;
  spdlog::logger logger_;
  std::map<Fact, Repeats, Before> repeats_;  // under mutex_
  Instant next_sweep_{};                     // under mutex_
};

ConsoleLog::ConsoleLog(LogOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
ConsoleLog::~ConsoleLog() = default;

bool ConsoleLog::wants(LogLevel level) const {
  return impl_->wants(level);
}
void ConsoleLog::write(LogLevel level, std::string_view part, std::string_view fact,
                       std::span<const LogField> fields) {
  impl_->write(level, part, fact, fields);
}
void ConsoleLog::set_level(LogLevel level) {
  impl_->set_level(level);
}

}  // namespace mycel::os
