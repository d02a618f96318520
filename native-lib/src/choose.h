/*
 * choose.h: choosing one token from a row of logits, exactly, without sorting the vocabulary.
 */
#pragma once

#include "passes.h"

#include <cstdint>
#include <vector>

namespace martlet {

/* A token still in the running. */
struct candidate {
    int32_t token;
    float logit;
};

/* Buffers of one thread, sized for a vocabulary at first use: afterwards nothing allocates. */
struct workspace {
    std::vector<float> row;     /* logits after edits, whole blocks */
    std::vector<float> best;    /* largest logit of each block */
    std::vector<float> scratch; /* of each block */
    std::vector<candidate> candidates;
    std::vector<double> weights;
    int32_t n = 0;

    void fit(int32_t n_vocab);
    int32_t blocks() const { return blocks_of(n); }

    /* Changes one logit, keeping best true. */
    void set(int32_t token, float logit);
};

/* How the draw is narrowed; neutral values switch a stage off. */
struct narrowing {
    float temperature; /* 0 = take the best */
    int32_t top_k;
    float top_p;
    float min_p;
};

/* The token with the largest logit, the lowest number among equals; -1 where all are -inf. */
int32_t take_best(const workspace &w);

/*
 * The token at u in [0, 1) of the narrowed distribution: temperature, then the top_k best, of these the fewest best
 * that hold top_p of the probability, of these what has at least min_p of the best one's. Among equal logits the lower
 * token counts as better. The draw walks the tokens left in ascending number. -1 where all are -inf.
 */
int32_t draw(workspace &w, const narrowing &how, double u);

/* The k best into w.candidates, best first; fewer where fewer are above -inf. */
void select_best(workspace &w, int32_t k);

/* ln of the sum of exp over the row; -inf where all are -inf. */
double log_sum_exp(const workspace &w);

} // namespace martlet
