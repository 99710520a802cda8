#pragma once
// Reads values of a scenario out of TOML, each with its limits, and says of the first that is wrong
// which it is and what is allowed.

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "node/config/toml.hpp"

#include "sim/scenario.hpp"

namespace mycel::sim {

/// One table of a scenario. Every key is asked for by a read_*(); those that nobody asked for are
/// errors. Of all tables of a file only the first error is kept.
class ScenarioTable {
 public:
  /// `where` is what errors put before a key: "" or "faults.crash.".
  ScenarioTable(const toml::table& table, std::string where, std::optional<std::string>& error)
      : table_(table), where_(std::move(where)), error_(error) {}

  void read(std::string_view key, std::string& text);
  void read(std::string_view key, bool& is_so);
  void read(std::string_view key, Duration& span, Range<Duration> allowed);
  void read(std::string_view key, std::uint32_t& number, Range<std::uint32_t> allowed);
  // A range is [low, high], or one value for both.
  void read(std::string_view key, Range<Duration>& range, Range<Duration> allowed);
  void read(std::string_view key, Range<std::uint32_t>& range, Range<std::uint32_t> allowed);
  void read(std::string_view key, Range<double>& range, Range<double> allowed);
  void read_words(std::string_view key, std::vector<std::string>& words,
                  const std::vector<std::string>& allowed);
  /// Tables under `key`, each with its name.
  void read_tables(std::string_view key, const std::vector<std::string>& allowed,
                   const std::function<void(const std::string& name, ScenarioTable& table)>& each);
  void read_table(std::string_view key, const std::function<void(ScenarioTable& table)>& then);
  /// Complains of keys that nobody asked for.
  void finish();

  void complain(std::string_view key, const std::string& what);

 private:
  const toml::node* ask(std::string_view key);
  std::optional<Duration> duration_of(std::string_view key, const toml::node& node,
                                      Range<Duration> allowed);
  std::optional<double> number_of(std::string_view key, const toml::node& node,
                                  Range<double> allowed, bool is_whole);
  template <class T, class ReadOne>
  void read_range(std::string_view key, Range<T>& range, ReadOne&& read_one);

  const toml::table& table_;
  std::string where_;
  std::optional<std::string>& error_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace mycel::sim
