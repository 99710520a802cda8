// Envelopes and peer records survive being written again; forgeries do not open.

#include <cstddef>
#include <cstdint>
#include <span>

#include "foundation/base/bytes.hpp"
#include "foundation/base/check.hpp"
#include "foundation/wire/envelope.hpp"
#include "foundation/wire/peer_record.hpp"

using namespace mycel;        // NOLINT(google-build-using-namespace)
using namespace mycel::wire;  // NOLINT(google-build-using-namespace)

namespace {

const crypto::Ed25519PrivateKey& signer() {
  static const crypto::Ed25519PrivateKey key({});
  return key;
}

void check_envelope(const Envelope& envelope) {
  const auto again = decode_envelope(encode(envelope));
  check(again && *again == envelope, "an envelope survives its bytes");
}

void check_record(const PeerRecord& record) {
  const auto again = decode_peer_record(encode(record));
  check(again && *again == record, "a record survives its bytes");
  if (record.peer != peer_id_of(signer().public_key())) return;
  const auto opened = open_peer_record(seal_peer_record(signer(), record));
  check(opened && *opened == record, "a record that its peer signs opens");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  if (const auto envelope = decode_envelope(bytes)) check_envelope(*envelope);
  if (const auto record = decode_peer_record(bytes)) check_record(*record);
  if (const auto record = open_peer_record(bytes)) check_record(*record);
  const Bytes sealed = seal(signer(), "fuzz", as_bytes("t"), bytes);
  const auto opened = open_envelope(sealed, "fuzz", as_bytes("t"));
  check(opened ? equal(opened->payload, bytes) : sealed.size() > envelope_size_max_bytes,
        "what was sealed opens");
  return 0;
}
