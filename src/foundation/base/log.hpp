#pragma once
// Facts for people. A line names a fact in plain words, with its values apart, so that it can be
// searched for. Machines keep counters instead; drivers, links and the node write lines.

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mycel {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

struct LogField {
  LogField(std::string_view field, std::string text) : name(field), value(std::move(text)) {}
  LogField(std::string_view field, std::string_view text) : name(field), value(text) {}
  LogField(std::string_view field, const char* text) : name(field), value(text) {}
  template <std::integral Number>
  LogField(std::string_view field, Number number) : name(field), value(std::to_string(number)) {}

  std::string_view name;
  std::string value;
};

/// Where lines go: the console, a file, the simulator's trace.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual bool wants(LogLevel level) const = 0;
  virtual void write(LogLevel level, std::string_view part, std::string_view fact,
                     std::span<const LogField> fields) = 0;
};

/// The lines of one part of the program. Cheap to copy; silent without a sink.
class Log {
 public:
  Log() = default;
  Log(LogSink* sink, std::string_view part) : sink_(sink), part_(part) {}

  using Fields = std::initializer_list<LogField>;
  void debug(std::string_view fact, Fields fields = {}) const {
    write(LogLevel::debug, fact, fields);
  }
  void info(std::string_view fact, Fields fields = {}) const {
    write(LogLevel::info, fact, fields);
  }
  void warn(std::string_view fact, Fields fields = {}) const {
    write(LogLevel::warn, fact, fields);
  }
  void error(std::string_view fact, Fields fields = {}) const {
    write(LogLevel::error, fact, fields);
  }

  /// The same sink for another part, a string literal.
  Log part(std::string_view name) const { return {sink_, name}; }

 private:
  void write(LogLevel level, std::string_view fact, Fields fields) const {
    if (sink_ != nullptr && sink_->wants(level))
      sink_->write(level, part_, fact, {fields.begin(), fields.size()});
  }
  LogSink* sink_ = nullptr;
  std::string_view part_;
};

}  // namespace mycel
