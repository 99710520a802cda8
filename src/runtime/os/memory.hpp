#pragma once
// How this process keeps the memory that it frees, and on what pages.

#include <cstddef>

namespace mycel::os {

/// Keeps a few MiB of freed memory instead of giving them back to the system at once. Received
/// bytes are allocated and freed again many thousand times a second; each time anew as fresh,
/// zeroed pages, they would cost three times as much as the decryption. For programs, at their
/// start; a library leaves its host's allocator alone.
void keep_freed_memory();

/// The next `bytes` that this process allocates stand on huge pages, as far as the system has some,
/// and are kept until it ends. For programs that jump about in gigabytes: with pages of 4 KiB,
/// every jump costs a walk through the page tables.
void reserve_huge_pages(std::size_t bytes);

}  // namespace mycel::os
