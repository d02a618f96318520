/*
 * support.h: short ways to the C ABI for tests.
 */
#pragma once

#include "harness.h"

#include <functional>
#include <memory>
#include <random>

namespace support {

/* Calls mt_init() with the folder of the backends this build uses. */
void init();

/* A model file, opened; closed at the end. */
struct model {
    mt_model *handle = nullptr;
    mt_model_info info{};

    explicit model(const std::string &path, bool vocab_only = false);
    ~model();
    model(const model &) = delete;
    model &operator=(const model &) = delete;

    operator mt_model *() const { return handle; }
};

/* The tiny random model (tiny_model.h), made once per process. */
model &tiny();

mt_context_params context_params();
mt_sampler_params sampler_params();

struct context {
    mt_context *handle = nullptr;

    explicit context(mt_model *model, const mt_context_params &params = context_params());
    ~context();
    context(const context &) = delete;
    context &operator=(const context &) = delete;

    operator mt_context *() const { return handle; }

    int32_t length(int32_t sequence) const;
    mt_context_info info() const;
};

mt_embedder_params embedder_params(int32_t pooling = MT_POOLING_MODEL);

struct embedder {
    mt_embedder *handle = nullptr;

    explicit embedder(mt_model *model, const mt_embedder_params &params = embedder_params());
    ~embedder();
    embedder(const embedder &) = delete;
    embedder &operator=(const embedder &) = delete;

    operator mt_embedder *() const { return handle; }

    mt_embedder_info info() const;

    /* What mt_embed() gives, one vector after the other. */
    std::vector<float> embed(const std::vector<std::vector<int32_t>> &sequences, bool normalize = false) const;
};

struct sampler {
    mt_sampler *handle = nullptr;

    explicit sampler(mt_model *model, const mt_sampler_params &params = sampler_params());
    ~sampler();
    sampler(const sampler &) = delete;
    sampler &operator=(const sampler &) = delete;

    operator mt_sampler *() const { return handle; }
};

/* A step under construction: add segments, run, read the rows. */
struct step {
    std::vector<int32_t> sequence, position, count, flags, top, tokens;
    std::vector<mt_sampler *> samplers;
    std::vector<const int64_t *> masks;
    std::vector<int32_t> next; /* where set: of each segment */
    int32_t row_capacity = 64;
    int32_t top_stride = 20;

    std::vector<int32_t> row_count, token, top_token;
    std::vector<float> logprob, top_logprob;
    mt_step_output out{};
    std::function<void()> just_before; /* where set: called when all is ready for mt_step() */

    void add(int32_t seq, int32_t pos, const std::vector<int32_t> &segment, int32_t segment_flags = 0,
             mt_sampler *s = nullptr, int32_t top_logprobs = 0, const int64_t *mask = nullptr);

    /* The input as it would be given; valid until the step changes. */
    mt_step_input input() const;

    int32_t run(mt_context *c);
};

/* Greedy continuation of a prompt in a sequence, token by token. */
std::vector<int32_t> greedy(mt_context *c, mt_model *m, int32_t sequence, const std::vector<int32_t> &prompt,
                            int32_t n);

std::vector<int32_t> tokenize(mt_model *m, const std::string &text, int32_t flags);
std::string detokenize(mt_model *m, const std::vector<int32_t> &tokens, int32_t flags);

/* All that mt_log_drain() has. */
std::string drain();

/* A folder for files of this test process, removed at its end. */
const std::string &temporary_folder();

} // namespace support
