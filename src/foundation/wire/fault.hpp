#pragma once
// Why bytes from a peer were refused. A fault becomes evidence and a counter, never an assertion.

#include <cstdint>
#include <string_view>

namespace mycel::wire {

enum class Fault : std::uint8_t {
  truncated,       ///< the bytes end before the value does
  trailing_bytes,  ///< the value ends before the bytes do
  too_large,       ///< a length or count over the limit of its field
  malformed,       ///< not of the form that its place demands
  not_canonical,   ///< a second way to spell the same value
  missing_field,   ///< a field that the message cannot do without
  unknown_kind,    ///< a code, type or version that is not known here
  bad_signature,   ///< the signature does not match key, domain and content
  wrong_signer,    ///< the key is not that of whom the content names
};

/// Lower-case words for people and for metric labels: "bad_signature".
std::string_view to_text(Fault fault);

}  // namespace mycel::wire
