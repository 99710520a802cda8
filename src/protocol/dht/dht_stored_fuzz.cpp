// Any bytes as what a store may hold after a restart: records, provider records and their keys.

#include "foundation/base/check.hpp"

#include "protocol/dht/providers.hpp"
#include "protocol/dht/records.hpp"
#include "protocol/dht/world_testing.hpp"

using namespace mycel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  if (const auto record = dht::decode_stored_record(bytes))
    check(dht::decode_stored_record(dht::encode(*record)) == record, "a record survives");
  if (const auto key = dht::decode_stored_provider_key(bytes))
    check(dht::decode_stored_provider_key(dht::encode(*key)) == key, "a key survives");
  if (const auto provider = dht::decode_stored_provider(bytes))
    check(dht::decode_stored_provider(dht::encode(*provider)) == provider, "a provider survives");

  const PeerId self = dht::testing::peer_number(0);
  const Now now{Instant(1h), UnixTime(std::chrono::hours(400000))};
  StoreBatch persist;
  dht::RecordStore records({}, dht::Key::of(self), {dht::testing::test_namespace()}, Rng(1));
  records.load(now, Bytes::copy("/test/a"), bytes, persist);
  check(records.size() + persist.size() == 1, "a record is kept or erased");
  persist.clear();
  dht::ProviderStore providers({}, self, Rng(1));
  const std::size_t half = size / 2;
  providers.load(now, Bytes::copy(bytes.first(half)), bytes.subspan(half), persist);
  check(providers.size() + providers.own_size() + persist.size() == 1,
        "a provider is kept or erased");
  return 0;
}
