/*
 * sampler_rules_test.cpp: the sampler's rules one by one.
 */
#include "choices.h"

#include <algorithm>
#include <cmath>
#include <map>

using choices::generator;
using choices::INF;
using choices::NOT_A_NUMBER;
using choices::sample;
using choices::vocabulary;

TEST(greedy_takes_the_lowest_of_equals) {
    const auto n = static_cast<size_t>(vocabulary().info.n_vocab);
    support::sampler s(vocabulary());
    std::vector<float> logits(n, 1);
    CHECK_EQ(sample(s, logits, {}), 0);
    logits[500] = logits[501] = logits[40000] = 2;
    CHECK_EQ(sample(s, logits, {}), 500);
    logits[n - 1] = 3; /* the last token, in a block that is not whole */
    CHECK_EQ(sample(s, logits, {}), static_cast<int32_t>(n - 1));
}

/* Among equals the lower token is better, also where so many are left that they are not listed. */
TEST(cuts_among_equals_keep_the_lowest) {
    const auto n = static_cast<size_t>(vocabulary().info.n_vocab);
    const std::vector<float> logits(n, 0);
    mt_sampler_params p = support::sampler_params();
    p.temperature = 1;
    for (const int32_t kept : {3, 1024, 1025, 3333, 40000}) {
        int32_t largest = 0;
        for (p.seed = 0; p.seed < 50; ++p.seed) {
            p.top_k = kept;
            p.top_p = 1;
            support::sampler by_number(vocabulary(), p);
            const int32_t token = sample(by_number, logits, {});
            CHECK(token < kept);
            largest = std::max(largest, token);
            p.top_k = 0;
            p.top_p = (static_cast<float>(kept) - 0.5f) / static_cast<float>(n);
            support::sampler by_mass(vocabulary(), p);
            CHECK_EQ(sample(by_mass, logits, {}), token);
            p.min_p = 1;
            support::sampler by_both(vocabulary(), p);
            CHECK_EQ(sample(by_both, logits, {}), token);
            p.min_p = 0;
        }
        CHECK(largest > kept / 2);
    }
}

/* Frequencies of the draw against the softmax, by the chi-squared statistic. */
TEST(draws_follow_the_distribution) {
    const auto n = static_cast<size_t>(vocabulary().info.n_vocab);
    std::vector<float> logits(n, -INF);
    const std::vector<int32_t> tokens = {3, 64, 65, 9999, 50000};
    const double shares[] = {0.4, 0.3, 0.15, 0.1, 0.05};
    for (size_t i = 0; i < tokens.size(); ++i) {
        logits[static_cast<size_t>(tokens[i])] = static_cast<float>(std::log(shares[i]));
    }
    mt_sampler_params p = support::sampler_params();
    p.temperature = 1;
    p.seed = 123456789;
    support::sampler s(vocabulary(), p);
    std::map<int32_t, int> counts;
    constexpr int DRAWS = 4000;
    for (int i = 0; i < DRAWS; ++i) {
        const int32_t token = sample(s, logits, {});
        ++counts[token];
        OK(mt_sampler_feed(s, &token, 1, MT_FEED_OUTPUT));
    }
    double chi2 = 0;
    for (size_t i = 0; i < tokens.size(); ++i) {
        const double expected = shares[i] * DRAWS;
        chi2 += std::pow(counts[tokens[i]] - expected, 2) / expected;
    }
    CHECK_EQ(counts.size(), tokens.size());
    CHECK(chi2 < 18.47); /* 0.1 % of four degrees of freedom */
}

TEST(draws_depend_on_seed_and_index_alone) {
    const auto n = static_cast<size_t>(vocabulary().info.n_vocab);
    generator g(3);
    const std::vector<float> logits = g.logits(n);
    mt_sampler_params p = support::sampler_params();
    p.temperature = 1;
    p.seed = -5;
    support::sampler a(vocabulary(), p), b(vocabulary(), p);
    std::vector<int32_t> first;
    for (int i = 0; i < 20; ++i) {
        first.push_back(sample(a, logits, {}));
        CHECK_EQ(sample(a, logits, {}), first.back()); /* sampling itself counts nothing */
        OK(mt_sampler_feed(a, &first.back(), 1, MT_FEED_OUTPUT));
    }
    CHECK(std::count(first.begin(), first.end(), first[0]) < 20);
    const int32_t other = 77;
    for (int i = 0; i < 10; ++i) {
        OK(mt_sampler_feed(b, &other, 1, MT_FEED_OUTPUT));
    }
    CHECK_EQ(sample(b, logits, {}), first[10]);
    mt_sampler *c = nullptr;
    OK(mt_sampler_clone(b, &c));
    CHECK_EQ(sample(c, logits, {}), first[10]);
    OK(mt_sampler_feed(c, &other, 1, MT_FEED_OUTPUT));
    CHECK_EQ(sample(c, logits, {}), first[11]);
    CHECK_EQ(sample(b, logits, {}), first[10]); /* the copy is its own */
    OK(mt_sampler_free(c));
}

TEST(min_tokens_forbids_the_end_unless_nothing_else_is_left) {
    const auto n = static_cast<size_t>(vocabulary().info.n_vocab);
    const int32_t eos = vocabulary().info.token_eos;
    std::vector<float> logits(n, 0);
    logits[static_cast<size_t>(eos)] = 10;
    logits[42] = 5;
    mt_sampler_params p = support::sampler_params();
    p.min_tokens = 2;
    support::sampler s(vocabulary(), p);
    const int32_t answer = 42;
    CHECK_EQ(sample(s, logits, {}), answer);
    std::vector<int64_t> only_end((n + 63) / 64);
    only_end[static_cast<size_t>(eos) / 64] = static_cast<int64_t>(uint64_t{1} << eos % 64);
    CHECK_EQ(sample(s, logits, only_end), eos);
    OK(mt_sampler_feed(s, &answer, 1, MT_FEED_OUTPUT));
    CHECK_EQ(sample(s, logits, {}), answer);
    OK(mt_sampler_feed(s, &answer, 1, MT_FEED_OUTPUT));
    CHECK_EQ(sample(s, logits, {}), eos);
}

TEST(what_cannot_be_chosen_from_is_an_error) {
    const auto n = static_cast<size_t>(vocabulary().info.n_vocab);
    int32_t token = 0;
    for (const float temperature : {0.0f, 1.0f}) {
        mt_sampler_params p = support::sampler_params();
        p.temperature = temperature;
        support::sampler s(vocabulary(), p);
        const std::vector<float> nothing(n, NOT_A_NUMBER);
        FAILS_WITH(MT_ERR_INVALID_ARG, "no token can be chosen",
                   mt_sampler_sample(s, nothing.data(), static_cast<int32_t>(n), nullptr, &token, nullptr));
        const std::vector<float> forbidden(n, -INF);
        FAILS(MT_ERR_INVALID_ARG,
              mt_sampler_sample(s, forbidden.data(), static_cast<int32_t>(n), nullptr, &token, nullptr));
        std::vector<float> infinite(n, -INF);
        infinite[7] = INF;
        CHECK_EQ(sample(s, infinite, {}), 7);
    }
}

TEST(parameters_are_checked) {
    mt_sampler *s = nullptr;
    const auto refused = [&](auto &&change) {
        mt_sampler_params p = support::sampler_params();
        change(p);
        FAILS(MT_ERR_INVALID_ARG, mt_sampler_new(vocabulary(), &p, &s));
    };
    refused([](auto &p) { p.struct_size = 8; });
    refused([](auto &p) { p.temperature = -1; });
    refused([](auto &p) { p.temperature = NOT_A_NUMBER; });
    refused([](auto &p) { p.top_p = 0; });
    refused([](auto &p) { p.top_p = 1.5f; });
    refused([](auto &p) { p.min_p = -0.1f; });
    refused([](auto &p) { p.repetition_penalty = 0; });
    refused([](auto &p) { p.frequency_penalty = INF; });
    refused([](auto &p) { p.presence_penalty = NOT_A_NUMBER; });
    refused([](auto &p) { p.min_tokens = -1; });
    refused([](auto &p) { p.n_bias = 1; });
    const int32_t tokens[] = {vocabulary().info.n_vocab};
    const float values[] = {INF};
    refused([&](auto &p) {
        p.n_bias = 1;
        p.bias_token = tokens;
        p.bias_value = values;
    });
    const int32_t first[] = {0};
    refused([&](auto &p) {
        p.n_bias = 1;
        p.bias_token = first;
        p.bias_value = values;
    });
}
