#pragma once
// Changes of a shared record: what has to be signed for one, given the record as it was read, or
// why it cannot be, in words that say the way out.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"

#include "protocol/agents/shared_record.hpp"

namespace mycel::agents {

/// A word for scripts ("not_a_writer") and a sentence for people.
struct SharedProblem {
  std::string reason;
  std::string text;
};

/// A word that is to be signed.
struct SharedDraft {
  SharedWord word = SharedWord::grant;
  std::uint64_t sequence = 0;
  Bytes payload;
  Bytes grant;  ///< of an entry: the envelope of the grant that it is written under
};
using SharedDrafts = Result<std::vector<SharedDraft>, SharedProblem>;

// `known` is the record as it was read, null when there is none.

/// By the owner: a new record, in which it and the writers (DIDs) may write.
/// Problems: bad_did, exists, full.
SharedDrafts draft_record(const SharedName& record, const std::vector<std::string>& writers,
                          const SharedRecord* known);
/// By the owner. Who is a writer already is not granted again, which would void what it wrote.
/// Problems: bad_did, not_found, is_a_writer, full.
SharedDrafts draft_admission(const SharedName& record, const std::string& did,
                             const SharedRecord* known);
/// By the owner. Problems: bad_did, not_found, not_a_writer.
SharedDrafts draft_removal(const SharedName& record, const std::string& did,
                           const SharedRecord* known);
/// By a writer; an empty value clears its place. Problems: not_found, not_a_writer, too_large.
SharedDrafts draft_entry(const SharedName& record, const std::string& writer, const Bytes& value,
                         UnixTime now, const SharedRecord* known);

Bytes signing_bytes(const SharedDraft& draft);
/// The record of one place that the signed word makes; `did` is the signer's.
Bytes value_of(const SharedDraft& draft, std::string_view did, ByteView signature);

}  // namespace mycel::agents
