/*
 * limits_test.cpp: the rows of the containment table that input of ours reaches: what is out of range, beyond a limit,
 * or does not fit together is an error, and changes nothing.
 */
#include "support.h"

#include <cmath>
#include <limits>

using support::context;
using support::greedy;
using support::sampler;
using support::step;
using support::tiny;

namespace {

const std::vector<int32_t> PROMPT = {264, 97, 98, 99};

} // namespace

TEST(token_out_of_range) {
    char text[16];
    int32_t needed = 0;
    sampler s(tiny());
    context c(tiny());
    for (const int32_t token : {-1, tiny().info.n_vocab, INT32_MIN, INT32_MAX}) {
        FAILS_WITH(MT_ERR_INVALID_ARG, std::to_string(token),
                   mt_detokenize(tiny(), &token, 1, 0, text, sizeof(text), &needed));
        FAILS(MT_ERR_INVALID_ARG, mt_sampler_feed(s, &token, 1, MT_FEED_OUTPUT));
        step one;
        one.add(0, 0, {97, token}, MT_STEP_SAMPLE, s);
        FAILS(MT_ERR_INVALID_ARG, one.run(c));
        CHECK_EQ(c.length(0), 0);
    }
}

TEST(more_than_the_limits) {
    context c(tiny());
    sampler s(tiny());
    step tokens;
    tokens.add(0, 0, std::vector<int32_t>(65, 97));
    FAILS_WITH(MT_ERR_INVALID_ARG, "n_batch", tokens.run(c));
    step rows;
    rows.add(0, 0, std::vector<int32_t>(33, 97), MT_STEP_VERIFY, s);
    FAILS_WITH(MT_ERR_INVALID_ARG, "n_outputs_max", rows.run(c));
    step room;
    room.row_capacity = 2;
    room.add(0, 0, std::vector<int32_t>(3, 97), MT_STEP_VERIFY, s);
    FAILS_WITH(MT_ERR_INVALID_ARG, "row_capacity", room.run(c));
    step stride;
    stride.top_stride = 2;
    stride.add(0, 0, PROMPT, MT_STEP_SAMPLE, s, 4);
    FAILS_WITH(MT_ERR_INVALID_ARG, "top_stride", stride.run(c));
    stride.top_stride = 20;
    stride.top[0] = 22;
    FAILS(MT_ERR_INVALID_ARG, stride.run(c));
    std::vector<std::unique_ptr<sampler>> samplers;
    step many;
    for (int32_t i = 0; i < 9; ++i) {
        samplers.push_back(std::make_unique<sampler>(tiny()));
        many.add(i, 0, {97}, MT_STEP_SAMPLE, *samplers.back());
    }
    FAILS_WITH(MT_ERR_INVALID_ARG, "n_segments", many.run(c));
    CHECK_EQ(c.info().used_cells, 0);
}

TEST(context_sizes) {
    mt_context *c = nullptr;
    const auto refused = [&](int32_t code, auto &&change) {
        mt_context_params p = support::context_params();
        change(p);
        FAILS(code, mt_context_open(tiny(), &p, &c));
    };
    refused(MT_ERR_INVALID_ARG, [](auto &p) { p.struct_size = 0; });
    refused(MT_ERR_INVALID_ARG, [](auto &p) { p.n_ctx = 0; });
    refused(MT_ERR_INVALID_ARG, [](auto &p) { p.n_batch = 0; });
    refused(MT_ERR_INVALID_ARG, [](auto &p) { p.n_seq_max = 0; });
    refused(MT_ERR_INVALID_ARG, [](auto &p) { p.n_seq_max = 256; });
    refused(MT_ERR_INVALID_ARG, [](auto &p) { p.n_outputs_max = 0; });
    refused(MT_ERR_INVALID_ARG, [](auto &p) { p.n_outputs_max = p.n_batch + 1; });
    refused(MT_ERR_INVALID_ARG, [](auto &p) { p.n_threads = 0; });
    refused(MT_ERR_INVALID_ARG, [](auto &p) { p.n_threads_batch = 100000; });
    refused(MT_ERR_INVALID_ARG, [](auto &p) { p.flash_attention = 2; });
    refused(MT_ERR_INVALID_ARG, [](auto &p) { p.type_k = 3; });
    refused(MT_ERR_INVALID_ARG, [](auto &p) {
        p.type_v = 8;
        p.flash_attention = 0;
    });
    refused(MT_ERR_INVALID_ARG, [](auto &p) { p.threadpool_poll = 101; });
    refused(MT_ERR_UNSUPPORTED, [](auto &p) { p.type_k = 8; }); /* blocks of 32, heads of 16 */
    refused(MT_ERR_OOM, [](auto &p) { p.n_ctx = INT32_MAX - 100000; });

    /* Odd, but possible. */
    for (int32_t i = 0; i < 6; ++i) {
        mt_context_params p = support::context_params();
        p.n_ctx = i == 0 ? 1 : 300;
        p.n_batch = i == 1 ? 1 : i == 2 ? 100000 : 64;
        p.n_outputs_max = i == 3 ? 1 : i == 1 ? 1 : 8;
        p.n_seq_max = i == 4 ? 255 : i == 0 ? 1 : 5;
        p.kv_unified = i != 5;
        context odd(tiny(), p);
        greedy(odd, tiny(), p.n_seq_max - 1, {97}, i == 0 ? 1 : 5);
    }
    support::model words(MARTLET_LLAMA_SOURCE "/models/ggml-vocab-gpt-2.gguf", true);
    const mt_context_params p = support::context_params();
    FAILS_WITH(MT_ERR_UNSUPPORTED, "vocab_only", mt_context_open(words, &p, &c));
}

TEST(sequence_out_of_range) {
    mt_context_params p = support::context_params();
    p.n_seq_max = 255;
    context c(tiny(), p);
    sampler s(tiny());
    greedy(c, tiny(), 0, PROMPT, 1);
    for (const int32_t sequence : {-1, 255, INT32_MAX, INT32_MIN}) {
        int32_t n = 0;
        FAILS(MT_ERR_INVALID_ARG, mt_sequence_trim(c, sequence, 0));
        FAILS(MT_ERR_INVALID_ARG, mt_sequence_length(c, sequence, &n));
        FAILS(MT_ERR_INVALID_ARG, mt_sequence_fork(c, 0, sequence, 1));
        FAILS(MT_ERR_INVALID_ARG, mt_sequence_fork(c, sequence, 1, 1));
        step one;
        one.add(sequence, 0, PROMPT, MT_STEP_SAMPLE, s);
        FAILS(MT_ERR_INVALID_ARG, one.run(c));
    }
    for (const int32_t length : {-1, 0, 5, INT32_MAX}) {
        FAILS(MT_ERR_INVALID_ARG, mt_sequence_fork(c, 0, 1, length));
    }
    FAILS(MT_ERR_INVALID_ARG, mt_sequence_fork(c, 0, 0, 1));
    FAILS(MT_ERR_INVALID_ARG, mt_sequence_trim(c, 0, 5));
    FAILS(MT_ERR_INVALID_ARG, mt_sequence_trim(c, 0, -1));
    CHECK_EQ(c.length(0), 4);
}

TEST(partial_copy_between_streams) {
    mt_context_params p = support::context_params();
    p.kv_unified = 0;
    p.n_ctx = 1024;
    p.n_seq_max = 2;
    context c(tiny(), p);
    greedy(c, tiny(), 0, PROMPT, 1);
    FAILS_WITH(MT_ERR_UNSUPPORTED, "whole sequences", mt_sequence_fork(c, 0, 1, 2));
    OK(mt_sequence_fork(c, 0, 1, 4));
}

TEST(segments_without_sampler_or_tokens) {
    context c(tiny());
    sampler s(tiny());
    step one;
    one.add(0, 0, PROMPT, MT_STEP_SAMPLE, nullptr);
    FAILS_WITH(MT_ERR_INVALID_ARG, "no sampler", one.run(c));
    step twice;
    twice.add(0, 0, PROMPT, MT_STEP_SAMPLE, s);
    twice.add(1, 0, PROMPT, MT_STEP_SAMPLE, s);
    FAILS_WITH(MT_ERR_INVALID_ARG, "another segment", twice.run(c));
    step same;
    same.add(0, 0, PROMPT);
    same.add(0, 4, PROMPT);
    FAILS_WITH(MT_ERR_INVALID_ARG, "twice", same.run(c));
    step none;
    FAILS(MT_ERR_INVALID_ARG, none.run(c));
    step empty;
    empty.add(0, 0, {});
    empty.tokens = {97};
    FAILS(MT_ERR_INVALID_ARG, empty.run(c));
    for (const int32_t flags : {3, 4, -1}) {
        step odd;
        odd.add(0, 0, PROMPT, flags, s);
        FAILS(MT_ERR_INVALID_ARG, odd.run(c));
    }
    for (const int32_t count : {-1, 5, INT32_MAX, INT32_MIN}) {
        step odd;
        odd.add(0, 0, PROMPT, MT_STEP_SAMPLE, s);
        odd.count[0] = count;
        FAILS(MT_ERR_INVALID_ARG, odd.run(c));
    }
    CHECK_EQ(c.info().used_cells, 0);
}

TEST(null_arrays) {
    context c(tiny());
    sampler s(tiny());
    step one;
    one.add(0, 0, PROMPT, MT_STEP_SAMPLE, s, 2);
    OK(one.run(c));
    OK(mt_sequence_trim(c, 0, 0));
    const auto refused = [&](auto &&change) {
        mt_step_input in = one.input();
        mt_step_output out = one.out;
        change(in, out);
        FAILS(MT_ERR_INVALID_ARG, mt_step(c, &in, &out));
    };
    refused([](auto &in, auto &) { in.struct_size = 4; });
    refused([](auto &in, auto &) { in.sequence = nullptr; });
    refused([](auto &in, auto &) { in.position = nullptr; });
    refused([](auto &in, auto &) { in.token_count = nullptr; });
    refused([](auto &in, auto &) { in.flags = nullptr; });
    refused([](auto &in, auto &) { in.top_logprobs = nullptr; });
    refused([](auto &in, auto &) { in.sampler = nullptr; });
    refused([](auto &in, auto &) { in.tokens = nullptr; });
    refused([](auto &in, auto &) { in.n_tokens = 3; });
    refused([](auto &in, auto &) { in.n_tokens = 0; });
    refused([](auto &in, auto &) { in.n_segments = -1; });
    refused([](auto &, auto &out) { out.struct_size = 4; });
    refused([](auto &, auto &out) { out.row_count = nullptr; });
    refused([](auto &, auto &out) { out.token = nullptr; });
    refused([](auto &, auto &out) { out.logprob = nullptr; });
    refused([](auto &, auto &out) { out.top_token = nullptr; });
    refused([](auto &, auto &out) { out.top_logprob = nullptr; });
    refused([](auto &, auto &out) { out.row_capacity = -1; });
    refused([](auto &, auto &out) { out.top_stride = -1; });
    FAILS(MT_ERR_INVALID_ARG, mt_step(c, nullptr, nullptr));
    CHECK_EQ(c.info().used_cells, 0);
}

TEST(positions_with_gaps) {
    context c(tiny());
    sampler s(tiny());
    greedy(c, tiny(), 0, PROMPT, 1);
    for (const int32_t position : {0, 3, 5, -1, INT32_MAX}) {
        step one;
        one.add(0, position, {97}, MT_STEP_SAMPLE, s);
        FAILS_WITH(MT_ERR_INVALID_ARG, "holds 4 tokens", one.run(c));
    }
}
