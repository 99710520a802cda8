#pragma once
// toml++ as we use it: everybody includes it through here, so that all see the same of it.

// The parser of toml++ 3.3 asserts that a key begins like one before it looks whether it does, and
// aborts on "[&x]"; with NDEBUG it lets the compiler assume it. Without either, its own error
// message for that follows. The fuzzer watches over what else the assertions might have caught.
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>
