/*
 * step_test.cpp: steps, forks, trims and verification on the tiny model.
 */
#include "support.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

using support::context;
using support::greedy;
using support::sampler;
using support::step;
using support::tiny;

namespace {

const std::vector<int32_t> PROMPT = {264, 116, 104, 101, 32, 97, 98, 99, 100, 261};

std::vector<int32_t> part(const std::vector<int32_t> &all, size_t from, size_t to) {
    return {all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to)};
}

/* The logprob of every token of the vocabulary that follows a prompt cannot be had at once; the best 20 can. */
step best_after(mt_context *c, int32_t sequence, const std::vector<int32_t> &tokens) {
    int32_t position = 0;
    OK(mt_sequence_length(c, sequence, &position));
    sampler s(tiny());
    step one;
    one.add(sequence, position, tokens, MT_STEP_SAMPLE, s, 21);
    OK(one.run(c));
    return one;
}

bool close(const step &a, const step &b) {
    for (size_t i = 0; i < 20; ++i) {
        if (a.top_token[i] != b.top_token[i] || std::fabs(a.top_logprob[i] - b.top_logprob[i]) > 1e-3f) {
            return false;
        }
    }
    return a.token[0] == b.token[0];
}

} // namespace

TEST(prefill_in_pieces_is_prefill_at_once) {
    context c(tiny());
    const step whole = best_after(c, 0, PROMPT);
    step first;
    first.add(1, 0, part(PROMPT, 0, 4));
    OK(first.run(c));
    CHECK_EQ(first.out.n_rows, 0);
    CHECK_EQ(first.row_count[0], 0);
    const step rest = best_after(c, 1, part(PROMPT, 4, PROMPT.size()));
    CHECK(close(whole, rest));
    CHECK_EQ(c.length(1), static_cast<int32_t>(PROMPT.size()));
    CHECK(greedy(c, tiny(), 0, {5}, 12) == greedy(c, tiny(), 1, {5}, 12));
}

TEST(logprobs_are_of_the_raw_distribution) {
    context c(tiny());
    mt_sampler_params p = support::sampler_params();
    p.temperature = 0.1f;
    const int32_t banned[] = {0};
    const float minus[] = {-100};
    p.n_bias = 1;
    p.bias_token = banned;
    p.bias_value = minus;
    sampler s(tiny(), p);
    step one;
    one.top_stride = 20;
    one.add(0, 0, PROMPT, MT_STEP_SAMPLE, s, 6);
    OK(one.run(c));
    CHECK(one.top_token[5] == -1 && std::isinf(one.top_logprob[5]));
    double sum = 0;
    for (size_t i = 0; i < 5; ++i) {
        CHECK(i == 0 || one.top_logprob[i] <= one.top_logprob[i - 1]);
        CHECK(one.top_logprob[i] < 0);
        sum += std::exp(static_cast<double>(one.top_logprob[i]));
        if (one.top_token[i] == one.token[0]) {
            CHECK_EQ(one.top_logprob[i], one.logprob[0]);
        }
    }
    CHECK(sum < 1 && one.logprob[0] <= one.top_logprob[0]);

    /* All of the distribution: greedy with every token forbidden in turn walks down the logprobs, which sum to 1. */
    const auto n = static_cast<size_t>(tiny().info.n_vocab);
    std::vector<int64_t> mask((n + 63) / 64, -1);
    double whole = 0;
    sampler g(tiny());
    for (size_t i = 0; i < n; ++i) {
        OK(mt_sequence_trim(c, 1, 0));
        step next;
        next.add(1, 0, PROMPT, MT_STEP_SAMPLE, g, 1, mask.data());
        OK(next.run(c));
        const auto t = static_cast<uint32_t>(next.token[0]);
        whole += std::exp(static_cast<double>(next.logprob[0]));
        mask[t / 64] &= ~static_cast<int64_t>(uint64_t{1} << t % 64);
    }
    CHECK(std::fabs(whole - 1) < 1e-3);
}

/* A mask of one row: only what it allows is chosen. */
TEST(masks_restrict) {
    context c(tiny());
    std::vector<int64_t> mask((static_cast<size_t>(tiny().info.n_vocab) + 63) / 64);
    mask[1] = int64_t{1} << 33; /* token 97 */
    sampler s(tiny());
    step one;
    one.add(0, 0, PROMPT, MT_STEP_SAMPLE, s, 0, mask.data());
    OK(one.run(c));
    CHECK_EQ(one.token[0], 97);
    CHECK_EQ(one.logprob[0], 0.0f);
}

TEST(many_sequences_in_one_step) {
    context c(tiny());
    std::vector<std::vector<int32_t>> prompts;
    std::vector<step> alone;
    for (int32_t i = 0; i < 6; ++i) {
        prompts.push_back(PROMPT);
        prompts.back().push_back(40 + i);
        prompts.back().resize(static_cast<size_t>(5 + i));
        alone.push_back(best_after(c, 7, prompts.back()));
        OK(mt_sequence_trim(c, 7, 0));
    }
    std::vector<std::unique_ptr<sampler>> samplers;
    step together;
    for (int32_t i = 0; i < 6; ++i) {
        samplers.push_back(std::make_unique<sampler>(tiny()));
        together.add(i, 0, prompts[static_cast<size_t>(i)], i == 2 ? 0 : MT_STEP_SAMPLE, *samplers.back(), 21);
    }
    OK(together.run(c));
    CHECK_EQ(together.out.n_rows, 5);
    int32_t row = 0;
    for (int32_t i = 0; i < 6; ++i) {
        CHECK_EQ(together.row_count[static_cast<size_t>(i)], i == 2 ? 0 : 1);
        if (i != 2) {
            CHECK_EQ(together.token[static_cast<size_t>(row)], alone[static_cast<size_t>(i)].token[0]);
            CHECK(std::fabs(together.logprob[static_cast<size_t>(row)] - alone[static_cast<size_t>(i)].logprob[0]) <
                  1e-3f);
            ++row;
        }
    }
}

TEST(forks_share_and_diverge) {
    context c(tiny());
    best_after(c, 0, PROMPT);
    const auto n = static_cast<int32_t>(PROMPT.size());
    CHECK_EQ(c.info().used_cells, n);
    OK(mt_sequence_fork(c, 0, 1, 6));
    OK(mt_sequence_fork(c, 0, 2, n));
    CHECK_EQ(c.length(1), 6);
    CHECK_EQ(c.length(2), n);
    CHECK_EQ(c.info().used_cells, n); /* shared, counted once */

    const step forked = best_after(c, 1, part(PROMPT, 6, PROMPT.size()));
    CHECK_EQ(c.info().used_cells, n + 4);
    context fresh(tiny());
    CHECK(close(forked, best_after(fresh, 3, PROMPT)));

    OK(mt_sequence_trim(c, 0, 0)); /* the forks keep what they hold */
    CHECK_EQ(c.info().used_cells, n + 4);
    CHECK(greedy(c, tiny(), 2, {7}, 8) == greedy(c, tiny(), 1, {7}, 8));
    OK(mt_sequence_fork(c, 1, 2, 3)); /* what it held is dropped */
    CHECK_EQ(c.length(2), 3);
    OK(mt_sequence_trim(c, 1, 0));
    CHECK_EQ(c.info().used_cells, 3);
    OK(mt_sequence_trim(c, 2, 0));
    CHECK_EQ(c.info().used_cells, 0);
}

TEST(trimmed_and_fed_again_is_the_same) {
    context c(tiny());
    const step before = best_after(c, 0, PROMPT);
    greedy(c, tiny(), 0, {9}, 20);
    OK(mt_sequence_trim(c, 0, static_cast<int32_t>(PROMPT.size()) - 3));
    CHECK(close(before, best_after(c, 0, part(PROMPT, PROMPT.size() - 3, PROMPT.size()))));
}

/* Drafts of any quality give the tokens that one-by-one sampling gives, also with penalties and random draws. */
TEST(verification_is_one_by_one_sampling) {
    std::mt19937 random(11);
    for (int round = 0; round < 12; ++round) {
        mt_sampler_params p = support::sampler_params();
        p.temperature = round % 3 == 0 ? 0.0f : 1.3f;
        p.repetition_penalty = 1.2f;
        p.frequency_penalty = 0.3f;
        p.top_k = round % 2 == 0 ? 0 : 20;
        p.seed = round;
        sampler plain(tiny(), p), drafted(tiny(), p);
        context c(tiny());
        std::vector<int32_t> wanted;
        std::vector<int32_t> next = PROMPT;
        for (int32_t at = 0; wanted.size() < 24;) {
            step one;
            one.add(0, at, next, MT_STEP_SAMPLE, plain);
            OK(one.run(c));
            at += static_cast<int32_t>(next.size());
            next = {one.token[0]};
            wanted.push_back(one.token[0]);
        }

        step first;
        first.add(1, 0, PROMPT, MT_STEP_SAMPLE, drafted);
        OK(first.run(c));
        std::vector<int32_t> got = {first.token[0]};
        bool rejected = false, accepted = false;
        while (got.size() < wanted.size()) {
            const int32_t at = c.length(1);
            CHECK_EQ(at, static_cast<int32_t>(PROMPT.size() + got.size()) - 1);
            std::vector<int32_t> segment = {got.back()};
            for (size_t i = got.size(); i < std::min(wanted.size(), got.size() + 4); ++i) {
                segment.push_back(random() % 4 == 0 ? 3 : wanted[i]);
            }
            step verify;
            verify.add(1, at, segment, MT_STEP_VERIFY, drafted, 1);
            OK(verify.run(c));
            const int32_t rows = verify.row_count[0];
            CHECK(rows >= 1 && rows <= static_cast<int32_t>(segment.size()));
            CHECK_EQ(verify.out.n_rows, rows);
            for (int32_t r = 0; r < rows; ++r) {
                got.push_back(verify.token[static_cast<size_t>(r)]);
                const bool same =
                    r + 1 < static_cast<int32_t>(segment.size()) && segment[static_cast<size_t>(r) + 1] == got.back();
                CHECK_EQ(same, r + 1 < rows);
            }
            rejected = rejected || rows < static_cast<int32_t>(segment.size());
            accepted = accepted || rows > 1;
            CHECK_EQ(c.length(1), at + rows);
        }
        got.resize(wanted.size());
        CHECK(got == wanted);
        CHECK(rejected && accepted);
        CHECK_EQ(c.info().used_cells, c.length(0) + c.length(1));
    }
}

/* Each row of a verification has its own mask. */
TEST(verification_takes_a_mask_a_row) {
    context c(tiny());
    const size_t words = (static_cast<size_t>(tiny().info.n_vocab) + 63) / 64;
    std::vector<int64_t> masks(3 * words);
    masks[0 * words] = int64_t{1} << 10;
    masks[1 * words] = int64_t{1} << 20;
    masks[2 * words] = int64_t{1} << 30;
    sampler s(tiny());
    step verify;
    verify.add(0, 0, {65, 10, 20}, MT_STEP_VERIFY, s, 0, masks.data());
    OK(verify.run(c));
    CHECK_EQ(verify.row_count[0], 3);
    CHECK(part(verify.token, 0, 3) == (std::vector<int32_t>{10, 20, 30}));
    CHECK_EQ(c.length(0), 3);
}

TEST(no_space_changes_nothing) {
    mt_context_params p = support::context_params();
    p.n_ctx = 256;
    p.n_batch = 128;
    context c(tiny(), p);
    const std::vector<int32_t> long_prompt(120, 97);
    step fill;
    fill.add(0, 0, long_prompt);
    OK(fill.run(c));
    step more;
    more.add(1, 0, std::vector<int32_t>(100, 98));
    OK(more.run(c));
    CHECK_EQ(c.info().used_cells, 220);

    mt_sampler_params sp = support::sampler_params();
    sp.temperature = 1;
    sampler s(tiny(), sp);
    step too_much;
    too_much.add(2, 0, PROMPT, MT_STEP_SAMPLE, s);
    too_much.add(1, 100, std::vector<int32_t>(40, 99));
    FAILS_WITH(MT_ERR_NO_SPACE, "220 of 256", too_much.run(c));
    CHECK_EQ(c.length(1), 100);
    CHECK_EQ(c.length(2), 0);
    CHECK_EQ(c.info().used_cells, 220);

    OK(mt_sequence_trim(c, 0, 60)); /* room again */
    OK(too_much.run(c));
    CHECK_EQ(c.info().used_cells, 210);
    context fresh(tiny(), p);
    sampler again(tiny(), sp);
    step alone;
    alone.add(5, 0, PROMPT, MT_STEP_SAMPLE, again);
    OK(alone.run(fresh));
    CHECK_EQ(too_much.token[0], alone.token[0]);
}

TEST(a_full_cache_can_be_used_to_the_last_cell) {
    mt_context_params p = support::context_params();
    p.n_batch = 256;
    context c(tiny(), p);
    step fill;
    fill.add(3, 0, std::vector<int32_t>(256, 97));
    OK(fill.run(c));
    CHECK_EQ(c.info().used_cells, 256);
    sampler s(tiny());
    step one;
    one.add(3, 256, {97}, MT_STEP_SAMPLE, s);
    FAILS(MT_ERR_NO_SPACE, one.run(c));
    OK(mt_sequence_trim(c, 3, 255));
    one.position[0] = 255;
    OK(one.run(c));
}

TEST(separate_streams_copy_whole_sequences) {
    mt_context_params p = support::context_params();
    p.kv_unified = 0;
    p.n_ctx = 1024;
    p.n_seq_max = 4;
    context c(tiny(), p);
    CHECK_EQ(c.info().n_ctx_seq, 256);
    const step whole = best_after(c, 0, PROMPT);
    const auto n = static_cast<int32_t>(PROMPT.size());
    FAILS(MT_ERR_UNSUPPORTED, mt_sequence_fork(c, 0, 1, n - 1));
    OK(mt_sequence_fork(c, 0, 1, n));
    OK(mt_sequence_fork(c, 1, 2, n));
    CHECK_EQ(c.info().used_cells, 3 * n);
    OK(mt_sequence_trim(c, 0, 0));
    CHECK(greedy(c, tiny(), 1, {7}, 8) == greedy(c, tiny(), 2, {7}, 8));
    CHECK(close(whole, best_after(c, 3, PROMPT)));

    /* Segments of different lengths, which llama.cpp computes in several graphs. */
    sampler a(tiny()), b(tiny());
    OK(mt_sequence_trim(c, 1, 0));
    step mixed;
    mixed.add(0, 0, PROMPT, MT_STEP_SAMPLE, a);
    mixed.add(1, 0, part(PROMPT, 0, 3), MT_STEP_SAMPLE, b);
    OK(mixed.run(c));
    CHECK_EQ(mixed.token[0], whole.token[0]);
    FAILS(MT_ERR_NO_SPACE, [&] {
        step too_long;
        too_long.add(2, c.length(2), std::vector<int32_t>(64, 97));
        int32_t code = MT_OK;
        for (int i = 0; i < 8 && code == MT_OK; ++i) {
            code = too_long.run(c);
            too_long.position[0] = c.length(2);
        }
        return code;
    }());
}

/* mt_abort() from another thread ends a step and leaves everything as it was. */
TEST(abort_from_another_thread) {
    mt_context_params p = support::context_params();
    p.n_ctx = 2048;
    p.n_batch = 2048;
    p.n_threads_batch = 2;
    context c(tiny(), p);
    best_after(c, 0, PROMPT);
    mt_sampler_params sp = support::sampler_params();
    sp.temperature = 1;
    sampler s(tiny(), sp), untouched(tiny(), sp);
    std::atomic<bool> stop{false};
    std::thread aborter([&] {
        while (!stop) {
            mt_abort(c);
        }
    });
    step big;
    big.add(1, 0, std::vector<int32_t>(1500, 97), MT_STEP_SAMPLE, s);
    const int32_t code = big.run(c);
    stop = true;
    aborter.join();
    FAILS(MT_ERR_ABORTED, code);
    CHECK_EQ(c.length(1), 0);
    CHECK_EQ(c.length(0), static_cast<int32_t>(PROMPT.size()));
    CHECK_EQ(c.info().used_cells, static_cast<int32_t>(PROMPT.size()));
    CHECK_EQ(c.info().poisoned, 0);

    step small; /* an abort before a step does not end it */
    OK(mt_abort(c));
    small.add(0, static_cast<int32_t>(PROMPT.size()), {5}, MT_STEP_SAMPLE, s);
    small.add(2, 0, PROMPT, MT_STEP_SAMPLE, untouched);
    OK(small.run(c));
    context fresh(tiny(), p);
    sampler other(tiny(), sp);
    std::vector<int32_t> all = PROMPT;
    all.push_back(5);
    step same;
    same.add(0, 0, all, MT_STEP_SAMPLE, other);
    OK(same.run(fresh));
    CHECK_EQ(small.token[0], same.token[0]);
}

TEST(impossible_choices_say_so_and_fail_nobody_else) {
    context c(tiny());
    std::vector<int32_t> all(static_cast<size_t>(tiny().info.n_vocab));
    std::vector<float> minus(all.size(), -INFINITY);
    for (size_t i = 0; i < all.size(); ++i) {
        all[i] = static_cast<int32_t>(i);
    }
    mt_sampler_params p = support::sampler_params();
    p.n_bias = static_cast<int32_t>(all.size());
    p.bias_token = all.data();
    p.bias_value = minus.data();
    sampler impossible(tiny(), p), fine(tiny());
    step both;
    both.add(0, 0, PROMPT, MT_STEP_SAMPLE, impossible, 3);
    both.add(1, 0, PROMPT, MT_STEP_SAMPLE, fine, 3);
    OK(both.run(c));
    CHECK_EQ(both.token[0], -1);
    CHECK_EQ(both.logprob[0], 0.0f);
    CHECK(both.token[1] >= 0 && both.logprob[1] < 0);
    step verify;
    verify.add(2, 0, {65, 66, 67}, MT_STEP_VERIFY, impossible);
    OK(verify.run(c));
    CHECK_EQ(verify.row_count[0], 1);
    CHECK_EQ(c.length(2), 1);
}

TEST(info_and_perf) {
    mt_context_params p = support::context_params();
    context c(tiny(), p);
    const mt_context_info i = c.info();
    CHECK_EQ(i.n_ctx, 256);
    CHECK_EQ(i.n_ctx_seq, 256);
    CHECK_EQ(i.n_batch, 64);
    CHECK_EQ(i.n_seq_max, 8);
    CHECK_EQ(i.n_outputs_max, 32);
    CHECK_EQ(i.can_trim, 1);
    CHECK_EQ(i.used_cells, 0);
    const double kv = 256.0 * 2 * 2 * (64 / 4 * 2) * 2; /* cells, layers, K and V, values, bytes of F16 */
    CHECK(std::fabs(static_cast<double>(i.kv_bytes) - kv) < 0.01 * 1048576);
    greedy(c, tiny(), 0, PROMPT, 5);
    mt_perf perf{};
    perf.struct_size = sizeof(perf);
    OK(mt_perf_get(c, &perf));
    CHECK_EQ(perf.steps, 5);
    CHECK_EQ(perf.tokens_in, static_cast<int64_t>(PROMPT.size()) + 4);
    CHECK_EQ(perf.tokens_out, 5);
    CHECK(perf.decode_micros > 0);
    OK(mt_context_set_threads(c, 3, 3)); /* twice without a step between */
    OK(mt_context_set_threads(c, 1, 2));
    CHECK_EQ(c.info().n_threads, 1);
    CHECK_EQ(c.info().n_threads_batch, 2);
    const auto after = greedy(c, tiny(), 1, PROMPT, 5);
    OK(mt_sequence_trim(c, 0, 0));
    OK(mt_context_set_threads(c, 2, 1));
    CHECK(after == greedy(c, tiny(), 0, PROMPT, 5));
}

/* 255 sequences of a context whose llama.cpp reserves only few rows. */
TEST(all_sequence_ids_work) {
    mt_context_params p = support::context_params();
    p.n_seq_max = 255;
    p.n_outputs_max = 4;
    p.n_ctx = 1024;
    context c(tiny(), p);
    best_after(c, 0, PROMPT);
    for (int32_t s = 1; s < 255; ++s) {
        OK(mt_sequence_fork(c, s - 1, s, static_cast<int32_t>(PROMPT.size())));
    }
    CHECK_EQ(c.info().used_cells, static_cast<int32_t>(PROMPT.size()));
    CHECK(greedy(c, tiny(), 254, {5}, 6) == greedy(c, tiny(), 128, {5}, 6));
    FAILS(MT_ERR_INVALID_ARG, mt_sequence_trim(c, 255, 0));
}
