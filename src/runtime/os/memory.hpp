#pragma once
// How this process keeps the memory that it frees.

namespace mycel::os {

/// Keeps a few MiB of freed memory instead of giving them back to the system at once. Received
/// bytes are allocated and freed again many thousand times a second; each time anew as fresh,
/// zeroed pages, they would cost three times as much as the decryption. For programs, at their
/// start; a library leaves its host's allocator alone.
void keep_freed_memory();

}  // namespace mycel::os
