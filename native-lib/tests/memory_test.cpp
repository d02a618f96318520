/*
 * memory_test.cpp: what a model and a context take, quantised caches, and the parameters that place layers.
 */
#include "support.h"
#include "tiny_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

using support::context;
using support::tiny;

namespace {

const std::string &tiny_path() {
    static const std::string path = (tiny(), support::temporary_folder() + "/tiny.gguf");
    return path;
}

/* Heads of 32, the block of the quantised types. */
support::model &wide() {
    static support::model m([] {
        tiny_options options;
        options.n_head = 2;
        options.n_head_kv = 1;
        const std::string path = support::temporary_folder() + "/wide.gguf";
        write_tiny_model(path, options);
        return path;
    }());
    return m;
}

mt_model_params model_params() {
    mt_model_params p{};
    p.struct_size = sizeof(p);
    return p;
}

int32_t plan(const std::string &path, const mt_model_params &mp, const mt_context_params &cp, mt_memory *out,
             int32_t capacity, int32_t *needed) {
    return mt_memory_plan(path.data(), static_cast<int32_t>(path.size()), &mp, &cp, out, capacity, needed);
}

int32_t open_with(const mt_model_params &p) {
    mt_model *m = nullptr;
    const int32_t code = mt_model_open(tiny_path().data(), static_cast<int32_t>(tiny_path().size()), &p, &m);
    if (code == MT_OK) {
        mt_model_close(m);
    }
    return code;
}

std::string header_of(const std::string &path) {
    int32_t needed = 0;
    FAILS(MT_ERR_BUFFER, mt_model_header(path.data(), static_cast<int32_t>(path.size()), nullptr, 0, &needed));
    std::string text(static_cast<size_t>(needed), '\0');
    OK(mt_model_header(path.data(), static_cast<int32_t>(path.size()), text.data(), needed, &needed));
    return text;
}

} // namespace

TEST(a_plan_is_what_the_real_context_takes) {
    for (const int32_t type : {0, 8}) {
        mt_context_params p = support::context_params();
        p.n_ctx = 1024;
        p.type_k = p.type_v = type;
        int32_t n = 0;
        mt_memory planned[2], real[2];
        const std::string path = support::temporary_folder() + "/wide.gguf";
        context c(wide(), p);
        OK(plan(path, model_params(), p, planned, 2, &n));
        CHECK_EQ(n, 1);
        OK(mt_context_memory(c, real, 2, &n));
        CHECK_EQ(n, 1);
        CHECK_EQ(real[0].cache, 2 * 2 * 1024 * (type == 0 ? 64 : 34)); /* layers, K and V, cells, a head of 32 */
        CHECK_EQ(real[0].cache, c.info().kv_bytes);
        CHECK_EQ(planned[0].cache, real[0].cache);
        CHECK_EQ(planned[0].compute, real[0].compute);
        CHECK(real[0].compute > p.n_outputs_max * wide().info.n_vocab * 4);
        CHECK(planned[0].weights >= wide().info.size_bytes && planned[0].weights < wide().info.size_bytes * 11 / 10);
        CHECK(std::string(real[0].device) == "CPU" && real[0].host == 1);
    }
}

TEST(a_plan_takes_no_memory) {
    mt_context_params p = support::context_params();
    p.n_ctx = 1 << 21; /* 512 MiB of cache */
    mt_memory m{};
    int32_t n = 0;
    OK(plan(tiny_path(), model_params(), p, &m, 1, &n));
    CHECK_EQ(m.cache, int64_t{1} << 29);
}

TEST(plans_of_nothing_are_refused) {
    const mt_context_params p = support::context_params();
    mt_memory m{};
    int32_t n = 0;
    FAILS_WITH(MT_ERR_BUFFER, "1 entries", plan(tiny_path(), model_params(), p, nullptr, 0, &n));
    CHECK_EQ(n, 1);
    FAILS(MT_ERR_IO, plan("/no/such/file.gguf", model_params(), p, &m, 1, &n));
    FAILS(MT_ERR_INVALID_ARG, plan("", model_params(), p, &m, 1, &n));
    FAILS(MT_ERR_INVALID_ARG,
          mt_memory_plan(tiny_path().data(), static_cast<int32_t>(tiny_path().size()), nullptr, &p, &m, 1, &n));
    mt_context_params wrong = p;
    wrong.n_ctx = 0;
    FAILS_WITH(MT_ERR_INVALID_ARG, "n_ctx", plan(tiny_path(), model_params(), wrong, &m, 1, &n));
    wrong = p;
    wrong.type_k = 8;
    FAILS_WITH(MT_ERR_UNSUPPORTED, "block size 32", plan(tiny_path(), model_params(), wrong, &m, 1, &n));
}

/* ggml's kernel computes attention over quantised caches, ours that over f16: the same up to their precision. */
TEST(quantised_caches_answer_nearly_the_same) {
    std::mt19937 random(20260404);
    std::vector<int32_t> prompt(150);
    for (int32_t &t : prompt) {
        t = static_cast<int32_t>(random() % 260);
    }
    const auto logprobs = [&](int32_t type_k, int32_t type_v) {
        mt_context_params p = support::context_params();
        p.n_batch = 150;
        p.type_k = type_k;
        p.type_v = type_v;
        context c(wide(), p);
        CHECK(type_k == 0 || c.info().skips_masked == 0);
        support::sampler s(wide());
        support::step whole;
        whole.add(0, 0, prompt, MT_STEP_SAMPLE, s, 21);
        OK(whole.run(c));
        OK(mt_sequence_fork(c, 0, 1, 100)); /* a shared prefix of quantised cells */
        support::step rest;
        rest.add(1, 100, std::vector<int32_t>(prompt.begin() + 100, prompt.end()), MT_STEP_SAMPLE, s, 21);
        OK(rest.run(c));
        CHECK(std::fabs(rest.top_logprob[0] - whole.top_logprob[0]) < 0.03f);
        return whole;
    };
    const auto exact = logprobs(0, 0);
    /* The largest difference of the best log probabilities; what is not among the other's 20 best has none. */
    const auto far = [&](const support::step &other, size_t best) {
        float most = 0;
        for (size_t i = 0; i < best; ++i) {
            const auto at = std::find(other.top_token.begin(), other.top_token.begin() + 20, exact.top_token[i]);
            const auto index = static_cast<size_t>(at - other.top_token.begin());
            most = std::max(most, index == 20 ? 99.0f : std::fabs(exact.top_logprob[i] - other.top_logprob[index]));
        }
        return most;
    };
    const float q8 = far(logprobs(8, 8), 5), mixed = far(logprobs(8, 0), 5), q4 = far(logprobs(2, 2), 1);
    printf("largest difference of the best log probabilities: q8_0 %.4f, q8_0 and f16 %.4f, q4_0 %.4f\n",
           static_cast<double>(q8), static_cast<double>(mixed), static_cast<double>(q4));
    CHECK(q8 > 0 && q8 < 0.3f); /* weights from no training make sharp attention */
    CHECK(mixed > 0 && mixed < 0.3f);
    CHECK(q4 > q8 && q4 < 4.0f);
}

TEST(placement_is_checked_first) {
    mt_model_params p = model_params();
    p.split_mode = 3;
    FAILS_WITH(MT_ERR_INVALID_ARG, "split_mode", open_with(p));
    p = model_params();
    p.main_gpu = -1;
    FAILS_WITH(MT_ERR_INVALID_ARG, "main_gpu", open_with(p));
    p.gpu_layers = -1;
    p.split_mode = MT_SPLIT_NONE;
    p.main_gpu = 99;
    FAILS_WITH(MT_ERR_INVALID_ARG, "main_gpu is 99", open_with(p));
    float shares[] = {1, 2};
    p = model_params();
    p.tensor_split_count = 2;
    FAILS_WITH(MT_ERR_INVALID_ARG, "tensor_split", open_with(p));
    p.tensor_split = shares;
    OK(open_with(p)); /* no layers on GPUs: no matter */
    for (const float wrong : {-1.0f, std::numeric_limits<float>::infinity(), std::nanf("")}) {
        shares[1] = wrong;
        FAILS_WITH(MT_ERR_INVALID_ARG, "tensor_split", open_with(p));
    }
    shares[0] = shares[1] = 0;
    FAILS_WITH(MT_ERR_INVALID_ARG, "gives no GPU anything", open_with(p));
    shares[0] = 1;
    p.gpu_layers = -1;
    p.tensor_split_count = 2;
    mt_memory m[8];
    int32_t n = 0;
    p.tensor_split = nullptr;
    p.tensor_split_count = 0;
    for (const int32_t mode : {MT_SPLIT_LAYER, MT_SPLIT_NONE}) {
        p.split_mode = mode;
        OK(plan(tiny_path(), p, support::context_params(), m, 8, &n));
        OK(open_with(p));
    }
}

TEST(a_header_is_told) {
    const std::string text = header_of(tiny_path());
    for (const char *line :
         {"meta\tgeneral.architecture\tllama\n", "meta\tllama.block_count\t2\n",
          "meta\tllama.attention.layer_norm_rms_epsilon\t9.99999975e-06\n", "meta\ttokenizer.ggml.add_bos_token\t1\n",
          "tensor\ttoken_embd.weight\tf32\t68608\t64\t268\n", "tensor\tblk.1.attn_k.weight\tf32\t8192\t64\t32\n"}) {
        if (text.find(line) == std::string::npos) {
            harness::fail(__FILE__, __LINE__, std::string("missing: ") + line);
        }
    }
    CHECK(text.find("meta\ttokenizer.ggml.tokens\t\n") != std::string::npos);
    int32_t needed = 0;
    const std::string none = "/no/such/file.gguf";
    FAILS(MT_ERR_IO, mt_model_header(none.data(), static_cast<int32_t>(none.size()), nullptr, 0, &needed));
}
