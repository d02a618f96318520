/*
 * choices.cpp: see choices.h.
 */
#include "choices.h"

#include <cmath>

namespace choices {

support::model &vocabulary() {
    static support::model m(MARTLET_LLAMA_SOURCE "/models/ggml-vocab-gpt-2.gguf", true);
    return m;
}

int32_t sample(mt_sampler *s, const std::vector<float> &logits, const std::vector<int64_t> &mask, float *logprob) {
    int32_t token = -2;
    OK(mt_sampler_sample(s, logits.data(), static_cast<int32_t>(logits.size()), mask.empty() ? nullptr : mask.data(),
                         &token, logprob));
    return token;
}

std::pair<std::vector<int32_t>, std::vector<float>> generator::bias(size_t n, int count) {
    std::pair<std::vector<int32_t>, std::vector<float>> b;
    for (int i = 0; i < count; ++i) {
        b.first.push_back(below(static_cast<int>(n)));
        b.second.push_back(below(3) == 0 ? -INF : static_cast<float>(4 * unit()));
    }
    return b;
}

std::vector<float> generator::logits(size_t n) {
    const double spread = std::pow(10.0, 2 * unit() - 1); /* nearly flat to nearly certain */
    std::vector<float> l(n);
    for (float &x : l) {
        double sum = 0;
        for (int i = 0; i < 4; ++i) {
            sum += unit();
        }
        x = static_cast<float>((sum - 2) * 3 * spread);
    }
    for (int i = below(20); i > 0; --i) {
        l[static_cast<size_t>(below(static_cast<int>(n)))] = i % 3 == 0 ? NOT_A_NUMBER : i % 3 == 1 ? -INF : 9;
    }
    return l;
}

std::vector<int64_t> generator::mask(size_t n) {
    std::vector<int64_t> m((n + 63) / 64);
    const int style = below(3);
    for (auto &word : m) {
        word = style == 0   ? static_cast<int64_t>(uint64_t{random()} << 32 | random())
               : style == 1 ? (below(8) == 0 ? -1 : 0)
                            : int64_t{1} << below(64);
    }
    return m;
}

} // namespace choices
