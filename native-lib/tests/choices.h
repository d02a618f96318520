/*
 * choices.h: what tests of the sampler share: a vocabulary, random rows to choose from, and choosing.
 */
#pragma once

#include "support.h"

#include <cstdint>
#include <limits>
#include <random>
#include <utility>
#include <vector>

namespace choices {

constexpr float INF = std::numeric_limits<float>::infinity();
constexpr float NOT_A_NUMBER = std::numeric_limits<float>::quiet_NaN();

/* A vocabulary of realistic size, so that rows have many blocks; only its size and EOG tokens matter here. */
support::model &vocabulary();

int32_t sample(mt_sampler *s, const std::vector<float> &logits, const std::vector<int64_t> &mask,
               float *logprob = nullptr);

struct generator {
    std::mt19937 random;

    explicit generator(uint32_t seed) : random(seed) {}

    int below(int n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); }
    double unit() { return static_cast<double>(random()) / 4294967296.0; }
    int64_t seed() { return static_cast<int64_t>(uint64_t{random()} << 32 | random()); }
    float sixtyfourths() { return static_cast<float>(below(129) - 64) / 64; } /* products with counts are exact */

    /* Tokens and what is added to them; some forbidden. */
    std::pair<std::vector<int32_t>, std::vector<float>> bias(size_t n, int count);

    /* Nearly flat to nearly certain, with some of no number and some impossible. */
    std::vector<float> logits(size_t n);

    std::vector<int64_t> mask(size_t n);
};

} // namespace choices
