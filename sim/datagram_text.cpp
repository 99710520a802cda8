// The outcome of the datagram cut for people.

#include <sstream>

#include "sim/datagram_scenario.hpp"

namespace mycel::sim {
namespace {

std::string milliseconds_text(Duration span) {
  return std::to_string(milliseconds(span)) + " ms";
}

}  // namespace

Duration quantile_of(const std::vector<Duration>& sorted, std::size_t percent) {
  return sorted.empty() ? Duration{} : sorted[(sorted.size() - 1) * percent / 100];
}

std::string to_text(const DatagramOutcome& outcome) {
  const MailFigures& mail = outcome.mail;
  const PacketCounts& packets = outcome.packets;
  std::ostringstream text;
  text << "messages     " << mail.written << " written, " << mail.lost << " lost, "
       << mail.out_of_order << " out of order, " << mail.repeated << " repeated, " << mail.damaged
       << " damaged, " << mail.retries << " retries\n"
       << "until acked  " << milliseconds_text(quantile_of(mail.durations, 50)) << " median, "
       << milliseconds_text(quantile_of(mail.durations, 99)) << " p99, "
       << milliseconds_text(quantile_of(mail.durations, 100)) << " longest; at most "
       << mail.waiting_max << " waiting in a lane\n"
       << "records      " << outcome.puts << " puts (" << outcome.puts_failed << " failed), "
       << outcome.gets << " gets (" << outcome.gets_failed << " failed), afterwards "
       << outcome.gets_after << " (" << outcome.gets_failed_after << " failed)\n"
       << "nodes        " << outcome.kills << " kills, " << outcome.connections_lost
       << " peers lost, noticed after " << milliseconds_text(quantile_of(outcome.notice_times, 50))
       << " median, " << milliseconds_text(quantile_of(outcome.notice_times, 100))
       << " longest; all meet again in " << milliseconds_text(outcome.recovered_in) << "\n"
       << "queues       at most " << outcome.requests_max << " requests and "
       << outcome.connections_max << " connections of one node\n"
       << "packets      " << packets.sent << " sent, " << packets.lost << " lost, "
       << packets.queue_full << " over the queue, " << packets.doubled << " doubled, "
       << packets.damaged << " damaged, " << packets.overtaken << " overtaken, " << packets.nobody
       << " found nobody\n";
  return text.str();
}

}  // namespace mycel::sim
