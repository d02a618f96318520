/*
 * context.cpp: closing, describing and poisoning contexts.
 */
#include "library.h"
#include "step_plan.h"

#include <algorithm>

namespace martlet {

context::context(std::shared_ptr<model> m) : owner(std::move(m)) {}

context::~context() {
    if (kernel_running) {
        return; /* its threads may still use all of it: better leaked than freed under them */
    }
    try {
        foreign([&] {
            if (llama != nullptr) {
                llama_detach_threadpool(llama);
                llama_free(llama);
            }
            for (ggml_threadpool_t p : {pool, retired_pool}) {
                if (p != nullptr) {
                    pools.destroy(p);
                }
            }
        });
    } catch (...) {
        report(MT_ERR_INTERNAL, "the context could not be freed");
    }
}

void context::make_pool(int32_t threads) {
    foreign([&] {
        ggml_threadpool_params params = ggml_threadpool_params_default(threads);
        params.poll = static_cast<uint32_t>(poll);
        ggml_threadpool_t fresh = pools.create(&params);
        if (fresh == nullptr) {
            fail(MT_ERR_OOM, "cannot start %d threads", threads);
        }
        llama_attach_threadpool(llama, fresh, fresh);
        if (retired_pool == nullptr) {
            retired_pool = pool;
        } else {
            pools.destroy(pool); /* no decode has used it */
        }
        pool = fresh;
        pool_threads = threads;
    });
}

void context::free_retired_pool() {
    if (retired_pool != nullptr) {
        pools.destroy(retired_pool);
        retired_pool = nullptr;
    }
}

void context::use_threads(int32_t threads) {
    if (threads_now != threads) {
        llama_set_n_threads(llama, threads, threads);
        threads_now = threads;
    }
}

void context::compute(const llama_batch &batch, int32_t threads, bool encode) {
    const int32_t result = kernel([&] {
        use_threads(threads);
        const int32_t r = encode ? llama_encode(llama, batch) : llama_decode(llama, batch);
        llama_synchronize(llama);
        if (r == 0) { /* a graph was computed, with the new pool */
            free_retired_pool();
        }
        return r;
    });
    switch (result) {
    case 0:
        return;
    case 1:
        fail(MT_ERR_NO_SPACE, "llama.cpp found no %d free cells", batch.n_tokens);
    case 2:
        fail(MT_ERR_ABORTED, "it was aborted");
    case -2:
        fail(MT_ERR_OOM, "a batch of %d tokens needs memory that is not there", batch.n_tokens);
    default:
        poisoned((encode ? "llama_encode() failed with code " : "llama_decode() failed with code ") +
                 std::to_string(result));
    }
}

void context::require_sequence(int32_t sequence) const {
    MARTLET_REQUIRE(sequence >= 0 && sequence < n_seq_max, "sequence %d: there are %d", sequence, n_seq_max);
}

void context::drop_tail(llama_seq_id id, int32_t length) {
    const bool removed = kernel([&] {
        llama_memory_t memory = llama_get_memory(llama);
        return llama_memory_seq_rm(memory, id, length, -1) && llama_memory_seq_pos_max(memory, id) == length - 1;
    });
    if (!removed) {
        poisoned("sequence " + std::to_string(id - first_id) + " cannot be cut back to " + std::to_string(length) +
                 " tokens");
    }
}

void context::poisoned(const std::string &why) {
    poison = why.empty() ? "unknown failure" : why;
    throw failure{MT_ERR_POISONED, "the context failed and must be closed: " + poison};
}

context_use::context_use(const mt_context *handle) : context_(find(handle)), use_(context_->busy, "context") {
    if (!context_->poison.empty()) {
        throw failure{MT_ERR_POISONED, "the context failed earlier and must be closed: " + context_->poison};
    }
}

} // namespace martlet

using namespace martlet;

extern "C" int32_t mt_context_close(mt_context *handle) {
    return wall([&] {
        const auto c = find(handle);
        exclusive use(c->busy, "context");
        remove_handle(kind::context, handle);
    });
}

extern "C" int32_t mt_context_get_info(mt_context *handle, mt_context_info *out) {
    return wall([&] {
        require_block(out, "mt_context_info");
        const auto c = find(handle); /* also of a poisoned one, to be told */
        exclusive use(c->busy, "context");
        out->n_ctx = c->n_ctx;
        out->n_ctx_seq = c->n_ctx_seq;
        out->n_batch = c->n_batch;
        out->n_seq_max = c->n_seq_max;
        out->n_outputs_max = c->n_outputs_max;
        out->n_threads = c->n_threads;
        out->n_threads_batch = c->n_threads_batch;
        out->can_trim = c->can_trim;
        out->poisoned = !c->poison.empty();
        out->used_cells = c->cells->used();
        out->skips_masked = c->skips_masked;
        out->kv_bytes = c->kv_bytes;
    });
}

extern "C" int32_t mt_context_set_threads(mt_context *handle, int32_t n_threads, int32_t n_threads_batch) {
    return wall([&] {
        MARTLET_REQUIRE(n_threads >= 1 && n_threads <= GGML_MAX_N_THREADS, "n_threads is %d", n_threads);
        MARTLET_REQUIRE(n_threads_batch >= 1 && n_threads_batch <= GGML_MAX_N_THREADS, "n_threads_batch is %d",
                        n_threads_batch);
        context_use c(handle);
        const int32_t most = std::max(n_threads, n_threads_batch);
        if (most != c->pool_threads) {
            c->make_pool(most);
        }
        c->n_threads = n_threads;
        c->n_threads_batch = n_threads_batch;
    });
}

extern "C" int32_t mt_abort(mt_context *handle) {
    return wall([&] { find(handle)->abort_requested.store(true, std::memory_order_relaxed); });
}

extern "C" int32_t mt_perf_get(mt_context *handle, mt_perf *out) {
    return wall([&] {
        require_block(out, "mt_perf");
        const auto c = find(handle);
        exclusive use(c->busy, "context");
        const int32_t size = out->struct_size;
        *out = c->perf;
        out->struct_size = size;
    });
}
