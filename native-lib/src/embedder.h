/*
 * embedder.h: a llama.cpp context that gives vectors instead of tokens.
 *
 * llama.cpp pools in its graph, which needs a sequence's tokens in one batch, and computes logits for all of them
 * beside. So that a long sequence needs no more memory than a batch, models that look back only are fed piece by piece
 * and pooled here; models that look at a sequence as a whole get each in one batch. Only rank heads are llama.cpp's to
 * compute.
 */
#pragma once

#include "context.h"

namespace martlet {

/* The sequences of a call that are in the memory of the model together. */
struct sequence_group {
    int32_t first = 0; /* sequence of the call */
    int32_t count = 0;
    int32_t n_tokens = 0;
};

/* The sequences of a call. */
struct embed_call {
    const int32_t *tokens;
    const int32_t *token_count;
    int32_t n_sequences;
    bool normalize;
    float *out;
};

struct embedder {
    context base;
    int32_t pooling = MT_POOLING_NONE;
    int32_t dimensions = 0;
    int32_t max_tokens = 0;
    int32_t batch_tokens = 0;
    int32_t max_sequences = 0;
    int32_t group_tokens = 0; /* most tokens of several sequences in a group; a single one may be longer */
    bool whole = false;
    bool encode = false; /* by llama_encode() */

    /* The arrays of a batch, and where its tokens' vectors go. */
    std::vector<llama_pos> position;
    std::vector<int32_t> n_seq_id;
    std::vector<llama_seq_id> sequence;
    std::vector<llama_seq_id *> sequences;
    std::vector<int8_t> output;
    std::vector<double> sums; /* [sequence of the group][dimensions] */

    explicit embedder(std::shared_ptr<model> m) : base(std::move(m)) {}

    /* Of all sequences of a call; leaves the memory of the model empty. */
    void embed(const embed_call &call);

private:
    sequence_group next_group(const embed_call &call, int32_t first) const;
    void embed_group(const embed_call &call, const sequence_group &group, const int32_t *tokens, float *out);
    void compute(const int32_t *tokens, int32_t n);
    void take(const sequence_group &group, const int32_t *token_count, int32_t n, float *out, int64_t first_row);
    void finish(const embed_call &call, const sequence_group &group, float *out);
    const float *row(int32_t token);
    void forget();
};

} // namespace martlet
