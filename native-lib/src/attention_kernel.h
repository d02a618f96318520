/*
 * attention_kernel.h: the kernel of attention.h, compiled once for each instruction set by the file that includes it,
 * which says how many of the 16-lane vectors go into one register tile.
 *
 * The softmax is computed online, block of cells by block of cells: Milakov and Gimelshein 2018, arXiv 1805.02867.
 */
#pragma once

#include "attention.h"
#include "attention_walk.h"
#include "lanes.h"

#include <cstring>
#include <immintrin.h>
#include <utility>

namespace martlet {

namespace {

constexpr int32_t TOGETHER = 4; /* queries of a register tile */
constexpr float LARGEST_F16 = 65504;
constexpr int32_t CACHE_LINE = 64;

/* 16 halves. */
MARTLET_INLINE void load_halves(const char *from, floats &to) {
#if defined(__AVX512F__)
    to = reinterpret_cast<floats>(_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(from))));
#else
    const __m256 low = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from)));
    const __m256 high = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from + 16)));
    memcpy(&to, &low, sizeof(low));
    memcpy(reinterpret_cast<char *>(&to) + sizeof(low), &high, sizeof(high));
#endif
}

MARTLET_INLINE void broadcast(float value, floats &to) {
    to = value - floats{};
}

/*
 * One stage of a 16 x 16 transposition: lanes whose number has the bit change places with those of the partner. Of the
 * first Count vectors.
 */
template <int Bit, int Count = LANES>
MARTLET_INLINE void exchange(floats (&m)[LANES]) {
    for (int32_t i = 0; i < Count; ++i) {
        if ((i & Bit) != 0) {
            continue;
        }
        floats &a = m[i];
        floats &b = m[i | Bit];
        floats upper;
        floats lower;
        if constexpr (Bit == 8) {
            upper = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
            lower = __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
        } else if constexpr (Bit == 4) {
            upper = __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);
            lower = __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
        } else if constexpr (Bit == 2) {
            upper = __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
            lower = __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
        } else {
            upper = __builtin_shufflevector(a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30);
            lower = __builtin_shufflevector(a, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
        }
        a = upper;
        b = lower;
    }
}

/* K and V of one K/V head, and the cells of them that are looked at together. */
struct cell_block {
    const char *k;
    size_t k_cell;
    const char *v;
    size_t v_cell;
    const int32_t *cells; /* CELL_BLOCK */

    MARTLET_INLINE const char *key(int32_t i) const { return k + static_cast<size_t>(cells[i]) * k_cell; }
    MARTLET_INLINE const char *value(int32_t i) const { return v + static_cast<size_t>(cells[i]) * v_cell; }
};

/* K of a block of cells as [width][CELL_BLOCK] floats. */
MARTLET_INLINE void transpose_keys(const cell_block &cells, int32_t width, float *to) {
    for (int32_t cell = 0; cell < CELL_BLOCK; cell += LANES) {
        const char *keys[LANES];
        for (int32_t i = 0; i < LANES; ++i) {
            keys[i] = cells.key(cell + i);
        }
        for (int32_t d = 0; d < width; d += LANES) {
            floats m[LANES];
            for (int32_t i = 0; i < LANES; ++i) {
                load_halves(keys[i] + d * 2, m[i]);
            }
            exchange<8>(m);
            exchange<4>(m);
            exchange<2>(m);
            exchange<1>(m);
            for (int32_t i = 0; i < LANES; ++i) {
                store(m[i], to + (d + i) * CELL_BLOCK + cell);
            }
        }
    }
}

/* 16 values, all finite: a cell that is not seen has the weight 0, which must not make a NaN. */
MARTLET_INLINE void load_values(const char *from, floats &to) {
    floats most;
    broadcast(LARGEST_F16, most);
    const floats least = -most;
    load_halves(from, to);
    to = to > least ? to : least;
    to = to < most ? to : most;
}

/* V of a block of cells as [CELL_BLOCK][width] floats. */
MARTLET_INLINE void widen_values(const cell_block &cells, int32_t width, float *to) {
    for (int32_t cell = 0; cell < CELL_BLOCK; ++cell) {
        const char *value = cells.value(cell);
        for (int32_t d = 0; d < width; d += LANES) {
            floats x;
            load_values(value + d * 2, x);
            store(x, to + cell * width + d);
        }
    }
}

/* The sums over the lanes of 16 vectors, in this order: a transposition that adds what it would put side by side. */
template <int Bit>
MARTLET_INLINE void fold_pairs(floats (&m)[LANES]) {
    exchange<Bit, 2 * Bit>(m);
    for (int32_t i = 0; i < Bit; ++i) {
        m[i] += m[i | Bit];
    }
}

/* Scores of N queries, as score(), from K as it lies: less work where it is for a few queries only. */
template <int N>
MARTLET_INLINE void score_once(const float *const (&q)[TOGETHER], int32_t width, const cell_block &cells,
                               float *scores) {
    for (int32_t cell = 0; cell < CELL_BLOCK; cell += LANES) {
        floats products[N][LANES];
        for (int32_t c = 0; c < LANES; ++c) {
            const char *key = cells.key(cell + c);
            floats sum[N] = {};
            for (int32_t d = 0; d < width; d += LANES) {
                floats x;
                load_halves(key + d * 2, x);
                for (int32_t i = 0; i < N; ++i) {
                    floats y;
                    load(q[i] + d, y);
                    sum[i] += x * y;
                }
            }
            for (int32_t i = 0; i < N; ++i) {
                products[i][c] = sum[i];
            }
        }
        for (int32_t i = 0; i < N; ++i) {
            fold_pairs<8>(products[i]);
            fold_pairs<4>(products[i]);
            fold_pairs<2>(products[i]);
            fold_pairs<1>(products[i]);
            store(products[i][0], scores + i * CELL_BLOCK + cell);
        }
    }
}

/* Scores of N queries against a block of cells: scores[i][cell] = q[i] . k[cell]. */
template <int N, int Vectors>
MARTLET_INLINE void score(const float *const (&q)[TOGETHER], int32_t width, const float *keys, float *scores) {
    for (int32_t cell = 0; cell < CELL_BLOCK; cell += Vectors * LANES) {
        floats sum[N][Vectors] = {};
        for (int32_t d = 0; d < width; ++d) {
            floats key[Vectors];
            for (int32_t j = 0; j < Vectors; ++j) {
                load(keys + d * CELL_BLOCK + cell + j * LANES, key[j]);
            }
            for (int32_t i = 0; i < N; ++i) {
                for (int32_t j = 0; j < Vectors; ++j) {
                    sum[i][j] += key[j] * q[i][d];
                }
            }
        }
        for (int32_t i = 0; i < N; ++i) {
            for (int32_t j = 0; j < Vectors; ++j) {
                store(sum[i][j], scores + i * CELL_BLOCK + cell + j * LANES);
            }
        }
    }
}

/* Values that widen_values() has written. */
struct wide_values {
    const float *from;
    int32_t width;

    MARTLET_INLINE void get(int32_t cell, int32_t d, floats &to) const { load(from + cell * width + d, to); }
};

/* Values as they lie. */
struct narrow_values {
    const cell_block &cells;

    MARTLET_INLINE void get(int32_t cell, int32_t d, floats &to) const { load_values(cells.value(cell) + d * 2, to); }
};

/* Adds the weighted values of a block of cells to N queries' sums, in some of their elements. */
template <int N, int Vectors, typename Values>
MARTLET_INLINE void add_columns(const float *weights, const Values &values, int32_t d, float *const (&sums)[TOGETHER]) {
    floats sum[N][Vectors];
    for (int32_t i = 0; i < N; ++i) {
        for (int32_t j = 0; j < Vectors; ++j) {
            load(sums[i] + d + j * LANES, sum[i][j]);
        }
    }
    for (int32_t cell = 0; cell < CELL_BLOCK; ++cell) {
        floats value[Vectors];
        for (int32_t j = 0; j < Vectors; ++j) {
            values.get(cell, d + j * LANES, value[j]);
        }
        for (int32_t i = 0; i < N; ++i) {
            for (int32_t j = 0; j < Vectors; ++j) {
                sum[i][j] += value[j] * weights[i * CELL_BLOCK + cell];
            }
        }
    }
    for (int32_t i = 0; i < N; ++i) {
        for (int32_t j = 0; j < Vectors; ++j) {
            store(sum[i][j], sums[i] + d + j * LANES);
        }
    }
}

template <int N, int Vectors, typename Values>
MARTLET_INLINE void add_values(const float *weights, const Values &values, int32_t width,
                               float *const (&sums)[TOGETHER]) {
    int32_t d = 0;
    for (; d + Vectors * LANES <= width; d += Vectors * LANES) {
        add_columns<N, Vectors>(weights, values, d, sums);
    }
    for (; d < width; d += LANES) {
        add_columns<N, 1>(weights, values, d, sums);
    }
}

/* What one part needs, in the caller's scratch memory. */
struct workplace {
    float *q;      /* [query][k_width], scaled */
    float *sum;    /* [query][v_width] */
    float *most;   /* [query] largest score so far */
    float *weight; /* [query] sum of weights so far */
    float *keys;   /* [k_width][CELL_BLOCK] */
    float *values; /* [CELL_BLOCK][v_width] */
    float *scores; /* [TOGETHER][CELL_BLOCK] */

    workplace(float *scratch, int32_t k_width, int32_t v_width) {
        q = scratch;
        sum = q + QUERY_BLOCK * k_width;
        keys = sum + QUERY_BLOCK * v_width;
        values = keys + CELL_BLOCK * k_width;
        scores = values + CELL_BLOCK * v_width;
        most = scores + TOGETHER * CELL_BLOCK;
        weight = most + QUERY_BLOCK;
    }
};

/* Scores into weights: relative to the largest score so far, to which what was summed before is brought. */
MARTLET_INLINE void weigh(const char *mask, float *scores, int32_t v_width, float &most, float &weight, float *sum) {
    floats minus_inf;
    broadcast(MINUS_INF, minus_inf);
    floats best = minus_inf;
    for (int32_t i = 0; i < CELL_BLOCK; i += LANES) {
        floats bias;
        load_halves(mask + i * 2, bias);
        floats s;
        load(scores + i, s);
        s = bias == minus_inf ? bias : s + bias;
        store(s, scores + i);
        best = s > best ? s : best;
    }
    const float block_best = largest_lane(best);
    if (block_best > most) {
        if (most != MINUS_INF) {
            floats fade;
            broadcast(most - block_best, fade);
            exp_of(fade);
            weight *= fade[0];
            for (int32_t d = 0; d < v_width; d += LANES) {
                floats x;
                load(sum + d, x);
                store(x * fade, sum + d);
            }
        }
        most = block_best;
    }
    floats shift;
    broadcast(most, shift);
    floats added = {};
    for (int32_t i = 0; i < CELL_BLOCK; i += LANES) {
        floats s;
        load(scores + i, s);
        s -= shift;
        exp_of(s);
        store(s, scores + i);
        added += s;
    }
    weight += sum_of_lanes(added);
}

/* N queries against a block of cells: as it lies, or, where Prepared, as it was put into the workplace. */
template <int N, int Vectors, bool Prepared>
__attribute__((noinline)) void attend(const attention &a, const workplace &w, const cell_block &cells,
                                      const int32_t *queries, const char *const *masks) {
    const float *q[TOGETHER] = {};
    float *sums[TOGETHER] = {};
    for (int32_t i = 0; i < N; ++i) {
        q[i] = w.q + queries[i] * a.k_width;
        sums[i] = w.sum + queries[i] * a.v_width;
    }
    if constexpr (Prepared) {
        score<N, Vectors>(q, a.k_width, w.keys, w.scores);
    } else {
        score_once<N>(q, a.k_width, cells, w.scores);
    }
    for (int32_t i = 0; i < N; ++i) {
        weigh(masks[i], w.scores + i * CELL_BLOCK, a.v_width, w.most[queries[i]], w.weight[queries[i]], sums[i]);
    }
    if constexpr (Prepared) {
        add_values<N, Vectors>(w.scores, wide_values{w.values, a.v_width}, a.v_width, sums);
    } else {
        add_values<N, Vectors>(w.scores, narrow_values{cells}, a.v_width, sums);
    }
}

/* No more than TOGETHER queries. */
template <int Vectors, bool Prepared>
MARTLET_INLINE void attend_few(const attention &a, const workplace &w, const cell_block &cells, const int32_t *queries,
                               const char *const *masks, int32_t n) {
    switch (n) {
    case 4:
        return attend<4, Vectors, Prepared>(a, w, cells, queries, masks);
    case 3:
        return attend<3, Vectors, Prepared>(a, w, cells, queries, masks);
    case 2:
        return attend<2, Vectors, Prepared>(a, w, cells, queries, masks);
    case 1:
        return attend<1, Vectors, Prepared>(a, w, cells, queries, masks);
    default:
        return;
    }
}

template <int Vectors>
MARTLET_INLINE void attend_all(const attention &a, const workplace &w, const cell_block &cells, const view &by) {
    if (by.n <= TOGETHER) {
        attend_few<Vectors, false>(a, w, cells, by.queries, by.masks, by.n);
        return;
    }
    transpose_keys(cells, a.k_width, w.keys);
    widen_values(cells, a.v_width, w.values);
    for (int32_t at = 0; at < by.n; at += TOGETHER) {
        attend_few<Vectors, true>(a, w, cells, by.queries + at, by.masks + at,
                                  by.n - at < TOGETHER ? by.n - at : TOGETHER);
    }
}

/* Query number i of a part is head i % group of its row i / group. */
MARTLET_INLINE void begin(const attention &a, const attention_part &part, const workplace &w, int32_t queries) {
    const int32_t group = a.group();
    for (int32_t i = 0; i < queries; ++i) {
        const char *from = a.q + (part.row_begin + i / group) * a.q_row + (part.kv_head * group + i % group) * a.q_head;
        for (int32_t d = 0; d < a.k_width; d += LANES) {
            floats x;
            load(reinterpret_cast<const float *>(from) + d, x);
            store(x * a.scale, w.q + i * a.k_width + d);
        }
        w.most[i] = MINUS_INF;
        w.weight[i] = 0;
    }
    memset(w.sum, 0, static_cast<size_t>(queries) * static_cast<size_t>(a.v_width) * sizeof(float));
}

MARTLET_INLINE void finish(const attention &a, const attention_part &part, const workplace &w, int32_t queries) {
    const int32_t group = a.group();
    for (int32_t i = 0; i < queries; ++i) {
        char *to = a.out + (part.row_begin + i / group) * a.out_row + (part.kv_head * group + i % group) * a.out_head;
        const float share = w.weight[i] == 0 ? 0 : 1 / w.weight[i];
        for (int32_t d = 0; d < a.v_width; d += LANES) {
            floats x;
            load(w.sum + i * a.v_width + d, x);
            store(x * share, reinterpret_cast<float *>(to) + d);
        }
    }
}

MARTLET_INLINE cell_block block_of(const attention &a, const attention_part &part, const view &seen_by) {
    return {a.k + part.kv_head * a.k_head, a.k_cell, a.v + part.kv_head * a.v_head, a.v_cell, seen_by.cells};
}

/* Asks for a block of cells from memory: rows of one head lie too far apart for the processor to see it coming. */
MARTLET_INLINE void fetch(const attention &a, const cell_block &cells) {
    for (int32_t cell = 0; cell < CELL_BLOCK; ++cell) {
        for (int32_t at = 0; at < a.k_width * 2; at += CACHE_LINE) {
            __builtin_prefetch(cells.key(cell) + at);
        }
        for (int32_t at = 0; at < a.v_width * 2; at += CACHE_LINE) {
            __builtin_prefetch(cells.value(cell) + at);
        }
    }
}

template <int Vectors>
void attend_part(const attention &a, const attention_part &part, float *scratch, float *partial, size_t stride) {
    const workplace w(scratch, a.k_width, a.v_width);
    const int32_t group = a.group();
    const int32_t queries = (part.row_end - part.row_begin) * group;
    begin(a, part, w, queries);
    walk way(a, part);
    view first;
    view second;
    view *now = &first;
    view *next = &second;
    way.next(*now);
    while (now->n > 0) {
        way.next(*next);
        if (next->n > 0 && next->n <= TOGETHER) {
            fetch(a, block_of(a, part, *next));
        }
        attend_all<Vectors>(a, w, block_of(a, part, *now), *now);
        std::swap(now, next);
    }
    if (partial == nullptr) {
        finish(a, part, w, queries);
        return;
    }
    for (int32_t i = 0; i < queries; ++i) {
        float *to = partial + static_cast<size_t>(i) * stride;
        to[0] = w.most[i];
        to[1] = w.weight[i];
        memcpy(to + 2, w.sum + i * a.v_width, static_cast<size_t>(a.v_width) * sizeof(float));
    }
}

} // namespace

} // namespace martlet
