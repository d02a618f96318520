/*
 * attention.cpp: which kernel there is, and putting parts together.
 */
#include "attention.h"

#include "attention_variants.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace martlet {

size_t attention_scratch(int32_t k_width, int32_t v_width) {
    /* queries and keys; sums and values; scores of a register tile; largest scores and weights */
    return static_cast<size_t>((QUERY_BLOCK + CELL_BLOCK) * (k_width + v_width) + 4 * CELL_BLOCK + 2 * QUERY_BLOCK);
}

attention_kernel find_attention_kernel() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
        return attend_avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) {
        return attend_avx2;
    }
#endif
    return nullptr;
}

void merge_attention(const float *partials, int32_t n, size_t stride, int32_t v_width, float *out) {
    float most = -std::numeric_limits<float>::infinity();
    for (int32_t i = 0; i < n; ++i) {
        most = std::max(most, partials[static_cast<size_t>(i) * stride]);
    }
    std::fill(out, out + v_width, 0.0f);
    float weight = 0;
    for (int32_t i = 0; i < n; ++i) {
        const float *part = partials + static_cast<size_t>(i) * stride;
        if (part[1] == 0) {
            continue; /* sees no cell */
        }
        const float share = std::exp(part[0] - most);
        weight += part[1] * share;
        for (int32_t d = 0; d < v_width; ++d) {
            out[d] += part[2 + d] * share;
        }
    }
    const float share = weight == 0 ? 0 : 1 / weight;
    for (int32_t d = 0; d < v_width; ++d) {
        out[d] *= share;
    }
}

} // namespace martlet
