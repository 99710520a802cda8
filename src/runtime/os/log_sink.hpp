#pragma once
// Lines on standard error: text for people, or one JSON object a line for collectors. What a peer
// says is escaped, so that it cannot forge a line, and a fact that repeats too fast is counted
// instead of written, so that nobody can drown the rest.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <string_view>

#include "foundation/base/log.hpp"
#include "foundation/base/time.hpp"

namespace mycel::os {

enum class LogFormat : std::uint8_t { text, json };

struct LogOptions {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
  /// Lines of one fact of one part in a window; then one line says how many were suppressed.
  std::uint32_t repeats_max = 20;
  Duration window = 10s;
  /// Instead of standard error; must outlive the sink.
  std::ostream* output = nullptr;
  /// Instead of the system's clocks: for tests.
  std::function<Now()> clock = {};
};

/// Text:  2026-01-31T12:00:00.123Z warn  dht: lookup failed  key=ab12 because="nobody answered"
/// JSON:  {"time":"…","level":"warn","part":"dht","fact":"lookup failed","fields":{"key":"ab12"}}
/// May be written to from any thread.
class ConsoleLog final : public LogSink {
 public:
  explicit ConsoleLog(LogOptions options = {});
  /// Tells what was suppressed and not yet told.
  ~ConsoleLog() override;

  bool wants(LogLevel level) const override;
  void write(LogLevel level, std::string_view part, std::string_view fact,
             std::span<const LogField> fields) override;
  /// May change while running.
  void set_level(LogLevel level);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mycel::os
