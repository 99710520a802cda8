#pragma once
// Files that only their owner may read, and that are whole or not there at all, whenever the power
// fails.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/crypto/secret_bytes.hpp"

#include "node/keys/key_error.hpp"

namespace mycel::keys {

/// Key files and passphrase files are far smaller; a backup of `agents_max` keys fits.
inline constexpr std::size_t private_file_size_max_bytes = 1 << 20;

enum class Privacy : std::uint8_t {
  owner_only,  ///< refuse a file that group or others may read or write
  any,         ///< for files whose folder guards them, or that are encrypted
};

/// The content, or none when there is no such file.
Result<std::optional<crypto::SecretBytes>, KeyError> read_private_file(
    const std::filesystem::path& file, Privacy privacy);

enum class WhenPresent : std::uint8_t { refuse, replace };

/// Writes mode 0600 beside `file`, syncs, and moves it into place at once. Writers of one folder
/// take turns with `FolderLock`.
Result<void, KeyError> write_private_file(const std::filesystem::path& file, ByteView content,
                                          WhenPresent when_present);

/// Makes the folder with mode 0700, and the ones above it as usual. One that is there already may
/// be readable by others, but must not be writable by them.
Result<void, KeyError> make_private_folder(const std::filesystem::path& folder);

/// "keys/" is the folder "keys".
std::filesystem::path without_last_slash(const std::filesystem::path& folder);

/// Makes a rename inside `folder` outlive a power failure.
Result<void, KeyError> sync_folder(const std::filesystem::path& folder);

/// Keeps other processes from writing into a folder, through its file `.lock`. Waits its turn.
class FolderLock {
 public:
  static Result<FolderLock, KeyError> take(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace mycel::keys
