/*
 * lanes.h: vectors of 16 floats, for files that are compiled for several instruction sets; each has its own copy.
 */
#pragma once

#include <cstdint>
#include <limits>

namespace martlet {

namespace {

constexpr float MINUS_INF = -std::numeric_limits<float>::infinity();

/* 16 floats, in as many registers as the instruction set needs: GCC's vector extension. */
typedef float floats __attribute__((vector_size(64)));
typedef int32_t ints __attribute__((vector_size(64)));
typedef float floats_anywhere __attribute__((vector_size(64), aligned(4), may_alias));

constexpr int32_t LANES = 16;

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

} // namespace

} // namespace martlet
