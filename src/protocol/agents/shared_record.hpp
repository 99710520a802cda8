#pragma once
// A record that several agents write at once, and that merges. Its owner grants places, one to a
// writer, and each writer fills its own: nobody's words can be changed, dropped by a merge, or put
// into another record by somebody else.
//
//   value (protobuf): up to 64 places, by writer's key: 1 repeated {1 grant, 2 entry}
//     grant: envelope of the owner, domain "mycel-shared-grant", type "/mycel/grant"
//       1  version: 1     2  SHA-256 of the record's key     3  the writer's Ed25519 key
//       4  sequence, from 1                                  5  1 when the place is taken back
//     entry: envelope of the writer, domain "mycel-shared-entry", type "/mycel/entry"
//       1  version: 1     2  SHA-256 of the grant's payload  3  sequence, from 1
//       4  issued: Unix time in ms, for people               5  value; absent when it is cleared
//
// Two records merge place by place. Of two grants of one writer the greater wins, by sequence, then
// a removal, then hash; an entry belongs to one grant and goes with it. So a place is a chain, a
// record is a product of chains, and merging is commutative, associative and idempotent, also of
// forks. What an owner takes back never returns: who is admitted again has a new grant. Of more
// than 64 places the 64 greatest are kept; since places only grow, it does not matter when.
// There is no list of writers signed as one: of two that were changed at once one would be lost,
// and an entry that one of them lacks would live or die by the order in which nodes met them.
//
// A value that says something in any other way than the encoder, that has one bad signature, or an
// entry that its grant does not cover, is refused as a whole: a merge never makes one. Nothing in
// it expires, or else one writer's clock could spoil the record of all.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/crypto/hash.hpp"

namespace mycel::agents {

inline constexpr std::string_view shared_namespace = "/mycel-shared/";
inline constexpr std::size_t shared_name_size_max = 64;
/// Places of one record, those taken back included: a full one still fits a record of the DHT.
inline constexpr std::size_t shared_places_max = 64;
inline constexpr std::size_t shared_value_size_max_bytes = 512;
inline constexpr std::uint64_t shared_sequence_max = std::uint64_t{1} << 48;
// The envelopes take 200 and 688 bytes at most; what is above is for fields of later versions.
inline constexpr std::size_t grant_size_max_bytes = 224;
inline constexpr std::size_t entry_size_max_bytes = 768;
/// Each length takes up to two bytes behind a tag of one.
inline constexpr std::size_t shared_size_max_bytes =
    shared_places_max * (3 + 3 + grant_size_max_bytes + 3 + entry_size_max_bytes);
static_assert(shared_size_max_bytes <= std::size_t{64} << 10, "the DHT keeps 64 KiB under a key");

enum class SharedRefusal : std::uint8_t {
  malformed,        ///< not of the form above, or spelled otherwise than the encoder spells it
  unknown_version,  ///< a form that this program does not know
  bad_signature,    ///< a signature that does not match key and content
  wrong_key,        ///< a grant of another owner, or of another record
  not_a_writer,     ///< an entry that the grant of its place does not cover
  too_large,        ///< a limit of size or count
};
/// "not_a_writer".
std::string_view to_text(SharedRefusal refusal);

/// What the owner says of a writer.
struct Grant {
  crypto::Digest record;  ///< SHA-256 of the record's key
  crypto::Ed25519PublicKey writer;
  std::uint64_t sequence = 1;  ///< the owner counts on over all writers
  bool is_removal = false;
};

/// What a writer says in its place.
struct SharedEntry {
  crypto::Digest grant;  ///< SHA-256 of the payload of the grant that it was written under
  std::uint64_t sequence = 1;
  UnixTime issued{};
  Bytes value;  ///< empty when it was cleared
};

/// One or the other, as it was signed and is shipped.
template <class Word>
struct Signed {
  Word word;
  crypto::Digest hash;  ///< of the payload
  Bytes envelope;
};
struct Place {
  Signed<Grant> grant;
  std::optional<Signed<SharedEntry>> entry;
};
using Places = std::map<crypto::Ed25519PublicKey, Place>;  // by writer

struct SharedName {
  std::string owner;  ///< did:key
  std::string name;   ///< of letters, digits, '.', '-' and '_'
};
/// "/mycel-shared/DID/NAME", or a sentence that says what is wrong with which of the two.
Result<Bytes, std::string> shared_key(const SharedName& record);
/// What such a key names; none for a key of another form.
std::optional<SharedName> shared_name_of(ByteView key);

// Making words.

/// The bytes that are signed, hashed and shipped.
Bytes encode(const Grant& grant);
Bytes encode(const SharedEntry& entry);
enum class SharedWord : std::uint8_t { grant, entry };
/// What the owner's key (of a grant) or the writer's (of an entry) has to sign for a payload.
Bytes shared_signing_bytes(SharedWord word, ByteView payload);
/// The envelope around a payload and its signature.
Bytes seal_shared(SharedWord word, const crypto::Ed25519PublicKey& key, ByteView payload,
                  ByteView signature);
/// A record of one place; `entry` is empty when its writer has said nothing.
Bytes shared_value(ByteView grant, ByteView entry = {});

// Reading and merging.

/// A record all of whose words were signed by whom they are of.
class SharedRecord {
 public:
  const Places& places() const { return places_; }
  const Place* place_of(const crypto::Ed25519PublicKey& writer) const;
  /// What the next grant is to be numbered.
  std::uint64_t next_sequence() const;

 private:
  explicit SharedRecord(Places places) : places_(std::move(places)) {}
  friend Result<SharedRecord, SharedRefusal> prove_shared(ByteView key, ByteView value);
  Places places_;
};

Result<SharedRecord, SharedRefusal> prove_shared(ByteView key, ByteView value);

/// Merges two values that prove_shared() accepted under one key. The result is again accepted.
Bytes merge_shared(ByteView a, ByteView b);

}  // namespace mycel::agents
