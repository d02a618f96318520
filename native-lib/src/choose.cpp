/*
 * choose.cpp: threshold preselection by block maxima, then exact selection among what is left.
 */
#include "choose.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace martlet {

namespace {

constexpr float MINUS_INF = -std::numeric_limits<float>::infinity();

bool better(const candidate &a, const candidate &b) {
    return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

bool lower(const candidate &a, const candidate &b) {
    return a.token < b.token;
}

/* All tokens of at least threshold (and above -inf), by ascending number. */
void gather(workspace &w, float threshold) {
    w.candidates.clear();
    for (int32_t b = 0; b < w.blocks(); ++b) {
        if (!(w.best[static_cast<size_t>(b)] >= threshold) || w.best[static_cast<size_t>(b)] == MINUS_INF) {
            continue;
        }
        const float *block = w.row.data() + static_cast<size_t>(b) * BLOCK;
        for (int32_t i = 0; i < BLOCK; ++i) {
            if (block[i] >= threshold && block[i] != MINUS_INF) {
                w.candidates.push_back({b * BLOCK + i, block[i]});
            }
        }
    }
}

/*
 * A logit that at least k tokens reach: the k-th largest block maximum, since k blocks hold a token each that is as
 * good; -inf where there are fewer blocks.
 */
float threshold_of(workspace &w, int32_t k) {
    if (k > w.blocks()) {
        return MINUS_INF;
    }
    std::copy(w.best.begin(), w.best.begin() + w.blocks(), w.scratch.begin());
    const auto kth = w.scratch.begin() + (k - 1);
    std::nth_element(w.scratch.begin(), kth, w.scratch.begin() + w.blocks(), std::greater<float>());
    return *kth;
}

/* The k best, in no order. */
void gather_best(workspace &w, int32_t k) {
    gather(w, threshold_of(w, k));
    if (w.candidates.size() > static_cast<size_t>(k)) {
        std::nth_element(w.candidates.begin(), w.candidates.begin() + (k - 1), w.candidates.end(), better);
        w.candidates.resize(static_cast<size_t>(k));
    }
}

double weight_of(float logit, float shift, float scale) {
    return std::exp(static_cast<double>((logit - shift) * scale));
}

/*
 * Cuts the candidates, which are the best ones of the row, best first, to the fewest that hold the given weight. False
 * where all together do not hold it.
 */
bool cut_to_weight(workspace &w, float shift, float scale, double wanted) {
    double sum = 0;
    for (size_t i = 0; i < w.candidates.size(); ++i) {
        sum += weight_of(w.candidates[i].logit, shift, scale);
        if (sum >= wanted) {
            w.candidates.resize(i + 1);
            return true;
        }
    }
    return false;
}

/*
 * Candidates after top_p of the whole row where many tokens are needed for the mass: weights are summed by classes of
 * about equal logits, which finds the class in which the mass is reached; only that one is sorted.
 */
void gather_mass_by_class(workspace &w, double wanted, float best, float scale) {
    constexpr int32_t CLASSES = 4096;
    constexpr float CLASSES_PER_UNIT = 128; /* of the scaled logit; the last class takes the rest */
    const auto class_of = [&](float logit) {
        const float x = (best - logit) * scale * CLASSES_PER_UNIT;
        return x < CLASSES - 1 ? static_cast<size_t>(x) : size_t{CLASSES - 1};
    };
    w.weights.assign(CLASSES, 0.0);
    float weights[BLOCK];
    for (int32_t b = 0; b < w.blocks(); ++b) {
        const float *block = w.row.data() + static_cast<size_t>(b) * BLOCK;
        exp_block(block, best, scale, weights);
        for (int32_t i = 0; i < BLOCK; ++i) {
            w.weights[class_of(block[i])] += static_cast<double>(weights[i]);
        }
    }
    double held = 0;
    size_t last = 0; /* the class in which the mass is reached */
    while (last < CLASSES - 1 && held + w.weights[last] < wanted) {
        held += w.weights[last++];
    }

    w.candidates.clear();
    const auto gather_class = [&](bool whole_classes) {
        for (int32_t t = 0; t < w.n; ++t) {
            const float logit = w.row[static_cast<size_t>(t)];
            const size_t c = class_of(logit);
            if (logit != MINUS_INF && (whole_classes ? c < last : c == last)) {
                w.candidates.push_back({t, logit});
            }
        }
    };
    gather_class(true);
    const auto n_whole = static_cast<std::ptrdiff_t>(w.candidates.size());
    gather_class(false);
    std::sort(w.candidates.begin() + n_whole, w.candidates.end(), better);
    for (auto c = static_cast<size_t>(n_whole); c < w.candidates.size(); ++c) {
        held += weight_of(w.candidates[c].logit, best, scale);
        if (held >= wanted) {
            w.candidates.resize(c + 1);
        }
    }
}

/* Candidates after top_p of the whole row: mostly a few of the best hold enough. */
void gather_mass(workspace &w, float top_p, float best, float scale) {
    const double wanted = static_cast<double>(top_p) * sum_exp(w.row.data(), w.blocks(), best, scale);
    for (const int32_t k : {64, 1024}) {
        gather(w, threshold_of(w, k));
        std::sort(w.candidates.begin(), w.candidates.end(), better);
        if (cut_to_weight(w, best, scale, wanted)) {
            return;
        }
    }
    gather_mass_by_class(w, wanted, best, scale);
}

void gather_candidates(workspace &w, const narrowing &how, float best, float scale) {
    if (how.top_k > 0 && how.top_k < w.n) {
        gather_best(w, how.top_k);
        if (how.top_p < 1.0f) {
            std::sort(w.candidates.begin(), w.candidates.end(), better);
            double all = 0;
            for (const candidate &c : w.candidates) {
                all += weight_of(c.logit, best, scale);
            }
            cut_to_weight(w, best, scale, static_cast<double>(how.top_p) * all);
        }
    } else if (how.top_p < 1.0f) {
        gather_mass(w, how.top_p, best, scale);
    } else {
        /* min_p alone. The threshold is a little low, what it lets through in excess goes below. */
        gather(w, best + 1.001f * std::log(how.min_p) / scale);
    }
    if (how.min_p > 0.0f) {
        const double least = how.min_p;
        const auto end = std::remove_if(w.candidates.begin(), w.candidates.end(),
                                        [&](const candidate &c) { return weight_of(c.logit, best, scale) < least; });
        w.candidates.erase(end, w.candidates.end());
    }
}

int32_t draw_candidate(workspace &w, float best, float scale, double u) {
    if (!std::is_sorted(w.candidates.begin(), w.candidates.end(), lower)) {
        std::sort(w.candidates.begin(), w.candidates.end(), lower);
    }
    w.weights.resize(w.candidates.size());
    double all = 0;
    for (size_t i = 0; i < w.candidates.size(); ++i) {
        w.weights[i] = weight_of(w.candidates[i].logit, best, scale);
        all += w.weights[i];
    }
    double left = u * all;
    for (size_t i = 0; i < w.candidates.size(); ++i) {
        left -= w.weights[i];
        if (left < 0) {
            return w.candidates[i].token;
        }
    }
    return w.candidates.back().token;
}

/* Draws from the whole row: first the block, then the token in it. */
int32_t draw_from_row(workspace &w, float best, float scale, double u) {
    double left = u * sum_exp_blocks(w.row.data(), w.blocks(), best, scale, w.scratch.data());
    int32_t last = -1; /* the last token of some weight, should rounding leave a rest */
    for (int32_t b = 0; b < w.blocks(); ++b) {
        const auto sum = static_cast<double>(w.scratch[static_cast<size_t>(b)]);
        if (sum == 0) {
            continue;
        }
        if (left >= sum) {
            left -= sum;
            last = b * BLOCK + BLOCK - 1;
            continue;
        }
        float weights[BLOCK];
        exp_block(w.row.data() + static_cast<size_t>(b) * BLOCK, best, scale, weights);
        int32_t chosen = -1;
        for (int32_t i = 0; i < BLOCK && (chosen < 0 || left >= 0); ++i) {
            if (weights[i] > 0) {
                chosen = b * BLOCK + i;
                left -= static_cast<double>(weights[i]);
            }
        }
        return chosen;
    }
    while (last >= 0 && w.row[static_cast<size_t>(last)] == MINUS_INF) {
        --last;
    }
    return last;
}

} // namespace

void workspace::fit(int32_t n_vocab) {
    if (n == n_vocab) {
        return;
    }
    const auto n_blocks = static_cast<size_t>(blocks_of(n_vocab));
    row.resize(n_blocks * BLOCK);
    best.resize(n_blocks);
    scratch.resize(n_blocks);
    candidates.reserve(static_cast<size_t>(n_vocab));
    weights.reserve(static_cast<size_t>(n_vocab));
    n = n_vocab;
}

void workspace::set(int32_t token, float logit) {
    const auto t = static_cast<size_t>(token);
    const auto b = t / BLOCK;
    const float before = row[t];
    row[t] = logit;
    if (logit >= best[b]) {
        best[b] = logit;
    } else if (before == best[b]) {
        best[b] = best_of_block(row.data() + b * BLOCK);
    }
}

int32_t take_best(const workspace &w) {
    const float best = best_of(w.best.data(), w.blocks());
    if (best == MINUS_INF) {
        return -1;
    }
    size_t b = 0;
    while (w.best[b] != best) {
        ++b;
    }
    size_t t = b * BLOCK;
    while (w.row[t] != best) {
        ++t;
    }
    return static_cast<int32_t>(t);
}

int32_t draw(workspace &w, const narrowing &how, double u) {
    const float scale = 1.0f / how.temperature; /* infinite for 0 */
    if (!std::isfinite(scale)) {
        return take_best(w);
    }
    const float best = best_of(w.best.data(), w.blocks());
    if (best == MINUS_INF) {
        return -1;
    }
    const bool narrowed = (how.top_k > 0 && how.top_k < w.n) || how.top_p < 1.0f || how.min_p > 0.0f;
    if (!narrowed) {
        return draw_from_row(w, best, scale, u);
    }
    gather_candidates(w, how, best, scale);
    return draw_candidate(w, best, scale, u);
}

void select_best(workspace &w, int32_t k) {
    gather_best(w, k);
    std::sort(w.candidates.begin(), w.candidates.end(), better);
}

double log_sum_exp(const workspace &w) {
    const float best = best_of(w.best.data(), w.blocks());
    if (best == MINUS_INF) {
        return -std::numeric_limits<double>::infinity();
    }
    return static_cast<double>(best) + std::log(sum_exp(w.row.data(), w.blocks(), best, 1.0f));
}

} // namespace martlet
