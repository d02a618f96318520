/*
 * score_test.cpp: log probabilities of prompts, against llama.cpp's own.
 */
#include "support.h"

#include <llama.h>

#include <algorithm>
#include <cmath>
#include <utility>

using support::context;
using support::sampler;
using support::step;
using support::tiny;

namespace {

const std::vector<int32_t> PROMPT = {264, 116, 104, 101, 32, 97, 98, 99, 100, 261};

/* The log probability of each token of the prompt but the first, and the best token at its place, by llama.cpp alone.
 */
std::vector<std::pair<float, int32_t>> scores_of_llama(const std::vector<int32_t> &tokens) {
    llama_model_params mp = llama_model_default_params();
    llama_model *m = llama_model_load_from_file((support::temporary_folder() + "/tiny.gguf").c_str(), mp);
    CHECK(m != nullptr);
    llama_context_params cp = llama_context_default_params();
    cp.n_ctx = 256;
    cp.n_threads = 1;
    cp.n_threads_batch = 1;
    llama_context *c = llama_init_from_model(m, cp);
    CHECK(c != nullptr);
    const int32_t n_vocab = llama_vocab_n_tokens(llama_model_get_vocab(m));
    std::vector<std::pair<float, int32_t>> scores;
    for (size_t i = 0; i + 1 < tokens.size(); ++i) {
        int32_t token = tokens[i];
        CHECK_EQ(llama_decode(c, llama_batch_get_one(&token, 1)), 0);
        const float *logits = llama_get_logits_ith(c, -1);
        double sum = 0;
        int32_t best = 0;
        for (int32_t t = 0; t < n_vocab; ++t) {
            sum += std::exp(static_cast<double>(logits[t]));
            best = logits[t] > logits[best] ? t : best;
        }
        scores.emplace_back(static_cast<float>(static_cast<double>(logits[tokens[i + 1]]) - std::log(sum)), best);
    }
    llama_free(c);
    llama_model_free(m);
    return scores;
}

} // namespace

/* Whole and in pieces, with a token chosen behind the last and without. */
TEST(scores_are_those_of_llama) {
    context c(tiny());
    const auto n = static_cast<int32_t>(PROMPT.size());
    const auto wanted = scores_of_llama(PROMPT);
    const auto as_wanted = [&](const step &one, int32_t from, int32_t rows) {
        for (int32_t r = 0; r < rows; ++r) {
            const auto at = static_cast<size_t>(r);
            const auto &[logprob, best] = wanted[static_cast<size_t>(from + r)];
            CHECK_EQ(one.token[at], PROMPT[static_cast<size_t>(from + r + 1)]);
            CHECK(std::fabs(one.logprob[at] - logprob) < 1e-3f);
            CHECK_EQ(one.top_token[at * 20], best);
            CHECK(one.top_logprob[at * 20] >= one.logprob[at]);
        }
    };
    step whole;
    whole.add(0, 0, PROMPT, MT_STEP_SCORE, nullptr, 3);
    OK(whole.run(c));
    CHECK_EQ(whole.row_count[0], n - 1);
    CHECK_EQ(whole.out.n_rows, n - 1);
    as_wanted(whole, 0, n - 1);
    CHECK_EQ(c.length(0), n);

    sampler s(tiny());
    step alone;
    alone.add(1, 0, PROMPT, MT_STEP_SAMPLE, s);
    OK(alone.run(c));
    step sampled;
    sampled.add(2, 0, PROMPT, MT_STEP_SCORE | MT_STEP_SAMPLE, s, 2);
    OK(sampled.run(c));
    CHECK_EQ(sampled.row_count[0], n);
    as_wanted(sampled, 0, n - 1);
    CHECK_EQ(sampled.token[static_cast<size_t>(n - 1)], alone.token[0]);

    for (int32_t from = 0, pieces = 0; from < n; from += 3, ++pieces) {
        const int32_t to = std::min(n, from + 3);
        sampler other(tiny());
        step piece;
        piece.add(4, 0, PROMPT, MT_STEP_SAMPLE, other); /* somebody else's row before */
        if (pieces > 0) {
            piece = step{};
        }
        piece.add(3, from, {PROMPT.begin() + from, PROMPT.begin() + to}, MT_STEP_SCORE, nullptr, 2);
        const size_t segment = piece.flags.size() - 1;
        piece.next.assign(piece.flags.size(), -1);
        piece.next[segment] = to < n ? PROMPT[static_cast<size_t>(to)] : -1;
        OK(piece.run(c));
        CHECK_EQ(piece.row_count[segment], to < n ? 3 : to - from - 1);
        if (pieces > 0) {
            as_wanted(piece, from, piece.row_count[0]);
        } else {
            CHECK_EQ(piece.token[0], alone.token[0]);
            CHECK(std::fabs(piece.logprob[1] - wanted[0].first) < 1e-3f);
        }
    }
    CHECK_EQ(c.length(3), n);
}

TEST(scores_are_asked_for_in_order) {
    context c(tiny());
    sampler s(tiny());
    step none;
    none.add(0, 0, PROMPT, MT_STEP_SCORE, nullptr, 0);
    FAILS_WITH(MT_ERR_INVALID_ARG, "without log probabilities", none.run(c));
    step both;
    both.add(0, 0, PROMPT, MT_STEP_SCORE | MT_STEP_VERIFY, s, 1);
    FAILS_WITH(MT_ERR_INVALID_ARG, "flags is 6", both.run(c));
    step beyond;
    beyond.add(0, 0, PROMPT, MT_STEP_SCORE, nullptr, 1);
    beyond.next = {tiny().info.n_vocab};
    FAILS_WITH(MT_ERR_INVALID_ARG, "next is", beyond.run(c));
    step many;
    many.add(0, 0, std::vector<int32_t>(40, 97), MT_STEP_SCORE, nullptr, 1);
    FAILS_WITH(MT_ERR_INVALID_ARG, "39 rows", many.run(c));
    CHECK_EQ(c.length(0), 0);
    step one;
    one.add(0, 0, {97}, MT_STEP_SCORE, nullptr, 1);
    OK(one.run(c));
    CHECK_EQ(one.out.n_rows, 0);
    CHECK_EQ(c.length(0), 1);
}
