#include "runtime/store/rocks_error.hpp"

#include <string>
#include <string_view>

#include <rocksdb/status.h>

#include "runtime/ports/store.hpp"

namespace mycel::store {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_locked(std::string_view text) {
  return has(text, "/LOCK") && (has(text, "Resource temporarily unavailable") ||
                                has(text, "lock hold by current process"));
}

bool is_damage(const rocksdb::Status& status, std::string_view text) {
  // The CURRENT or MANIFEST file names another that is not there.
  const bool is_file_missing =
      status.IsPathNotFound() || status.IsNotFound() || has(text, "No such file or directory");
  return status.IsCorruption() || status.IsInvalidArgument() || is_file_missing;
}

}  // namespace

ports::StoreError damaged(const std::string& path, std::string_view detail) {
  return {"the store " + path + " is damaged: " + std::string(detail) +
          ". Check the disk; then restore the directory from a copy, or move it away to start with "
          "an empty one."};
}

ports::StoreError error_of(const rocksdb::Status& status, std::string_view doing,
                           const std::string& path) {
  const std::string text = status.ToString();
  const std::string cannot = "cannot " + std::string(doing) + " the store " + path + ": ";
  if (is_locked(text))
    return {cannot + "another mycel uses this directory. Stop it, or choose another directory."};
  if (status.IsNoSpace() || has(text, "No space left") || has(text, "quota exceeded"))
    return {cannot + "the disk is full. Free some space, then start again."};
  if (has(text, "File too large"))
    return {cannot +
            "the limit on the size of files is reached. Raise it (ulimit -f), then start again."};
  if (has(text, "Permission denied") || has(text, "Operation not permitted"))
    return {cannot + "permission denied. Run as the user who owns it, or change its owner."};
  if (has(text, "Read-only file system"))
    return {cannot + "the file system is read-only. Choose a directory that can be written to."};
  if (has(text, "Too many open files"))
    return {cannot + "too many open files. Raise the limit (ulimit -n), then start again."};
  if (is_damage(status, text)) return damaged(path, text);
  return {cannot + text + ". Check the disk, then start again."};
}

}  // namespace mycel::store
