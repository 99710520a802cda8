#include "sim/mail.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "foundation/base/rng.hpp"

namespace mycel::sim {
namespace {

constexpr std::string_view prefix = "/mail/";
constexpr Duration retry_after = 250ms;

std::string key_text(const Letter& letter) {
  return std::string(prefix) + std::to_string(letter.from) + "/" + std::to_string(letter.to) + "/" +
         std::to_string(letter.number);
}

/// Reads "NUMBER/" or "NUMBER" and drops it from `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  if (text.starts_with('/')) text.remove_prefix(1);
  return number;
}

}  // namespace

std::optional<Letter> Mail::letter_of(ByteView key) {
  std::string_view text = as_text(key);
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  const auto from = take_number(text);
  const auto to = take_number(text);
  const auto number = take_number(text);
  if (!from || !to || !number || !text.empty()) return std::nullopt;
  return Letter{static_cast<std::uint32_t>(*from), static_cast<std::uint32_t>(*to), *number};
}

// Different for every letter, so that one cannot pass for another.
Bytes Mail::content_of(const Letter& letter) const {
  std::vector<std::byte> content(content_size_bytes_);
  Rng(letter.number).fork(key_text(letter)).fill(content);
  return Bytes(std::move(content));
}

dht::Namespace Mail::at_node(std::uint32_t number) {
  return {.prefix = std::string(prefix),
          .validate =
              [this, number](ByteView key, ByteView value, UnixTime) {
                const auto letter = letter_of(key);
                if (!letter || letter->to != number || !equal(value, content_of(*letter))) {
                  figures_.damaged += 1;
                  return dht::Verdict::malformed;
                }
                on_arrival(*letter, hears_now_(number));
                return dht::Verdict::valid;
              },
          .better = [](ByteView, ByteView, ByteView) { return 0; }};
}

void Mail::write(std::uint32_t from, std::uint32_t to, Instant now) {
  const Way way{from, to};
  Lane& lane = lanes_[way];
  lane.last_written += 1;
  lane.waiting.push_back({lane.last_written, now});
  figures_.written += 1;
  figures_.waiting_max = std::max(figures_.waiting_max, lane.waiting.size());
  send_first(way, lane, now);
}

void Mail::send_first(const Way& way, Lane& lane, Instant now) {
  if (lane.is_under_way || lane.waiting.empty() || now < lane.retry_at || !up_.contains(way.first))
    return;
  lane.is_under_way = true;
  const Letter letter{way.first, way.second, lane.waiting.front().number};
  send_(letter, Bytes::copy(key_text(letter)), content_of(letter));
}

void Mail::on_answer(const Letter& letter, bool is_acknowledged, Instant now) {
  const Way way{letter.from, letter.to};
  Lane& lane = lanes_[way];
  lane.is_under_way = false;
  if (!is_acknowledged) {
    figures_.retries += 1;
    lane.retry_at = now + retry_after;
    return;
  }
  const bool has_arrived =
      letter.number <= lane.arrived_all || lane.arrived.contains(letter.number);
  figures_.unproven += has_arrived ? 0 : 1;
  figures_.acknowledged += 1;
  figures_.durations.push_back(now - lane.waiting.front().at);
  lane.waiting.pop_front();
  send_first(way, lane, now);
}

void Mail::set_up(std::uint32_t node, bool is_up) {
  if (is_up) {
    up_.insert(node);
    return;
  }
  up_.erase(node);
  for (auto& [way, lane] : lanes_)
    if (way.first == node) figures_.retries += std::exchange(lane.is_under_way, false) ? 1 : 0;
}

void Mail::retry(Instant now) {
  for (auto& [way, lane] : lanes_) send_first(way, lane, now);
}

// A node also judges again what it has kept, and reads it from its disk: what has arrived before
// counts as repeated only when a packet may have brought it.
void Mail::on_arrival(const Letter& letter, bool hears_now) {
  Lane& lane = lanes_[{letter.from, letter.to}];
  const bool is_new = letter.number > lane.arrived_all && lane.arrived.insert(letter.number).second;
  if (!is_new && !hears_now) return;
  figures_.arrived += is_new ? 1 : 0;
  figures_.repeated += is_new ? 0 : 1;
  figures_.out_of_order += letter.number < lane.highest_arrived ? 1 : 0;
  lane.highest_arrived = std::max(lane.highest_arrived, letter.number);
  while (lane.arrived.erase(lane.arrived_all + 1) == 1) lane.arrived_all += 1;
}

std::uint64_t Mail::waiting() const {
  std::uint64_t count = 0;
  for (const auto& [way, lane] : lanes_) count += lane.waiting.size();
  return count;
}

const MailFigures& Mail::conclude() {
  figures_.lost = waiting();
  std::ranges::sort(figures_.durations);
  return figures_;
}

}  // namespace mycel::sim
