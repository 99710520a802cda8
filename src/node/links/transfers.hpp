#pragma once
// The third shape of a link: bulk, resumable and resettable. A receiver asks for content by name
// from an offset; the sender streams the rest as fast as credit allows. A transfer that breaks
// tells how far it came, and is resumed by asking again from there.
//
// On the wire: the request is a frame {name = 1, offset = 2}, the answer a frame {size = 1} or
// {refused = 2}, then the bytes from the offset to the end of the stream.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "foundation/base/deadlines.hpp"
#include "foundation/base/strong.hpp"

#include "node/drive/alarm.hpp"
#include "node/links/message_reader.hpp"
#include "node/links/switch.hpp"

namespace mycel::links {

using TransferId = Strong<struct TransferIdTag, std::uint64_t>;

struct TransfersConfig {
  std::string protocol;
  std::size_t chunk_size_bytes = 64 * 1024;
  std::size_t inbound_per_connection = 8;  ///< transfers that one peer may ask for at once
  Duration silence_max = 30s;              ///< a transfer that does not move for so long has failed
};

/// Content that can be read at any offset, for as long as a transfer holds it.
class TransferSource {
 public:
  virtual ~TransferSource() = default;
  virtual std::uint64_t size() const = 0;
  /// Up to `count` bytes from `offset`; empty at a failure of the world, which ends the transfer.
  virtual Bytes read(std::uint64_t offset, std::size_t count) = 0;
};

enum class TransferFailure : std::uint8_t {
  refused,      ///< the sender does not have it, or not from that offset
  unsupported,  ///< the peer does not speak the protocol
  broken,       ///< the stream or the connection ended before the content did
  silent,       ///< nothing came for too long
  malformed,    ///< the peer broke the rules
  no_stream,    ///< the peer's stream limit is reached
};

/// Calls never nest: none is made from inside a call of `Transfers`.
class TransfersObserver {
 public:
  /// A peer asks for `name`; none refuses.
  virtual std::unique_ptr<TransferSource> on_wanted(const StreamPeer& peer, const Bytes& name) = 0;
  /// The bytes at `offset`, in order. Their credit returns with `Transfers::consume`.
  virtual void on_chunk(TransferId transfer, std::uint64_t offset, Bytes data) = 0;
  virtual void on_complete(TransferId transfer, std::uint64_t size) = 0;
  /// `offset` is where to resume.
  virtual void on_broken(TransferId transfer, std::uint64_t offset, TransferFailure why) = 0;

 protected:
  ~TransfersObserver() = default;
};

class Transfers final : public StreamOwner {
 public:
  Transfers(TransfersConfig config, Switch& streams, ports::Timers& timers,
            TransfersObserver& observer);
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  /// None while the peer's stream limit is reached.
  std::optional<TransferId> fetch(ConnectionId connection, const Bytes& name, std::uint64_t offset);
  void consume(TransferId transfer, std::size_t count);
  /// Gives the transfer up: the peer stops sending.
  void cancel(TransferId transfer);

  std::size_t under_way() const { return receiving_.size() + sending_.size(); }

 private:
  struct Receiving {
    TransferId id;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> size;  // known from the answer on
    MessageReader reader;               // until then
    DeadlineId deadline;
  };
  struct Sending {
    StreamPeer peer;
    std::unique_ptr<TransferSource> source;  // none until the request is read
    std::uint64_t offset = 0;
    MessageReader reader;
    DeadlineId deadline;
  };

  void on_inbound(ports::StreamKey key, std::string_view protocol, const StreamPeer& peer) override;
  void on_data(ports::StreamKey key, Bytes data, bool is_last) override;
  void on_writable(ports::StreamKey key) override;
  void on_end(ports::StreamKey key, StreamEnd why) override;
  void on_streams_available(ConnectionId) override {}

  void receive(ports::StreamKey key, Receiving& transfer, Bytes data, bool is_last);
  void read_answer(ports::StreamKey key, Receiving& transfer);
  void accept(ports::StreamKey key, Sending& transfer);
  void refuse(ports::StreamKey key);
  void pump(ports::StreamKey key);
  void fail(ports::StreamKey key, TransferFailure why);
  void erase_sending(ports::StreamKey key);
  void touch(ports::StreamKey key, DeadlineId& deadline);
  void on_alarm();

  TransfersConfig config_;
  Switch& switch_;
  ports::Timers& timers_;
  TransfersObserver& observer_;
  Sequence<TransferId> ids_;
  std::map<ports::StreamKey, Receiving> receiving_;
  std::map<TransferId, ports::StreamKey> by_id_;
  std::map<ports::StreamKey, Sending> sending_;
  std::map<ConnectionId, std::size_t> sending_count_;
  Deadlines<ports::StreamKey> deadlines_;
  drive::Alarm alarm_;
};

}  // namespace mycel::links
