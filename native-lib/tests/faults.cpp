/*
 * faults.cpp: see faults.h.
 */
#include "faults.h"

#include "llama.h"

#include <cstdlib>
#include <dlfcn.h>
#include <new>
#include <stdexcept>

namespace faults {

fault next_decode = NONE;
fault next_memory_call = NONE;
fault next_tokenize = NONE;
int32_t next_decode_code = 0;
std::function<void()> during_decode;

namespace {

thread_local int countdown = 0; /* 0: off; 1: the next allocation fails */
thread_local bool happened = false;
thread_local int64_t count = 0;
thread_local bool within_decode = false;

void happen(fault &f) {
    const fault now = f;
    f = NONE;
    switch (now) {
    case NONE:
        return;
    case BAD_ALLOC:
        throw std::bad_alloc();
    case THROW:
        throw std::runtime_error("a failure made up by the test");
    case ABORT:
        GGML_ABORT("an abort made up by the test");
    }
}

template <typename Function>
Function *real(const char *name) {
    return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, name));
}

} // namespace

void fail_allocation(int n) {
    happened = false;
    countdown = n;
}

int64_t allocations() {
    return count;
}

bool allocation_failed() {
    countdown = 0;
    return happened;
}

} // namespace faults

using namespace faults;

extern "C" __attribute__((visibility("default"))) int32_t llama_decode(llama_context *c, llama_batch batch) {
    happen(next_decode);
    if (during_decode) {
        during_decode();
    }
    if (next_decode_code != 0) {
        const int32_t code = next_decode_code;
        next_decode_code = 0;
        return code;
    }
    within_decode = true;
    struct leaving {
        ~leaving() { within_decode = false; }
    } leave;
    return real<decltype(llama_decode)>("llama_decode")(c, batch);
}

extern "C" __attribute__((visibility("default"))) bool llama_memory_seq_rm(llama_memory_t memory, llama_seq_id sequence,
                                                                           llama_pos from, llama_pos to) {
    happen(next_memory_call);
    return real<decltype(llama_memory_seq_rm)>("llama_memory_seq_rm")(memory, sequence, from, to);
}

extern "C" __attribute__((visibility("default"))) int32_t llama_tokenize(const llama_vocab *vocab, const char *text,
                                                                         int32_t length, llama_token *tokens,
                                                                         int32_t capacity, bool special, bool parse) {
    happen(next_tokenize);
    return real<decltype(llama_tokenize)>("llama_tokenize")(vocab, text, length, tokens, capacity, special, parse);
}

void *operator new(std::size_t size) {
    count += !within_decode;
    if (countdown > 0 && --countdown == 0) {
        happened = true;
        throw std::bad_alloc();
    }
    void *memory = malloc(size == 0 ? 1 : size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

void *operator new(std::size_t size, const std::nothrow_t &) noexcept {
    count += !within_decode;
    if (countdown > 0 && --countdown == 0) {
        happened = true;
        return nullptr;
    }
    return malloc(size == 0 ? 1 : size);
}

void operator delete(void *memory) noexcept {
    free(memory);
}

void operator delete(void *memory, const std::nothrow_t &) noexcept {
    free(memory);
}

void operator delete(void *memory, std::size_t) noexcept {
    free(memory);
}
