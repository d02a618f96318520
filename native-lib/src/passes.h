/*
 * passes.h: the loops over a whole row of logits. A row is cut into blocks of 64 tokens, one word of a mask each; the
 * largest logit of every block is kept, so that finding the best tokens looks into few blocks only.
 */
#pragma once

#include <cstdint>

namespace martlet {

constexpr int32_t BLOCK = 64;

constexpr int32_t blocks_of(int32_t n) {
    return (n + BLOCK - 1) / BLOCK;
}

/*
 * Copies n logits into row, which has room for whole blocks and is filled up with -inf; NaN becomes -inf, +inf the
 * largest float. best receives the largest of each block.
 */
void load_row(const float *logits, int32_t n, float *row, float *best);

/* Sets the tokens that the mask does not allow to -inf. */
void mask_row(const int64_t *mask, int32_t n, float *row, float *best);

/*
 * Sets the tokens below least to -inf, and those equal to it after token last; best receives the largest of each block.
 */
void keep_best(float *row, int32_t n_blocks, float least, int32_t last, float *best);

/* The largest of 64 values. */
float best_of_block(const float *block);

/* The largest of n values, -inf where n is 0. */
float best_of(const float *values, int32_t n);

/* Sum over a row of exp((row - shift) * scale), to about 1e-7 relative; shift is the row's largest value. */
double sum_exp(const float *row, int32_t n_blocks, float shift, float scale);

/* The same by block: sums[b]. Returns the whole. */
double sum_exp_blocks(const float *row, int32_t n_blocks, float shift, float scale, float *sums);

/* Classes of about equal logits: whole units of (shift - block) * scale, the last class takes what is beyond. */
constexpr int32_t CLASSES = 4096;
void classes_of_block(const float *block, float shift, float scale, int32_t *out);

/* exp((block - shift) * scale) of the 64 values of a block, the values sum_exp() adds. */
void exp_block(const float *block, float shift, float scale, float *out);

} // namespace martlet
