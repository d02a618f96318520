/*
 * passes.cpp: on vectors of 16, and compiled for several instruction sets where the platform can choose among them at
 * load time.
 */
#include "passes.h"

#include <cmath>
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

/* 16 floats, in as many registers as the instruction set needs: GCC's vector extension. */
typedef float floats __attribute__((vector_size(64)));
typedef int32_t ints __attribute__((vector_size(64)));
typedef float floats_anywhere __attribute__((vector_size(64), aligned(4), may_alias));

constexpr int32_t LANES = 16;
constexpr int32_t VECTORS = BLOCK / LANES;

#define MARTLET_INLINE inline __attribute__((always_inline))

/* Vectors go by reference: how they go by value depends on the instruction set. */
MARTLET_INLINE void load(const float *from, floats &to) {
    to = *reinterpret_cast<const floats_anywhere *>(from);
}

MARTLET_INLINE void store(const floats &from, float *to) {
    *reinterpret_cast<floats_anywhere *>(to) = from;
}

/* Each lane's partner at a distance: 8 and 4, 2, 1 in turn fold all lanes into each. */
template <int Distance>
MARTLET_INLINE void partner(const floats &v, floats &out) {
    if constexpr (Distance == 8) {
        out = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    } else if constexpr (Distance == 4) {
        out = __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    } else if constexpr (Distance == 2) {
        out = __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    } else {
        out = __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    }
}

template <int Distance>
MARTLET_INLINE void fold_max(floats &v) {
    floats other;
    partner<Distance>(v, other);
    v = other > v ? other : v;
}

template <int Distance>
MARTLET_INLINE void fold_sum(floats &v) {
    floats other;
    partner<Distance>(v, other);
    v += other;
}

MARTLET_INLINE float largest_lane(floats &v) {
    fold_max<8>(v);
    fold_max<4>(v);
    fold_max<2>(v);
    fold_max<1>(v);
    return v[0];
}

MARTLET_INLINE float sum_of_lanes(floats &v) {
    fold_sum<8>(v);
    fold_sum<4>(v);
    fold_sum<2>(v);
    fold_sum<1>(v);
    return v[0];
}

MARTLET_INLINE float largest_of(const float *v, int32_t n_vectors) {
    floats most, x;
    load(v, most);
    for (int32_t i = 1; i < n_vectors; ++i) {
        load(v + i * LANES, x);
        most = x > most ? x : most;
    }
    return largest_lane(most);
}

/*
 * exp for x <= 0, below -87 exactly 0. x = k ln2 + r with |r| <= ln2 / 2 (ln2 in two parts, after Cody and Waite),
 * exp(r) by its Taylor polynomial of degree 7 (error below 5e-9), 2^k put together from bits.
 */
MARTLET_INLINE void exp_of(floats &x) {
    constexpr float ROUND = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer */
    const ints lasts = x > -87.0f;
    const floats zero = {};
    x = lasts ? x : zero;
    const floats k = (x * 1.44269504f + ROUND) - ROUND;
    const floats r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
    floats p = r * (1.0f / 5040.0f) + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    const ints bits = (__builtin_convertvector(k, ints) + 127) << 23;
    x = lasts ? p * reinterpret_cast<floats>(bits) : zero;
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
