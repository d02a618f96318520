/*
 * faults.h: makes llama.cpp fail on demand. The executable defines some of llama.cpp's functions and operator new; the
 * dynamic linker binds libmartlet and llama.cpp to these definitions first, and they pass on to the real ones.
 */
#pragma once

#include <cstdint>
#include <functional>

namespace faults {

enum fault { NONE, BAD_ALLOC, THROW, ABORT };

/* What the next call does instead of its work; goes back to NONE by itself. */
extern fault next_decode, next_memory_call, next_tokenize;

/* What the next llama_decode() returns instead of decoding; 0: it decodes. */
extern int32_t next_decode_code;

/* Called within every llama_decode(), where set. */
extern std::function<void()> during_decode;

/* From now on the n-th call of operator new on this thread throws bad_alloc. */
void fail_allocation(int n);

/* Calls of operator new on this thread so far, those within llama_decode() left out. */
int64_t allocations();

/* Whether it has; switches the failing off. */
bool allocation_failed();

} // namespace faults
