/*
 * embed_test.cpp: embedders. Vectors against llama.cpp's own pooling and against a reference computed here, batches
 * against single sequences.
 */
#include "encoders.h"
#include "support.h"

#include "ggml.h"
#include "gguf.h"
#include "llama.h"

#include <algorithm>
#include <cmath>

using support::embedder;
using support::embedder_params;
using support::model;
using support::temporary_folder;
using support::tiny;

using encoders::encoder;
using encoders::file;
using encoders::mamba;
using encoders::random_sequences;
using encoders::sequences;
using encoders::WIDTH;

namespace {

tiny_encoder_options with_rank_head() {
    tiny_encoder_options o;
    o.rank_head = true;
    o.pooling = 4;
    return o;
}

model &ranker() {
    static model m(file("ranker", with_rank_head()));
    return m;
}

double distance(const std::vector<float> &a, const std::vector<float> &b) {
    CHECK_EQ(a.size(), b.size());
    double most = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        const double d = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        most = d <= most ? most : d; /* not a number is far, too */
    }
    return most;
}

std::vector<float> slice(const std::vector<float> &all, size_t vector, size_t width = WIDTH) {
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(vector * width);
    return {from, from + static_cast<std::ptrdiff_t>(width)};
}

/* The vectors of sequences as llama.cpp's own pooling gives them, each alone in a context. */
std::vector<float> by_llama(const std::string &path, int32_t pooling, const sequences &all) {
    llama_model_params mp = llama_model_default_params();
    mp.n_gpu_layers = 0;
    llama_model *m = llama_model_load_from_file(path.c_str(), mp);
    CHECK(m != nullptr);
    llama_context_params cp = llama_context_default_params();
    cp.n_ctx = cp.n_batch = cp.n_ubatch = 256;
    cp.embeddings = true;
    cp.pooling_type = static_cast<enum llama_pooling_type>(pooling); /* our numbers are llama.cpp's */
    cp.n_threads = cp.n_threads_batch = 1;
    cp.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    llama_context *c = llama_init_from_model(m, cp);
    CHECK(c != nullptr);
    const int32_t width = pooling == MT_POOLING_RANK ? 1 : llama_model_n_embd_out(m);
    std::vector<float> out;
    for (std::vector<int32_t> s : all) {
        if (llama_get_memory(c) != nullptr) {
            llama_memory_clear(llama_get_memory(c), true);
        }
        CHECK_EQ(llama_decode(c, llama_batch_get_one(s.data(), static_cast<int32_t>(s.size()))), 0);
        const float *vector = llama_get_embeddings_seq(c, 0);
        CHECK(vector != nullptr);
        out.insert(out.end(), vector, vector + width);
    }
    llama_free(c);
    llama_model_free(m);
    return out;
}

} // namespace

TEST(poolings_of_the_token_vectors) {
    const sequences all = random_sequences(11, 40);
    for (model *m : {&tiny(), &encoder(), &mamba()}) {
        const std::vector<float> rows = embedder(*m, embedder_params(MT_POOLING_NONE)).embed(all);
        const std::vector<float> mean = embedder(*m, embedder_params(MT_POOLING_MEAN)).embed(all);
        const std::vector<float> first = embedder(*m, embedder_params(MT_POOLING_CLS)).embed(all);
        const std::vector<float> last = embedder(*m, embedder_params(MT_POOLING_LAST)).embed(all);
        size_t row = 0;
        for (size_t s = 0; s < all.size(); ++s) {
            std::vector<float> sum(WIDTH, 0);
            for (size_t t = 0; t < all[s].size(); ++t) {
                for (size_t d = 0; d < WIDTH; ++d) {
                    sum[d] += rows[(row + t) * WIDTH + d] / static_cast<float>(all[s].size());
                }
            }
            CHECK(distance(slice(mean, s), sum) < 1e-5);
            CHECK(slice(first, s) == slice(rows, row));
            row += all[s].size();
            CHECK(slice(last, s) == slice(rows, row - 1));
        }
        CHECK(distance(mean, last) > 0.05);
    }
}

TEST(as_llama_pools) {
    support::init();
    const sequences all = random_sequences(9, 50, 8);
    tiny();
    encoder();
    mamba();
    for (const char *name : {"tiny", "encoder", "mamba"}) {
        const std::string path = temporary_folder() + "/" + name + ".gguf";
        const model m(path);
        for (const int32_t pooling : {MT_POOLING_MEAN, MT_POOLING_CLS, MT_POOLING_LAST}) {
            mt_embedder_params p = embedder_params(pooling);
            p.flash_attention = 0; /* which rounds to f16 */
            CHECK(distance(embedder(m, p).embed(all), by_llama(path, pooling, all)) < 1e-3);
        }
    }
}

/* Layers that add nothing leave what the embedding layer made, normalised once more by each norm. */
TEST(an_encoder_computed_by_hand) {
    tiny_encoder_options o;
    o.zeros = true;
    const std::string path = file("zeros", o);
    ggml_context *memory = nullptr;
    gguf_init_params params{false, &memory};
    gguf_context *g = gguf_init_from_file(path.c_str(), params);
    CHECK(g != nullptr);
    const auto weight = [&](const char *name, size_t at) {
        return static_cast<double>(static_cast<const float *>(ggml_get_data(ggml_get_tensor(memory, name)))[at]);
    };
    const auto norm = [](std::vector<double> &x) {
        double mean = 0, squares = 0;
        for (const double v : x) {
            mean += v / static_cast<double>(WIDTH);
        }
        for (const double v : x) {
            squares += (v - mean) * (v - mean) / static_cast<double>(WIDTH);
        }
        for (double &v : x) {
            v = (v - mean) / std::sqrt(squares + 1e-5);
        }
    };
    const std::vector<int32_t> sequence = {256, 5, 77, 200, 5};
    std::vector<float> expected(WIDTH, 0);
    for (size_t t = 0; t < sequence.size(); ++t) {
        std::vector<double> x(WIDTH);
        for (size_t d = 0; d < WIDTH; ++d) {
            x[d] = weight("token_embd.weight", static_cast<size_t>(sequence[t]) * WIDTH + d) +
                   weight("token_types.weight", d) + weight("position_embd.weight", t * WIDTH + d);
        }
        norm(x);
        for (size_t d = 0; d < WIDTH; ++d) {
            x[d] = x[d] * weight("token_embd_norm.weight", d) + weight("token_embd_norm.bias", d);
        }
        for (int32_t i = 0; i < 2 * o.n_layer; ++i) {
            norm(x);
        }
        for (size_t d = 0; d < WIDTH; ++d) {
            expected[d] += static_cast<float>(x[d] / static_cast<double>(sequence.size()));
        }
    }
    gguf_free(g);
    ggml_free(memory);
    const model m(path);
    CHECK(distance(embedder(m, embedder_params(MT_POOLING_MEAN)).embed({sequence}), expected) < 1e-4);
}

TEST(together_as_alone) {
    const sequences all = random_sequences(23, 60, 9);
    for (model *m : {&tiny(), &encoder(), &mamba()}) {
        const embedder alone(*m, embedder_params(MT_POOLING_MEAN));
        std::vector<float> expected;
        for (const auto &s : all) {
            const std::vector<float> one = alone.embed({s}, true);
            expected.insert(expected.end(), one.begin(), one.end());
        }
        for (const auto &[batch, together] : {std::pair{64, 8}, {7, 8}, {1, 3}, {256, 255}, {100, 1}}) {
            mt_embedder_params p = embedder_params(MT_POOLING_MEAN);
            p.batch_tokens = batch;
            p.max_sequences = m == &mamba() ? std::min(together, 16) : together;
            const embedder e(*m, p);
            const std::vector<float> first = e.embed(all, true);
            CHECK(distance(first, expected) < 2e-3);
            CHECK(first == e.embed(all, true)); /* nothing stays from call to call */
        }
    }
}

TEST(longer_than_a_batch) {
    std::vector<int32_t> sequence(1000);
    for (size_t i = 0; i < sequence.size(); ++i) {
        sequence[i] = static_cast<int32_t>(i * i % 260);
    }
    mt_embedder_params p = embedder_params(MT_POOLING_LAST);
    p.max_tokens = 1000;
    p.batch_tokens = 64;
    mt_embedder_params large = p;
    large.batch_tokens = 1000;
    const sequences all = {sequence, {1, 2, 3}, sequence};
    const std::vector<float> pieces = embedder(tiny(), p).embed(all);
    CHECK(distance(pieces, embedder(tiny(), large).embed(all)) < 5e-3);
    CHECK(distance(slice(pieces, 0), slice(pieces, 2)) < 5e-3);
}

TEST(flash_attention_as_without) {
    const sequences all = random_sequences(9, 60, 10);
    for (model *m : {&tiny(), &encoder()}) {
        mt_embedder_params with = embedder_params(MT_POOLING_MEAN);
        with.flash_attention = 1;
        mt_embedder_params without = with;
        without.flash_attention = 0;
        CHECK(distance(embedder(*m, with).embed(all, true), embedder(*m, without).embed(all, true)) < 5e-3);
    }
}

/* An encoder's first token knows of the last one; a decoder's does not. */
TEST(directions) {
    const sequences all = {{10, 20, 30, 40}, {10, 20, 30, 41}};
    const std::vector<float> back = embedder(tiny(), embedder_params(MT_POOLING_CLS)).embed(all);
    CHECK(distance(slice(back, 0), slice(back, 1)) < 1e-6);
    const std::vector<float> both = embedder(encoder(), embedder_params(MT_POOLING_CLS)).embed(all);
    CHECK(distance(slice(both, 0), slice(both, 1)) > 1e-3);
    CHECK_EQ(embedder(tiny()).info().whole, 0);
    CHECK_EQ(embedder(encoder()).info().whole, 1);
}

TEST(normalised) {
    const sequences all = random_sequences(5, 30, 11);
    for (const int32_t pooling : {MT_POOLING_NONE, MT_POOLING_MEAN}) {
        const embedder e(tiny(), embedder_params(pooling));
        const std::vector<float> raw = e.embed(all);
        const std::vector<float> unit = e.embed(all, true);
        for (size_t v = 0; v < raw.size() / WIDTH; ++v) {
            double squares = 0, length = 0;
            for (size_t d = 0; d < WIDTH; ++d) {
                squares += static_cast<double>(unit[v * WIDTH + d]) * static_cast<double>(unit[v * WIDTH + d]);
                length += static_cast<double>(raw[v * WIDTH + d]) * static_cast<double>(raw[v * WIDTH + d]);
            }
            CHECK(std::fabs(squares - 1) < 1e-5);
            CHECK(std::fabs(static_cast<double>(unit[v * WIDTH]) * std::sqrt(length) -
                            static_cast<double>(raw[v * WIDTH])) < 1e-4);
        }
    }
}

TEST(rank_heads) {
    CHECK_EQ(tiny().info.rank_outputs, 0);
    CHECK_EQ(ranker().info.rank_outputs, 1);
    CHECK_EQ(ranker().info.token_sep, ranker().info.n_vocab - 3);
    CHECK_EQ(ranker().info.add_sep, 1);
    CHECK_EQ(tiny().info.token_sep, -1);

    const sequences all = random_sequences(7, 60, 12);
    const embedder e(ranker());
    CHECK_EQ(e.info().pooling, MT_POOLING_RANK);
    CHECK_EQ(e.info().dimensions, 1);
    const std::vector<float> scores = e.embed(all);
    mt_embedder_params plain = embedder_params();
    plain.flash_attention = 0;
    CHECK(distance(embedder(ranker(), plain).embed(all),
                   by_llama(temporary_folder() + "/ranker.gguf", MT_POOLING_RANK, all)) < 1e-3);
    CHECK(scores == e.embed(all, true)); /* no vector, so nothing to normalise */
    CHECK(*std::max_element(scores.begin(), scores.end()) - *std::min_element(scores.begin(), scores.end()) > 0.01f);

    const mt_embedder_params p = embedder_params(MT_POOLING_RANK);
    mt_embedder *none = nullptr;
    for (model *m : {&tiny(), &encoder()}) {
        FAILS_WITH(MT_ERR_UNSUPPORTED, "no rank head", mt_embedder_open(*m, &p, &none));
    }
    CHECK_EQ(embedder(ranker(), embedder_params(MT_POOLING_CLS)).info().dimensions, static_cast<int32_t>(WIDTH));

    tiny_encoder_options headless;
    headless.pooling = 4;
    const model m(file("headless", headless));
    const mt_embedder_params own = embedder_params();
    FAILS_WITH(MT_ERR_UNSUPPORTED, "no", mt_embedder_open(m, &own, &none));
}

TEST(the_files_pooling) {
    CHECK_EQ(embedder(encoder()).info().pooling, MT_POOLING_CLS);
    CHECK_EQ(embedder(tiny()).info().pooling, MT_POOLING_MEAN);
    tiny_encoder_options o;
    for (const auto &[written, taken] : {std::pair{3, MT_POOLING_LAST}, {0, MT_POOLING_MEAN}, {-1, MT_POOLING_MEAN}}) {
        o.pooling = written;
        const model m(file("pooling", o));
        CHECK_EQ(embedder(m).info().pooling, taken);
    }
}
