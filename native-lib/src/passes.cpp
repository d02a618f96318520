/*
 * passes.cpp: on vectors of 16, and compiled for several instruction sets where the platform can choose among them at
 * load time.
 */
#include "passes.h"

#include "lanes.h"

#include <cmath>
#include <limits>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define MARTLET_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MARTLET_CLONES
#endif

namespace martlet {

namespace {

constexpr float LARGEST = std::numeric_limits<float>::max();
constexpr int32_t VECTORS = BLOCK / LANES;

MARTLET_INLINE float largest_of(const float *v, int32_t n_vectors) {
    floats most, x;
    load(v, most);
    for (int32_t i = 1; i < n_vectors; ++i) {
        load(v + i * LANES, x);
        most = x > most ? x : most;
    }
    return largest_lane(most);
}

MARTLET_INLINE float block_sum(const float *block, float shift, float scale) {
    floats sum = {};
    floats x;
    for (int32_t i = 0; i < VECTORS; ++i) {
        load(block + i * LANES, x);
        x = (x - shift) * scale;
        exp_of(x);
        sum += x;
    }
    return sum_of_lanes(sum);
}

} // namespace

MARTLET_CLONES
void load_row(const float *logits, int32_t n, float *row, float *best) {
    const int32_t whole = n / BLOCK;
    const floats most = floats{} + LARGEST;
    const floats none = floats{} + MINUS_INF;
    floats x;
    for (int32_t b = 0; b < whole; ++b) {
        floats top = none;
        for (int32_t i = 0; i < BLOCK; i += LANES) {
            load(logits + b * BLOCK + i, x);
            x = x == x ? x : none; /* NaN is no number, not even itself */
            x = x < most ? x : most;
            top = x > top ? x : top;
            store(x, row + b * BLOCK + i);
        }
        best[b] = largest_lane(top);
    }
    if (whole * BLOCK < n) {
        float *to = row + whole * BLOCK;
        for (int32_t i = 0; i < BLOCK; ++i) {
            const float l = whole * BLOCK + i < n ? logits[whole * BLOCK + i] : MINUS_INF;
            to[i] = std::isnan(l) ? MINUS_INF : std::fmin(l, LARGEST);
        }
        best[whole] = largest_of(to, VECTORS);
    }
}

MARTLET_CLONES
void mask_row(const int64_t *mask, int32_t n, float *row, float *best) {
    const int32_t n_blocks = blocks_of(n);
    for (int32_t b = 0; b < n_blocks; ++b) {
        const auto word = static_cast<uint64_t>(mask[b]);
        float *block = row + b * BLOCK;
        if (word == ~uint64_t{0}) {
            continue;
        }
        if (word == 0) {
            for (int32_t i = 0; i < BLOCK; ++i) {
                block[i] = MINUS_INF;
            }
            best[b] = MINUS_INF;
            continue;
        }
        for (int32_t i = 0; i < BLOCK; ++i) {
            block[i] = (word >> i & 1) != 0 ? block[i] : MINUS_INF;
        }
        best[b] = largest_of(block, VECTORS);
    }
}

MARTLET_CLONES
void keep_best(float *row, int32_t n_blocks, float least, int32_t last, float *best) {
    const floats none = floats{} + MINUS_INF;
    floats x;
    for (int32_t b = 0; b < n_blocks; ++b) {
        float *block = row + b * BLOCK;
        for (int32_t i = 0; last / BLOCK == b && i < BLOCK; ++i) {
            block[i] = b * BLOCK + i > last && block[i] == least ? MINUS_INF : block[i];
        }
        const bool with_equals = b <= last / BLOCK;
        floats top = none;
        for (int32_t i = 0; i < BLOCK; i += LANES) {
            load(block + i, x);
            const ints stays = with_equals ? x >= least : x > least;
            x = stays ? x : none;
            top = x > top ? x : top;
            store(x, block + i);
        }
        best[b] = largest_lane(top);
    }
}

MARTLET_CLONES
float best_of_block(const float *block) {
    return largest_of(block, VECTORS);
}

MARTLET_CLONES
float best_of(const float *values, int32_t n) {
    float most = n < LANES ? MINUS_INF : largest_of(values, n / LANES);
    for (int32_t i = n / LANES * LANES; i < n; ++i) {
        most = values[i] > most ? values[i] : most;
    }
    return most;
}

MARTLET_CLONES
double sum_exp(const float *row, int32_t n_blocks, float shift, float scale) {
    double sum = 0;
    for (int32_t b = 0; b < n_blocks; ++b) {
        sum += static_cast<double>(block_sum(row + b * BLOCK, shift, scale));
    }
    return sum;
}

MARTLET_CLONES
double sum_exp_blocks(const float *row, int32_t n_blocks, float shift, float scale, float *sums) {
    double sum = 0;
    for (int32_t b = 0; b < n_blocks; ++b) {
        sums[b] = block_sum(row + b * BLOCK, shift, scale);
        sum += static_cast<double>(sums[b]);
    }
    return sum;
}

MARTLET_CLONES
void classes_of_block(const float *block, float shift, float scale, int32_t *out) {
    const floats most = floats{} + (CLASSES - 1);
    floats x;
    for (int32_t i = 0; i < BLOCK; i += LANES) {
        load(block + i, x);
        x = (shift - x) * scale;
        x = x < most ? x : most;
        const ints whole = __builtin_convertvector(x, ints);
        for (int32_t l = 0; l < LANES; ++l) {
            out[i + l] = whole[l];
        }
    }
}

MARTLET_CLONES
void exp_block(const float *block, float shift, float scale, float *out) {
    floats x;
    for (int32_t i = 0; i < BLOCK; i += LANES) {
        load(block + i, x);
        x = (x - shift) * scale;
        exp_of(x);
        store(x, out + i);
    }
}

} // namespace martlet
