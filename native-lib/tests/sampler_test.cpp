/*
 * sampler_test.cpp: the sampler against a plain reference that sorts everything in double precision, over random logits
 * and parameters.
 */
#include "choices.h"
#include "philox.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

using choices::generator;
using choices::INF;
using choices::vocabulary;

namespace {

struct history {
    std::vector<int32_t> prompt, output;
};

struct weighted {
    int32_t token;
    double logit;
};

bool better(const weighted &a, const weighted &b) {
    return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

std::vector<int32_t> ends_of(support::model &m) {
    const auto n = static_cast<size_t>(m.info.n_vocab);
    std::vector<int32_t> offsets(n + 1), flags(n), ends;
    std::vector<char> text(1 << 20);
    int32_t needed = 0;
    OK(mt_vocab_export(m, offsets.data(), flags.data(), text.data(), 1 << 20, &needed));
    for (size_t t = 0; t < n; ++t) {
        if ((flags[t] & MT_TOKEN_EOG) != 0) {
            ends.push_back(static_cast<int32_t>(t));
        }
    }
    return ends;
}

/* The logits after mask, bias, min_tokens and penalties, by the words of martlet.h. */
std::vector<float> edited(const mt_sampler_params &p, const history &h, const std::vector<int32_t> &ends,
                          const std::vector<float> &logits, const std::vector<int64_t> &mask) {
    std::vector<float> x = logits;
    for (size_t t = 0; t < x.size(); ++t) {
        if (std::isnan(x[t]) || (!mask.empty() && (static_cast<uint64_t>(mask[t / 64]) >> t % 64 & 1) == 0)) {
            x[t] = -INF;
        }
    }
    for (int32_t i = 0; i < p.n_bias; ++i) {
        x[static_cast<size_t>(p.bias_token[i])] += p.bias_value[i];
    }
    if (static_cast<int32_t>(h.output.size()) < p.min_tokens) {
        std::vector<float> without = x;
        for (const int32_t t : ends) {
            without[static_cast<size_t>(t)] = -INF;
        }
        if (std::any_of(without.begin(), without.end(), [](float l) { return l != -INF; })) {
            x = without;
        }
    }
    std::map<int32_t, int> seen, written;
    for (const int32_t t : h.prompt) {
        ++seen[t];
    }
    for (const int32_t t : h.output) {
        ++seen[t];
        ++written[t];
    }
    for (const auto &[t, n] : seen) {
        float &l = x[static_cast<size_t>(t)];
        l = l > 0 ? l / p.repetition_penalty : l * p.repetition_penalty;
    }
    for (const auto &[t, n] : written) {
        x[static_cast<size_t>(t)] -= p.frequency_penalty * static_cast<float>(n) + p.presence_penalty;
    }
    return x;
}

/* The narrowed distribution: tokens in ascending number with their share. */
std::vector<std::pair<int32_t, double>> distribution(const mt_sampler_params &p, const std::vector<float> &x) {
    std::vector<weighted> all;
    for (size_t t = 0; t < x.size(); ++t) {
        if (x[t] != -INF) {
            all.push_back({static_cast<int32_t>(t), static_cast<double>(x[t])});
        }
    }
    std::sort(all.begin(), all.end(), better);
    if (p.top_k > 0 && static_cast<size_t>(p.top_k) < all.size()) {
        all.resize(static_cast<size_t>(p.top_k));
    }
    const double best = all.front().logit;
    const auto weight = [&](const weighted &w) {
        return std::exp((w.logit - best) / static_cast<double>(p.temperature));
    };
    double sum = 0;
    for (const weighted &w : all) {
        sum += weight(w);
    }
    if (p.top_p < 1) {
        double held = 0;
        size_t n = 0;
        while (n < all.size() && held < static_cast<double>(p.top_p) * sum) {
            held += weight(all[n++]);
        }
        all.resize(n);
    }
    std::vector<std::pair<int32_t, double>> left;
    sum = 0;
    for (const weighted &w : all) {
        if (weight(w) >= static_cast<double>(p.min_p)) {
            left.push_back({w.token, weight(w)});
            sum += weight(w);
        }
    }
    std::sort(left.begin(), left.end());
    for (auto &[t, share] : left) {
        share /= sum;
    }
    return left;
}

double log_softmax(const std::vector<float> &logits, int32_t token) {
    double best = -HUGE_VAL;
    for (const float l : logits) {
        best = std::isnan(l) ? best : std::max(best, static_cast<double>(l));
    }
    double sum = 0;
    for (const float l : logits) {
        sum += std::isnan(l) ? 0 : std::exp(static_cast<double>(l) - best);
    }
    return static_cast<double>(logits[static_cast<size_t>(token)]) - best - std::log(sum);
}

/* Whether the reference, with u or a cut moved by as much as rounding may, draws the token. */
bool draws(const mt_sampler_params &p, const std::vector<float> &x, double u, int32_t token, double slack) {
    double below = 0;
    for (const auto &[t, share] : distribution(p, x)) {
        if (t == token && u >= below - slack && u < below + share + slack) {
            return true;
        }
        below += share;
    }
    return false;
}

/* One choice against the reference; returns whether it lies at a border, where rounding decides. */
bool check_choice(support::model &m, const std::vector<int32_t> &ends, const mt_sampler_params &p, const history &h,
                  const std::vector<float> &logits, const std::vector<int64_t> &mask) {
    support::sampler s(m, p);
    OK(mt_sampler_feed(s, h.prompt.data(), static_cast<int32_t>(h.prompt.size()), MT_FEED_PROMPT));
    OK(mt_sampler_feed(s, h.output.data(), static_cast<int32_t>(h.output.size()), MT_FEED_OUTPUT));
    const std::vector<float> x = edited(p, h, ends, logits, mask);
    const auto best = std::max_element(x.begin(), x.end()); /* the first of equals */
    int32_t token = -1;
    float logprob = 0;
    const int32_t code = mt_sampler_sample(s, logits.data(), static_cast<int32_t>(logits.size()),
                                           mask.empty() ? nullptr : mask.data(), &token, &logprob);
    if (*best == -INF) {
        CHECK_EQ(code, MT_ERR_INVALID_ARG);
        return false;
    }
    OK(code);
    CHECK(std::fabs(static_cast<double>(logprob) - log_softmax(logits, token)) < 1e-5);
    if (p.temperature == 0) {
        CHECK_EQ(token, static_cast<int32_t>(best - x.begin()));
        return false;
    }
    const double u = martlet::uniform_draw(p.seed, static_cast<int64_t>(h.output.size()));
    if (draws(p, x, u, token, 0)) {
        return false;
    }
    for (const float nudge : {-1e-5f, 0.0f, 1e-5f}) {
        for (const float other : {-1e-5f, 0.0f, 1e-5f}) {
            mt_sampler_params q = p;
            q.top_p = p.top_p < 1 ? p.top_p * (1 + nudge) : 1;
            q.min_p = p.min_p * (1 + other);
            if (draws(q, x, u, token, 2e-5)) {
                return true;
            }
        }
    }
    printf("    token %d, u %.9f, T %g k %d p %g m %g\n", token, u, static_cast<double>(p.temperature), p.top_k,
           static_cast<double>(p.top_p), static_cast<double>(p.min_p));
    CHECK(false);
    return false;
}

} // namespace

TEST(philox_known_answers) {
    /* Of the Random123 distribution, kat_vectors. */
    using counter = std::array<uint32_t, 4>;
    CHECK((martlet::philox({0, 0, 0, 0}, {0, 0}) == counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    CHECK(
        (martlet::philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) == counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    CHECK((martlet::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
           counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

/* Every choice is the reference's, except where the draw or a cut lies within rounding of a border. */
TEST(choices_are_those_of_the_reference) {
    const uint32_t seed = std::random_device()();
    printf("    seed %u\n", seed);
    generator g(seed);
    const auto n = static_cast<size_t>(vocabulary().info.n_vocab);
    const std::vector<int32_t> ends = ends_of(vocabulary());
    int borders = 0;
    constexpr int ROUNDS = 400;
    for (int round = 0; round < ROUNDS; ++round) {
        mt_sampler_params p = support::sampler_params();
        p.temperature = g.below(6) == 0 ? 0.0f : static_cast<float>(0.2 + 1.6 * g.unit());
        const int ks[] = {0, 0, 1, 5, 40, 300, 2000, 60000};
        p.top_k = ks[g.below(8)];
        const float ps[] = {1, 1, 0.95f, 0.5f, 0.999f, 0.01f};
        p.top_p = ps[g.below(6)];
        const float ms[] = {0, 0, 0.05f, 0.3f, 1, 1e-4f};
        p.min_p = ms[g.below(6)];
        p.repetition_penalty = g.below(2) == 0 ? 1 : static_cast<float>(0.8 + g.unit());
        p.frequency_penalty = g.below(2) == 0 ? 0 : g.sixtyfourths();
        p.presence_penalty = g.below(2) == 0 ? 0 : g.sixtyfourths();
        p.min_tokens = g.below(2) * 150;
        p.seed = g.seed();
        const auto bias = g.bias(n, g.below(4));
        p.n_bias = static_cast<int32_t>(bias.first.size());
        p.bias_token = bias.first.data();
        p.bias_value = bias.second.data();
        history h;
        for (int i = g.below(600); i > 0; --i) {
            (i % 2 == 0 ? h.prompt : h.output).push_back(g.below(500));
        }
        borders +=
            check_choice(vocabulary(), ends, p, h, g.logits(n), g.below(2) == 0 ? std::vector<int64_t>() : g.mask(n));
    }
    printf("    %d of %d at a border\n", borders, ROUNDS);
    CHECK(borders < ROUNDS / 50);
}

/* The same for every combination of the parameters, on a small vocabulary. */
TEST(choices_are_those_of_the_reference_in_every_combination) {
    const uint32_t seed = std::random_device()();
    printf("    seed %u\n", seed);
    generator g(seed);
    support::model &m = support::tiny();
    const auto n = static_cast<size_t>(m.info.n_vocab);
    const std::vector<int32_t> ends = ends_of(m);
    CHECK(!ends.empty());
    int borders = 0, count = 0;
    const auto check = [&](const mt_sampler_params &p, int penalties, bool masked) {
        mt_sampler_params q = p;
        if (penalties == 1 || penalties == 4) {
            q.repetition_penalty = static_cast<float>(0.8 + g.unit());
        }
        q.frequency_penalty = penalties == 2 || penalties == 4 ? g.sixtyfourths() : 0;
        q.presence_penalty = penalties >= 3 ? g.sixtyfourths() : 0;
        q.seed = g.seed();
        history h;
        for (int i = g.below(60); i > 0; --i) {
            (i % 2 == 0 ? h.prompt : h.output).push_back(g.below(static_cast<int>(n)));
        }
        const auto bias = g.bias(n, p.n_bias);
        q.bias_token = bias.first.data();
        q.bias_value = bias.second.data();
        borders += check_choice(m, ends, q, h, g.logits(n), masked ? g.mask(n) : std::vector<int64_t>());
        ++count;
    };
    mt_sampler_params p = support::sampler_params();
    for (const float temperature : {0.0f, 0.3f, 1.0f, 2.5f}) {
        p.temperature = temperature;
        for (const int32_t top_k : {0, 1, 7, 500}) {
            p.top_k = top_k;
            for (const float top_p : {1.0f, 0.9f, 0.2f}) {
                p.top_p = top_p;
                for (const float min_p : {0.0f, 0.02f, 0.5f}) {
                    p.min_p = min_p;
                    for (const int32_t min_tokens : {0, 15}) {
                        p.min_tokens = min_tokens;
                        for (const int32_t n_bias : {0, 5}) {
                            p.n_bias = n_bias;
                            for (int penalties = 0; penalties < 5; ++penalties) {
                                check(p, penalties, false);
                                check(p, penalties, true);
                            }
                        }
                    }
                }
            }
        }
    }
    printf("    %d of %d at a border\n", borders, count);
    CHECK(count == 4 * 4 * 3 * 3 * 2 * 2 * 10);
    CHECK(borders < count / 200);
}
