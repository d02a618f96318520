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

/* The smallest logit that has at least min_p of the best one's weight: by bisection, since weights grow with logits. */
float least_logit(float min_p, float best, float scale) {
    const auto enough = [&](float logit) { return weight_of(logit, best, scale) >= static_cast<double>(min_p); };
    float low = best + 1.001f * std::log(min_p) / scale - (1 + std::fabs(best)) * 1e-6f; /* a little too little */
    float high = best;
    if (!std::isfinite(low) || enough(low)) {
        return low;
    }
    for (float middle; (middle = low + (high - low) / 2) > low && middle < high;) {
        (enough(middle) ? high : low) = middle;
    }
    return high;
}

void drop_below(workspace &w, float least) {
    const auto end =
        std::remove_if(w.candidates.begin(), w.candidates.end(), [&](const candidate &c) { return c.logit < least; });
    w.candidates.erase(end, w.candidates.end());
}

/*
 * Cuts the candidates, which are the best ones of the row, best first, to the fewest that hold the given weight.
 * Returns what they hold: less than wanted where all together do not hold it.
 */
double cut_to_weight(workspace &w, float shift, float scale, double wanted) {
    double sum = 0;
    for (size_t i = 0; i < w.candidates.size(); ++i) {
        sum += weight_of(w.candidates[i].logit, shift, scale);
        if (sum >= wanted) {
            w.candidates.resize(i + 1);
            break;
        }
    }
    return sum;
}

/*
 * The last token of the fewest best ones that hold the given weight, where those are many: weights are summed by
 * classes of about equal logits, which finds the class in which it is reached; only that one is sorted.
 */
candidate last_of_mass(workspace &w, double wanted, float best, float scale) {
    constexpr size_t COPIES = 4;        /* so that adding to one class does not wait for the addition before */
    const float per_unit = scale * 128; /* classes per unit of the scaled logit; the last class takes the rest */
    w.weights.assign(COPIES * CLASSES, 0.0);
    float weights[BLOCK];
    int32_t classes[BLOCK];
    for (int32_t b = 0; b < w.blocks(); ++b) {
        const float *block = w.row.data() + static_cast<size_t>(b) * BLOCK;
        exp_block(block, best, scale, weights);
        classes_of_block(block, best, per_unit, classes);
        for (size_t i = 0; i < BLOCK; ++i) {
            w.weights[static_cast<size_t>(classes[i]) * COPIES + i % COPIES] += static_cast<double>(weights[i]);
        }
    }
    double held = 0;
    int32_t last = 0; /* the class in which the mass is reached */
    for (; last < CLASSES - 1; ++last) {
        const double *sums = w.weights.data() + static_cast<size_t>(last) * COPIES;
        const double sum = sums[0] + sums[1] + sums[2] + sums[3];
        if (held + sum >= wanted) {
            break;
        }
        held += sum;
    }

    w.candidates.clear();
    for (int32_t b = 0; b < w.blocks(); ++b) {
        const float *block = w.row.data() + static_cast<size_t>(b) * BLOCK;
        classes_of_block(block, best, per_unit, classes);
        for (int32_t i = 0; i < BLOCK; ++i) {
            if (classes[i] == last && block[i] != MINUS_INF) {
                w.candidates.push_back({b * BLOCK + i, block[i]});
            }
        }
    }
    std::sort(w.candidates.begin(), w.candidates.end(), better);
    cut_to_weight(w, best, scale, wanted - held);
    return w.candidates.empty() ? candidate{w.n, MINUS_INF} : w.candidates.back();
}

/* Forbids all that is worse than a token. */
void keep_down_to(workspace &w, const candidate &last) {
    keep_best(w.row.data(), w.blocks(), last.logit, last.token, w.best.data());
}

/*
 * Narrows the row to what may be drawn. True: it is in w.candidates, in any order. False: it is much, and the rest of
 * the row has been forbidden.
 */
bool narrow(workspace &w, const narrowing &how, float best, float scale) {
    constexpr int32_t FEW = 1024;
    const float least = how.min_p > 0.0f ? least_logit(how.min_p, best, scale) : MINUS_INF;
    if (how.top_k > 0 && how.top_k < w.n) {
        gather_best(w, how.top_k);
        if (how.top_k <= FEW) {
            if (how.top_p < 1.0f) {
                std::sort(w.candidates.begin(), w.candidates.end(), better);
                double all = 0;
                for (const candidate &c : w.candidates) {
                    all += weight_of(c.logit, best, scale);
                }
                cut_to_weight(w, best, scale, static_cast<double>(how.top_p) * all);
            }
            drop_below(w, least);
            return true;
        }
        keep_down_to(w, *std::max_element(w.candidates.begin(), w.candidates.end(), better));
    }
    if (how.top_p < 1.0f) {
        const double wanted = static_cast<double>(how.top_p) * sum_exp(w.row.data(), w.blocks(), best, scale);
        double held = wanted;
        /* Mostly a few hold enough. Where the threshold would let much through, the way by classes is shorter. */
        for (int32_t k = 64; k <= std::min(256, w.blocks() / 2) && held >= wanted / 4; k *= 4) {
            gather(w, threshold_of(w, k));
            std::sort(w.candidates.begin(), w.candidates.end(), better);
            held = cut_to_weight(w, best, scale, wanted);
            if (held >= wanted) {
                drop_below(w, least);
                return true;
            }
        }
        keep_down_to(w, last_of_mass(w, wanted, best, scale));
    }
    if (how.min_p > 0.0f) {
        const auto blocks =
            std::count_if(w.best.begin(), w.best.begin() + w.blocks(), [&](float b) { return b >= least; });
        if (blocks <= w.blocks() / 4) {
            gather(w, least);
            return true;
        }
        keep_down_to(w, {w.n, least});
    }
    return false;
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
    weights.reserve(std::max(static_cast<size_t>(n_vocab), size_t{4 * CLASSES}));
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
    return narrowed && narrow(w, how, best, scale) ? draw_candidate(w, best, scale, u)
                                                   : draw_from_row(w, best, scale, u);
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
