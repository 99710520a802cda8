#pragma once
// Why a node does not go on with a peer, as it stands in the close of the connection: so both sides
// know, and no round trip is spent on saying it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mycel::session {

enum class HelloRefusal : std::uint8_t {
  malformed,              ///< what it said was no hello
  version_mismatch,       ///< one side is below the minimum of the other
  other_network,          ///< it belongs to another network
  certificate_invalid,    ///< not in the form of a certificate, or its signature is wrong
  certificate_foreign,    ///< signed by somebody who is not the network's authority
  certificate_misplaced,  ///< for another peer or another network
  certificate_expired,
  join_token,  ///< it did not prove that it knows the network's join token
  stranger,    ///< no member, and the network lets in nobody else
  overloaded,  ///< a limit of the refusing side
};
inline constexpr std::size_t hello_refusal_count = 10;

/// Lower-case words for people and for metric labels: "version_mismatch".
std::string_view to_text(HelloRefusal reason);

/// QUIC's application error code: "myc", then the number of the reason.
std::uint64_t close_code(HelloRefusal reason);
/// The reason in a code that a peer closed with; none if it closed for something else.
std::optional<HelloRefusal> refusal_in(std::uint64_t code);

/// Words of a peer are cut at so many bytes, and made printable.
inline constexpr std::size_t refusal_text_size_max = 200;
std::string printable_refusal(std::string_view text);

}  // namespace mycel::session
