/*
 * passes.cpp: written so that the compiler vectorises it, and compiled for several instruction sets where the platform
 * can choose among them at load time.
 */
#include "passes.h"

#include <cmath>
#include <cstring>
#include <limits>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define MARTLET_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MARTLET_CLONES
#endif

namespace martlet {

namespace {

constexpr float MINUS_INF = -std::numeric_limits<float>::infinity();
constexpr float LARGEST = std::numeric_limits<float>::max();

/* 16 running maxima: one vector register, and no order of operations that the compiler had to keep. */
inline __attribute__((always_inline)) float largest(const float *v, int32_t n16) {
    float lane[16];
    for (int l = 0; l < 16; ++l) {
        lane[l] = MINUS_INF;
    }
    for (int32_t i = 0; i < n16; ++i) {
        for (int l = 0; l < 16; ++l) {
            const float x = v[i * 16 + l];
            lane[l] = x > lane[l] ? x : lane[l];
        }
    }
    for (int half = 8; half > 0; half /= 2) {
        for (int l = 0; l < half; ++l) {
            lane[l] = lane[l + half] > lane[l] ? lane[l + half] : lane[l];
        }
    }
    return lane[0];
}

/*
 * exp for x <= 0, below -87 exactly 0. x = k ln2 + r with |r| <= ln2 / 2 (ln2 in two parts, after Cody and Waite),
 * exp(r) by its Taylor polynomial of degree 7 (error below 5e-9), 2^k put together from bits.
 */
inline __attribute__((always_inline)) float exp_of(float x) {
    constexpr float ROUND = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer */
    const bool vanishes = !(x > -87.0f);
    x = vanishes ? 0.0f : x;
    const float shifted = x * 1.44269504f + ROUND;
    const float k = shifted - ROUND;
    const float r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    const int32_t bits = (static_cast<int32_t>(k) + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof(power));
    return vanishes ? 0.0f : p * power;
}

inline __attribute__((always_inline)) float block_sum(const float *block, float shift, float scale) {
    float lane[16] = {};
    for (int32_t i = 0; i < BLOCK / 16; ++i) {
        for (int l = 0; l < 16; ++l) {
            lane[l] += exp_of((block[i * 16 + l] - shift) * scale);
        }
    }
    for (int half = 8; half > 0; half /= 2) {
        for (int l = 0; l < half; ++l) {
            lane[l] += lane[l + half];
        }
    }
    return lane[0];
}

} // namespace

MARTLET_CLONES
void load_row(const float *logits, int32_t n, float *row, float *best) {
    const int32_t whole = n / BLOCK;
    for (int32_t b = 0; b < whole; ++b) {
        const float *from = logits + b * BLOCK;
        float *to = row + b * BLOCK;
        for (int32_t i = 0; i < BLOCK; ++i) {
            const float x = from[i] < LARGEST ? from[i] : LARGEST; /* NaN compares false: LARGEST for the moment */
            to[i] = from[i] == from[i] ? x : MINUS_INF;
        }
        best[b] = largest(to, BLOCK / 16);
    }
    if (whole * BLOCK < n) {
        float *to = row + whole * BLOCK;
        for (int32_t i = 0; i < BLOCK; ++i) {
            const float x = whole * BLOCK + i < n ? logits[whole * BLOCK + i] : MINUS_INF;
            to[i] = std::isnan(x) ? MINUS_INF : std::fmin(x, LARGEST);
        }
        best[whole] = largest(to, BLOCK / 16);
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
        best[b] = largest(block, BLOCK / 16);
    }
}

MARTLET_CLONES
float best_of_block(const float *block) {
    return largest(block, BLOCK / 16);
}

MARTLET_CLONES
float best_of(const float *values, int32_t n) {
    float m = largest(values, n / 16);
    for (int32_t i = n / 16 * 16; i < n; ++i) {
        m = values[i] > m ? values[i] : m;
    }
    return m;
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
void exp_block(const float *block, float shift, float scale, float *out) {
    for (int32_t i = 0; i < BLOCK; ++i) {
        out[i] = exp_of((block[i] - shift) * scale);
    }
}

} // namespace martlet
