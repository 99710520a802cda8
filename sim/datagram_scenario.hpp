#pragma once
// The datagram cut as a scenario: a few whole nodes with the real QUIC join, send each other
// numbered messages, publish and look up records, in bad weather and while some are killed. Then
// the weather clears, and everything must be well within a bound.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/time.hpp"

#include "sim/datagrams.hpp"
#include "sim/mail.hpp"

namespace mycel::sim {

struct DatagramScenario {
  std::string condition = "quiet";
  std::uint64_t seed = 1;
  std::uint32_t nodes = 5;
  Weather weather{.delay = 20ms};         ///< while it is bad
  Weather weather_before{.delay = 20ms};  ///< while they join
  Weather weather_after{.delay = 20ms};   ///< when it has cleared
  Duration lasts = 60s;                   ///< so long
  Duration message_every = 100ms;         ///< each node writes to another one
  std::size_t message_size_bytes = 1000;
  std::uint32_t kills = 0;         ///< nodes killed in turn in that time, one after the other
  Duration down = 5s;              ///< each for so long
  std::uint64_t messages_min = 0;  ///< for figures: goes on until so many were written
};

/// The conditions that ship: "quiet", "loss", "delay", "narrow", "far", "churn", "doubled",
/// "reordered", "damaged" and "chaos", which is most of them together.
std::vector<std::string_view> datagram_conditions();
std::optional<DatagramScenario> datagram_scenario(std::string_view condition, std::uint64_t seed);

struct DatagramOutcome {
  std::vector<std::string> violations;  ///< what a judge did not accept; empty is good
  MailFigures mail;
  PacketCounts packets;
  std::uint64_t puts = 0, puts_failed = 0;  ///< in bad weather
  std::uint64_t gets = 0, gets_failed = 0;  ///< of what was put before
  std::uint64_t gets_after = 0, gets_failed_after = 0;
  std::uint64_t kills = 0;
  std::uint64_t connections_lost = 0;  ///< events, at all nodes
  std::vector<Duration> notice_times;  ///< sorted: from a kill until a peer knew
  Duration recovered_in{};             ///< all pairs answer each other again, after the weather
  std::size_t requests_max = 0;        ///< held by one node at once
  std::size_t connections_max = 0;     ///< of one node
  Duration simulated{};
  std::uint64_t events = 0;
};

/// Some lines for people.
std::string to_text(const DatagramOutcome& outcome);
/// The value below which `percent` of the sorted times lie.
Duration quantile_of(const std::vector<Duration>& sorted, std::size_t percent);

/// `progress` hears what happens now; it may be empty.
DatagramOutcome run_datagrams(const DatagramScenario& scenario,
                              const std::function<void(const std::string&)>& progress);

}  // namespace mycel::sim
