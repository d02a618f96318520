/*
 * embed_limits_test.cpp: embedders given what is out of range, or failing beneath: an error, and the next call is
 * whole.
 */
#include "encoders.h"
#include "faults.h"
#include "support.h"

#include <cmath>
#include <limits>
#include <thread>

using encoders::encoder;
using encoders::file;
using encoders::mamba;
using encoders::random_sequences;
using encoders::sequences;
using encoders::WIDTH;
using support::embedder;
using support::embedder_params;
using support::model;
using support::temporary_folder;
using support::tiny;

TEST(sizes) {
    mt_embedder_params p = embedder_params();
    p.max_tokens = 100000;
    CHECK_EQ(embedder(encoder(), p).info().max_tokens, 64);
    p.batch_tokens = 8; /* an encoder's sequence is longer, and still computed whole */
    std::vector<int32_t> full(64, 7);
    CHECK_EQ(embedder(encoder(), p).embed({full}).size(), WIDTH);
    p.max_tokens = 1;
    p.batch_tokens = 1;
    p.max_sequences = 1;
    for (model *m : {&tiny(), &encoder(), &mamba()}) {
        const embedder e(*m, p);
        CHECK_EQ(e.info().max_tokens, 1);
        CHECK_EQ(e.embed({{1}, {2}, {3}}).size(), 3 * WIDTH);
    }
    CHECK(embedder(tiny()).info().kv_bytes > 0);
    CHECK_EQ(embedder(encoder()).info().kv_bytes, int64_t{0});
}

TEST(parameters_out_of_range) {
    mt_embedder *e = nullptr;
    const auto refused = [&](void (*change)(mt_embedder_params &)) {
        mt_embedder_params p = embedder_params();
        change(p);
        FAILS(MT_ERR_INVALID_ARG, mt_embedder_open(tiny(), &p, &e));
    };
    refused([](mt_embedder_params &p) { p.struct_size = 4; });
    refused([](mt_embedder_params &p) { p.pooling = -2; });
    refused([](mt_embedder_params &p) { p.pooling = 5; });
    refused([](mt_embedder_params &p) { p.max_tokens = 0; });
    refused([](mt_embedder_params &p) { p.max_tokens = INT32_MAX; });
    refused([](mt_embedder_params &p) { p.batch_tokens = 0; });
    refused([](mt_embedder_params &p) { p.batch_tokens = INT32_MIN; });
    refused([](mt_embedder_params &p) { p.max_sequences = 0; });
    refused([](mt_embedder_params &p) { p.max_sequences = 256; });
    refused([](mt_embedder_params &p) { p.n_threads = 0; });
    refused([](mt_embedder_params &p) { p.n_threads = 100000; });
    refused([](mt_embedder_params &p) { p.flash_attention = 2; });
    refused([](mt_embedder_params &p) { p.threadpool_poll = 101; });
    mt_embedder_params p = embedder_params();
    FAILS(MT_ERR_INVALID_ARG, mt_embedder_open(tiny(), nullptr, &e));
    FAILS(MT_ERR_INVALID_ARG, mt_embedder_open(tiny(), &p, nullptr));
    FAILS(MT_ERR_INVALID_ARG, mt_embedder_open(nullptr, &p, &e));
    p.batch_tokens = INT32_MAX / 2;
    FAILS(MT_ERR_OOM, mt_embedder_open(tiny(), &p, &e));
    const model words(temporary_folder() + "/tiny.gguf", true);
    p = embedder_params();
    FAILS_WITH(MT_ERR_UNSUPPORTED, "vocab_only", mt_embedder_open(words, &p, &e));
    CHECK(e == nullptr);
}

TEST(calls_out_of_range) {
    const embedder e(encoder());
    std::vector<int32_t> tokens(200, 3);
    std::vector<float> out(10 * WIDTH);
    int64_t needed = -7;
    const auto embed = [&](std::vector<int32_t> counts, int64_t capacity) {
        return mt_embed(e, tokens.data(), counts.data(), static_cast<int32_t>(counts.size()), 0, out.data(), capacity,
                        &needed);
    };
    const auto size = static_cast<int64_t>(out.size());
    OK(embed({3, 4}, size));
    CHECK_EQ(needed, static_cast<int64_t>(2 * WIDTH));
    FAILS(MT_ERR_INVALID_ARG, embed({}, size));
    FAILS_WITH(MT_ERR_INVALID_ARG, "sequence 1 has 0 tokens", embed({3, 0}, size));
    FAILS(MT_ERR_INVALID_ARG, embed({-1}, size));
    FAILS_WITH(MT_ERR_INVALID_ARG, "sequence 1 has 65 tokens, at most 64 fit", embed({3, 65}, size));
    for (const int32_t token : {-1, encoder().info.n_vocab, INT32_MIN, INT32_MAX}) {
        tokens[5] = token;
        FAILS_WITH(MT_ERR_INVALID_ARG, std::to_string(token), embed({3, 4}, size));
    }
    tokens[5] = 3;
    out[0] = 42;
    FAILS(MT_ERR_BUFFER, embed({3, 4}, static_cast<int64_t>(2 * WIDTH) - 1));
    CHECK_EQ(needed, static_cast<int64_t>(2 * WIDTH));
    CHECK_EQ(out[0], 42.0f);
    FAILS(MT_ERR_INVALID_ARG, embed({3}, -1));
    const int32_t count = 3;
    FAILS(MT_ERR_BUFFER, mt_embed(e, tokens.data(), &count, 1, 0, nullptr, 0, &needed));
    FAILS(MT_ERR_INVALID_ARG, mt_embed(e, tokens.data(), &count, 1, 0, nullptr, 10, &needed));
    FAILS(MT_ERR_INVALID_ARG, mt_embed(e, nullptr, &count, 1, 0, out.data(), size, &needed));
    FAILS(MT_ERR_INVALID_ARG, mt_embed(e, tokens.data(), nullptr, 1, 0, out.data(), size, &needed));
    FAILS(MT_ERR_INVALID_ARG, mt_embed(e, tokens.data(), &count, 1, 2, out.data(), size, &needed));
    FAILS(MT_ERR_INVALID_ARG, mt_embed(e, tokens.data(), &count, 1, 0, out.data(), size, nullptr));
    FAILS(MT_ERR_INVALID_ARG, mt_embed(nullptr, tokens.data(), &count, 1, 0, out.data(), size, &needed));
    auto *other = reinterpret_cast<mt_embedder *>(encoder().handle);
    FAILS(MT_ERR_INVALID_ARG, mt_embed(other, tokens.data(), &count, 1, 0, out.data(), size, &needed));
    OK(embed({3, 4}, size));
}

TEST(lifetime) {
    tiny_encoder_options o;
    mt_model *m = nullptr;
    {
        const std::string path = file("lifetime", o);
        mt_model_params p{};
        p.struct_size = sizeof(p);
        OK(mt_model_open(path.data(), static_cast<int32_t>(path.size()), &p, &m));
    }
    const mt_embedder_params p = embedder_params();
    mt_embedder *e = nullptr;
    OK(mt_embedder_open(m, &p, &e));
    FAILS_WITH(MT_ERR_STATE, "1 context, embedder or sampler", mt_model_close(m));
    OK(mt_embedder_close(e));
    FAILS(MT_ERR_INVALID_ARG, mt_embedder_close(e));
    FAILS(MT_ERR_INVALID_ARG, mt_embedder_abort(e));
    mt_embedder_info i{};
    i.struct_size = sizeof(i);
    FAILS(MT_ERR_INVALID_ARG, mt_embedder_get_info(e, &i));
    OK(mt_model_close(m));
    const embedder again(tiny());
    i.struct_size = 4;
    FAILS(MT_ERR_INVALID_ARG, mt_embedder_get_info(again, &i));
    FAILS(MT_ERR_INVALID_ARG, mt_embedder_get_info(again, nullptr));
}

TEST(no_number_comes_as_it_is) {
    tiny_options o;
    const std::string path = temporary_folder() + "/nan.gguf";
    o.nan_norm = true;
    write_tiny_model(path, o);
    const model m(path);
    const std::vector<float> out = embedder(m).embed({{1, 2, 3}}, true);
    for (const float v : out) {
        CHECK(std::isnan(v));
    }
}

TEST(failures_beneath) {
    const sequences all = random_sequences(5, 20, 13);
    for (model *m : {&tiny(), &encoder()}) {
        const std::vector<float> expected = embedder(*m).embed(all);
        const int32_t count = 3;
        const int32_t tokens[] = {1, 2, 3};
        std::vector<float> out(WIDTH);
        int64_t needed = 0;
        const auto embed = [&](mt_embedder *e) {
            return mt_embed(e, tokens, &count, 1, 0, out.data(), static_cast<int64_t>(WIDTH), &needed);
        };
        for (const auto fault : {faults::BAD_ALLOC, faults::THROW, faults::ABORT}) {
            const embedder e(*m);
            faults::next_decode = fault;
            FAILS(MT_ERR_POISONED, embed(e));
            CHECK_EQ(e.info().poisoned, 1);
            FAILS_WITH(MT_ERR_POISONED, "must be closed", embed(e));
            mt_embedder *none = nullptr;
            const mt_embedder_params p = embedder_params();
            faults::next_decode = fault; /* in the probe */
            FAILS(MT_ERR_POISONED, mt_embedder_open(*m, &p, &none));
        }
        for (const auto &[llamas, ours] :
             {std::pair{1, MT_ERR_NO_SPACE}, {2, MT_ERR_ABORTED}, {-2, MT_ERR_OOM}, {-3, MT_ERR_POISONED}}) {
            const embedder e(*m);
            faults::next_decode_code = llamas;
            FAILS(ours, embed(e));
            if (ours != MT_ERR_POISONED) {
                CHECK(e.embed(all) == expected);
            }
        }
        CHECK(embedder(*m).embed(all) == expected);
    }
}

/* In one call of many groups each part may fail: what was decoded before is forgotten. */
TEST(failing_in_the_middle) {
    const sequences all = random_sequences(40, 60, 14);
    mt_embedder_params p = embedder_params();
    p.max_tokens = 64;
    p.batch_tokens = 32;
    const embedder e(tiny(), p);
    const std::vector<float> expected = e.embed(all);
    std::vector<int32_t> tokens, counts;
    for (const auto &s : all) {
        tokens.insert(tokens.end(), s.begin(), s.end());
        counts.push_back(static_cast<int32_t>(s.size()));
    }
    std::vector<float> out(expected.size());
    int64_t needed = 0;
    int decodes = 0;
    faults::during_decode = [&] {
        if (++decodes == 6) {
            OK(mt_embedder_abort(e));
        }
    };
    FAILS(MT_ERR_ABORTED, mt_embed(e, tokens.data(), counts.data(), static_cast<int32_t>(counts.size()), 0, out.data(),
                                   static_cast<int64_t>(out.size()), &needed));
    faults::during_decode = nullptr;
    CHECK_EQ(decodes, 6);
    CHECK(e.embed(all) == expected);
}

TEST(one_call_at_a_time) {
    const embedder e(tiny());
    const int32_t count = 3;
    const int32_t tokens[] = {1, 2, 3};
    std::vector<float> out(WIDTH);
    int64_t needed = 0;
    faults::during_decode = [&] {
        std::thread([&] {
            FAILS(MT_ERR_STATE, mt_embed(e, tokens, &count, 1, 0, out.data(), static_cast<int64_t>(WIDTH), &needed));
            FAILS(MT_ERR_STATE, mt_embedder_close(e));
        }).join();
    };
    OK(mt_embed(e, tokens, &count, 1, 0, out.data(), static_cast<int64_t>(WIDTH), &needed));
    faults::during_decode = nullptr;
}

TEST(allocations_that_fail) {
    const sequences all = random_sequences(3, 20, 15);
    const std::vector<float> expected = embedder(tiny()).embed(all);
    int32_t failed = 0;
    for (int n = 1; n < 60; ++n) {
        const embedder e(tiny());
        const int32_t count = 3;
        const int32_t tokens[] = {1, 2, 3};
        std::vector<float> out(WIDTH);
        int64_t needed = 0;
        faults::fail_allocation(n);
        const int32_t code = mt_embed(e, tokens, &count, 1, 0, out.data(), static_cast<int64_t>(WIDTH), &needed);
        if (faults::allocation_failed()) {
            ++failed;
            CHECK(code == MT_ERR_OOM || code == MT_ERR_POISONED || code == MT_OK);
        } else {
            OK(code);
        }
        if (e.info().poisoned == 0) {
            CHECK(e.embed(all) == expected);
        }
    }
    CHECK(failed > 0);
}
