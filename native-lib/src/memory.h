/*
 * memory.h: where a model and a context on it lie.
 */
#pragma once

#include "llama.h"

#include <cstdint>

namespace martlet {

/* Size of a context's KV cache, on all devices together. */
int64_t cache_bytes(const llama_context *c);

} // namespace martlet
