#pragma once
// Numbered messages between applications beside the nodes, and the book of what became of them:
// what was lost for good, what arrived twice, late or damaged.
//
// A message is one request of the real DHT protocol: a value put to one peer, whose validator sees
// it arrive. A lane is one sender and one receiver; it has one message on its way, sends it again
// until it is acknowledged, and keeps the next ones in order behind it, as every user of requests
// who needs order has to. What is counted is what the receiving application sees, before it drops
// repetitions.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/time.hpp"

#include "protocol/dht/records.hpp"

namespace mycel::sim {

struct Letter {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint64_t number = 0;  ///< of its lane, from 1
  friend auto operator<=>(const Letter&, const Letter&) = default;
};

struct MailFigures {
  std::uint64_t written = 0;
  std::uint64_t arrived = 0;       ///< for the first time
  std::uint64_t acknowledged = 0;  ///< to the sender
  std::uint64_t lost = 0;          ///< never acknowledged although sent again and again
  std::uint64_t repeated = 0;      ///< arrived once more
  /// Arrivals, repeated ones too, after a message of the same lane with a higher number.
  std::uint64_t out_of_order = 0;
  std::uint64_t damaged = 0;   ///< arrived with other bytes than were written, or elsewhere
  std::uint64_t unproven = 0;  ///< acknowledged and never arrived
  std::uint64_t retries = 0;
  std::size_t waiting_max = 0;      ///< of one lane
  std::vector<Duration> durations;  ///< from writing to the acknowledgement
};

class Mail {
 public:
  /// Sends one letter: its key and bytes. The outcome is told by on_answer().
  using Send = std::function<void(const Letter&, const Bytes& key, const Bytes& content)>;

  /// Whether a packet reaches that node at this very instant.
  using HearsNow = std::function<bool(std::uint32_t node)>;

  Mail(std::size_t content_size_bytes, Send send, HearsNow hears_now)
      : content_size_bytes_(content_size_bytes),
        send_(std::move(send)),
        hears_now_(std::move(hears_now)) {}

  /// What the receiving node's DHT is told about letters.
  dht::Namespace at_node(std::uint32_t number);

  void write(std::uint32_t from, std::uint32_t to, Instant now);
  void on_answer(const Letter& letter, bool is_acknowledged, Instant now);
  /// The node is there (again): what it had on its way is sent again.
  void set_up(std::uint32_t node, bool is_up);
  /// Sends what is due for another try.
  void retry(Instant now);

  std::uint64_t waiting() const;
  /// Nothing is sent any more: what was not acknowledged is lost.
  const MailFigures& conclude();
  const MailFigures& figures() const { return figures_; }

 private:
  struct Written {
    std::uint64_t number = 0;
    Instant at;
  };
  struct Lane {
    std::deque<Written> waiting;
    std::uint64_t last_written = 0;
    bool is_under_way = false;
    Instant retry_at{};
    // At the receiver.
    std::uint64_t highest_arrived = 0;
    std::set<std::uint64_t> arrived;  // those above the first one that is missing
    std::uint64_t arrived_all = 0;    // all up to here
  };
  using Way = std::pair<std::uint32_t, std::uint32_t>;

  static std::optional<Letter> letter_of(ByteView key);
  Bytes content_of(const Letter& letter) const;
  void on_arrival(const Letter& letter, bool hears_now);
  void send_first(const Way& way, Lane& lane, Instant now);

  std::size_t content_size_bytes_;
  Send send_;
  HearsNow hears_now_;
  std::map<Way, Lane> lanes_;
  std::set<std::uint32_t> up_;
  MailFigures figures_;
};

}  // namespace mycel::sim
