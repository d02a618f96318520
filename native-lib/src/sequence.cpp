/*
 * sequence.cpp: forking and trimming sequences.
 */
#include "context.h"

#include <algorithm>

namespace martlet {

namespace {

/* The cells of a sliding window are used again once they have slid out, so not every prefix is whole any more. */
void require_window(context &c, int32_t sequence, int32_t length) {
    if (c.n_swa == 0 || length == 0 || length == c.cells->length(sequence)) {
        return;
    }
    const int32_t first =
        c.kernel([&] { return llama_memory_seq_pos_min(llama_get_memory(c.llama), c.id_of(sequence)); });
    if (first > std::max(0, length - c.n_swa)) {
        fail(MT_ERR_UNSUPPORTED,
             "sequence %d holds its window from position %d on only: its first %d tokens cannot be used again",
             sequence, first, length);
    }
}

void fork(context &c, int32_t src, int32_t dst, int32_t length) {
    const int32_t whole = c.cells->length(src);
    MARTLET_REQUIRE(src != dst, "a sequence cannot be forked onto itself");
    MARTLET_REQUIRE(length > 0 && length <= whole, "length is %d, sequence %d holds %d tokens", length, src, whole);
    if (length < whole && (!c.unified || !c.can_trim)) {
        fail(MT_ERR_UNSUPPORTED, "%s copies whole sequences only: length is %d of %d",
             c.can_trim ? "a context with kv_unified = 0" : "a recurrent or hybrid model", length, whole);
    }
    require_window(c, src, length);
    c.cells->trim(dst, 0);
    c.drop_tail(c.id_of(dst), 0);
    c.cells->fork(src, dst, length);
    c.kernel([&] {
        llama_memory_seq_cp(llama_get_memory(c.llama), c.id_of(src), c.id_of(dst), -1, length == whole ? -1 : length);
    });
}

void trim(context &c, int32_t sequence, int32_t length) {
    const int32_t whole = c.cells->length(sequence);
    MARTLET_REQUIRE(length >= 0 && length <= whole, "length is %d, sequence %d holds %d tokens", length, sequence,
                    whole);
    if (length == whole) {
        return;
    }
    if (length > 0 && !c.can_trim) {
        fail(MT_ERR_UNSUPPORTED, "a recurrent or hybrid model trims to 0 only");
    }
    require_window(c, sequence, length);
    c.drop_tail(c.id_of(sequence), length);
    c.cells->trim(sequence, length);
}

} // namespace

} // namespace martlet

using namespace martlet;

extern "C" int32_t mt_sequence_fork(mt_context *handle, int32_t src, int32_t dst, int32_t length) {
    return wall([&] {
        context_use c(handle);
        c->require_sequence(src);
        c->require_sequence(dst);
        fork(*c, src, dst, length);
    });
}

extern "C" int32_t mt_sequence_trim(mt_context *handle, int32_t sequence, int32_t length) {
    return wall([&] {
        context_use c(handle);
        c->require_sequence(sequence);
        trim(*c, sequence, length);
    });
}

extern "C" int32_t mt_sequence_length(mt_context *handle, int32_t sequence, int32_t *length) {
    return wall([&] {
        MARTLET_REQUIRE(length != nullptr, "length is NULL");
        context_use c(handle);
        c->require_sequence(sequence);
        *length = c->cells->length(sequence);
    });
}
