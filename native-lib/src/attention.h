/*
 * attention.h: attention over a cache that many sequences share, on the CPU.
 *
 * ggml's CPU kernel looks at the mask of every cell once for each row and head, which in a cache of many sequences is
 * most of its work: all but a few cells belong to others. This one looks at the masks of a block of rows once for all
 * heads of a K/V head, passes over blocks of cells that none of the rows sees, and computes a block of cells for all
 * rows and heads that share its K and V, so that a prefix of many sequences is read once. Cells that lie scattered
 * between those of others are gathered into blocks first.
 */
#pragma once

#include <cstddef>
#include <cstdint>

namespace martlet {

/* Cells that are looked at, and computed, together. */
constexpr int32_t CELL_BLOCK = 64;

/* Most queries, rows times the heads of one K/V head, that are computed together. */
constexpr int32_t QUERY_BLOCK = 64;

/* One call: out[row][head] = softmax(q[row][head] . k * scale + mask[row]) . v; strides in bytes. */
struct attention {
    const char *q; /* f32 */
    size_t q_row, q_head;
    const char *k; /* f16 */
    size_t k_cell, k_head;
    const char *v; /* f16 */
    size_t v_cell, v_head;
    const char *mask; /* f16: -inf where a row does not see a cell */
    size_t mask_row;
    char *out; /* f32 */
    size_t out_row, out_head;
    int32_t rows, heads, kv_heads; /* heads / kv_heads queries of a row share K and V */
    int32_t cells;                 /* a multiple of CELL_BLOCK */
    int32_t k_width, v_width;      /* multiples of 16 */
    float scale;

    int32_t group() const { return heads / kv_heads; }
};

/* Some rows of one K/V head against some cells. */
struct attention_part {
    int32_t kv_head;
    int32_t row_begin, row_end; /* no more than QUERY_BLOCK queries */
    int32_t cell_begin, cell_end;
};

/* Floats of scratch memory that a part takes. */
size_t attention_scratch(int32_t k_width, int32_t v_width);

/*
 * Computes a part. partial is null where the part has all cells: then the result goes to out. Otherwise what the cells
 * add goes to partial[query * stride]: the largest score, the sum of weights, and the weighted sum of V.
 */
using attention_kernel = void (*)(const attention &a, const attention_part &part, float *scratch, float *partial,
                                  size_t stride);

/* Of this processor; null where there is none. */
attention_kernel find_attention_kernel();

/* Puts the parts of one query together: n of them, stride floats apart. */
void merge_attention(const float *partials, int32_t n, size_t stride, int32_t v_width, float *out);

} // namespace martlet
