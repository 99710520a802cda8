#pragma once
// Bytes that must not outlive their use: passphrases, key files, plain text of backups.

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/bytes.hpp"

namespace mycel::crypto {

/// Overwrites with zeros; the compiler may not leave it out.
void wipe(std::span<std::byte> bytes);

/// Owned bytes of a fixed size. Wiped when they are destroyed, moved over or cut.
class SecretBytes {
 public:
  SecretBytes() = default;
  /// `size` zero bytes, to be filled in place.
  explicit SecretBytes(std::size_t size) : bytes_(size) {}
  static SecretBytes copy(ByteView view);
  static SecretBytes copy(std::string_view text);

  ~SecretBytes() { wipe(bytes_); }
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;

  ByteView view() const { return bytes_; }
  operator ByteView() const { return view(); }  // NOLINT(google-explicit-constructor)
  std::span<std::byte> writable() { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

  /// Keeps the first `size` bytes, which is at most size().
  void cut(std::size_t size);

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace mycel::crypto
