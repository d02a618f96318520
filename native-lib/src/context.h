/*
 * context.h: a KV cache with the sequences in it, and what a step needs at hand.
 */
#pragma once

#include "cells.h"
#include "containment.h"
#include "library.h"
#include "sampler.h"

namespace martlet {

struct step_memory;

struct context {
    model_use owner;
    llama_context *llama = nullptr;
    threadpool_api pools{};
    ggml_threadpool_t pool = nullptr;
    ggml_threadpool_t retired_pool = nullptr; /* the CPU backend still touches it once when it gets the next one */
    int32_t pool_threads = 0;
    int32_t poll = 0;

    int32_t n_ctx = 0;
    int32_t n_ctx_seq = 0;
    int32_t n_batch = 0;
    int32_t n_seq_max = 0;
    int32_t n_outputs_max = 0;
    int32_t n_threads = 0;
    int32_t n_threads_batch = 0;
    int32_t threads_now = 0; /* what llama.cpp was last told */
    int32_t n_swa = 0;       /* width of sliding windows, 0 where none */
    int32_t first_id = 0;    /* llama.cpp's id of sequence 0; where it is 1, id 0 is kept aside for state.cpp */
    uint64_t shape = 0;      /* a saved state fits contexts of the same */
    bool unified = true;
    bool can_trim = true;
    bool skips_masked = false; /* attention is that of attention_hook.h */
    int64_t kv_bytes = 0;

    std::unique_ptr<cell_map> cells;
    workspace work;
    std::unique_ptr<step_memory> steps;
    mt_perf perf{};

    std::atomic<bool> busy{false};
    std::atomic<bool> abort_requested{false};
    std::string poison;          /* why it failed; empty: it has not */
    bool kernel_running = false; /* it failed inside a graph: other threads may be in there for ever */

    explicit context(std::shared_ptr<model> m);
    ~context();
    context(const context &) = delete;
    context &operator=(const context &) = delete;

    void make_pool(int32_t threads);
    void free_retired_pool(); /* to be called after a decode */
    void use_threads(int32_t threads);

    /* Runs a batch through the model, by its encoder where that is asked for. Fails with MT_ERR_NO_SPACE,
     * MT_ERR_ABORTED or MT_ERR_OOM, or poisons. */
    void compute(const llama_batch &batch, int32_t threads, bool encode = false);
    void require_sequence(int32_t sequence) const;

    llama_seq_id id_of(int32_t sequence) const { return sequence + first_id; }

    /* Removes what an id of llama.cpp holds from position length on; poisons where the model cannot. */
    void drop_tail(llama_seq_id id, int32_t length);

    [[noreturn]] void poisoned(const std::string &why);

    /* Calls llama.cpp; whatever it throws leaves the context poisoned. */
    template <typename Call>
    auto kernel(Call &&call) -> decltype(call()) {
        try {
            return foreign(call);
        } catch (const foreign_abort &a) {
            kernel_running = a.in_kernel && pool_threads > 1;
            poisoned(a.message);
        } catch (const std::bad_alloc &) {
            poisoned("out of memory");
        } catch (const std::exception &e) {
            poisoned(e.what());
        }
    }
};

/* What a context is opened with; fails where the parameters are wrong or the model can have none. */
llama_context_params context_parameters(const model &m, const mt_context_params &p);

/* A context for the time of a call: alive, not poisoned, used by nobody else. */
class context_use {
public:
    explicit context_use(const mt_context *handle);

    context *operator->() const { return context_.get(); }
    context &operator*() const { return *context_; }

private:
    std::shared_ptr<context> context_;
    exclusive use_;
};

} // namespace martlet
