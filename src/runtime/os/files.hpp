#pragma once
// Files of the node itself: keys, configuration, the lock of its directory. Small, read whole, and
// replaced whole.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"

#include "runtime/os/fd.hpp"

namespace mycel::os {

/// The file system's refusal, in words that name the path and the way out.
struct FileError {
  enum class Kind : std::uint8_t {
    missing,    ///< there is no such file or directory
    denied,     ///< the system does not let us
    too_large,  ///< more bytes than the caller wants
    in_use,     ///< another process holds the lock
    full,       ///< no space, quota or size limit left
    other,
  };
  Kind kind = Kind::other;
  std::string text;
};

/// The whole of a file of at most `size_max_bytes`.
Result<Bytes, FileError> read_file(const std::string& path, std::size_t size_max_bytes);

/// Replaces the file by `content`, or leaves it as it was: written beside it, synced, renamed, and
/// the directory synced, so that after a crash one of the two is there whole. Only the owner may
/// read it (0600). A symbolic link at `path` is replaced, not followed.
Result<void, FileError> write_private_file(const std::string& path, ByteView content);

/// Makes `path` and the directories above it where they are missing, for the owner only (0700).
/// What is there keeps its mode.
Result<void, FileError> make_private_directory(const std::string& path);

/// One process at a time works in a directory. The lock goes with the process, however it ends.
class DirectoryLock {
 public:
  /// Locks `directory`, which must exist, by a file `mycel.lock` in it. When another process has
  /// it, the error names that process's id.
  static Result<DirectoryLock, FileError> take(const std::string& directory);

 private:
  explicit DirectoryLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace mycel::os
