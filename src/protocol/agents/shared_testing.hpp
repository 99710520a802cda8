#pragma once
// Owners, writers and what they say, for stories of shared records.

#include <string>

#include "foundation/base/check.hpp"
#include "foundation/wire/did_key.hpp"

#include "protocol/agents/shared_record.hpp"

namespace mycel::agents::testing {

inline constexpr UnixTime shared_noon{CalendarClock::duration{1'800'000'000'000}};

inline crypto::Ed25519PrivateKey shared_agent(std::uint16_t number) {
  crypto::Ed25519PrivateKey::Seed seed{};
  seed[0] = static_cast<std::byte>(number & 0xff);
  seed[1] = static_cast<std::byte>(number >> 8);
  return crypto::Ed25519PrivateKey(seed);
}

/// A record of one owner, and the words about it that anybody with a key may sign.
struct Board {
  crypto::Ed25519PrivateKey owner = shared_agent(1);
  Bytes key = *shared_key({wire::to_did(owner.public_key()), "board"});

  static Bytes sealed(SharedWord word, const crypto::Ed25519PrivateKey& by, const Bytes& payload) {
    return seal_shared(word, by.public_key(), payload,
                       by.sign(shared_signing_bytes(word, payload)).view());
  }
  Bytes grant_payload(const crypto::Ed25519PrivateKey& writer, std::uint64_t sequence,
                      bool is_removal = false) const {
    return encode(Grant{crypto::sha256(key), writer.public_key(), sequence, is_removal});
  }
  Bytes grant(const crypto::Ed25519PrivateKey& writer, std::uint64_t sequence,
              bool is_removal = false) const {
    return sealed(SharedWord::grant, owner, grant_payload(writer, sequence, is_removal));
  }
  static Bytes entry_payload(const Bytes& grant_payload, std::uint64_t sequence,
                             std::string_view text) {
    return encode(
        SharedEntry{crypto::sha256(grant_payload), sequence, shared_noon, Bytes::copy(text)});
  }
  Bytes entry(const crypto::Ed25519PrivateKey& writer, std::uint64_t granted,
              std::uint64_t sequence, std::string_view text) const {
    return sealed(SharedWord::entry, writer,
                  entry_payload(grant_payload(writer, granted), sequence, text));
  }

  /// A record of one place: granted, and written in or not.
  Bytes granted(const crypto::Ed25519PrivateKey& writer, std::uint64_t sequence) const {
    return shared_value(grant(writer, sequence));
  }
  Bytes removed(const crypto::Ed25519PrivateKey& writer, std::uint64_t sequence) const {
    return shared_value(grant(writer, sequence, true));
  }
  Bytes written(const crypto::Ed25519PrivateKey& writer, std::uint64_t granted,
                std::uint64_t sequence, std::string_view text) const {
    return shared_value(grant(writer, granted), entry(writer, granted, sequence, text));
  }

  std::string verdict(ByteView value) const {
    const auto record = prove_shared(key, value);
    return record ? "good" : std::string(to_text(record.error()));
  }
  SharedRecord read(ByteView value) const {
    auto record = prove_shared(key, value);
    check(static_cast<bool>(record), "the story's record is good");
    return *std::move(record);
  }
  /// What a writer says; "-" when it has no place, "" when it has said nothing.
  std::string word_of(ByteView value, const crypto::Ed25519PrivateKey& writer) const {
    const SharedRecord record = read(value);
    const Place* place = record.place_of(writer.public_key());
    if (place == nullptr || place->grant.word.is_removal) return "-";
    return place->entry ? std::string(as_text(place->entry->word.value)) : "";
  }
};

}  // namespace mycel::agents::testing
