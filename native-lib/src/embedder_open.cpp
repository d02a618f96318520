/*
 * embedder_open.cpp: opening embedders: what a model can, parameters, the probe.
 */
#include "embedder.h"
#include "log.h"
#include "memory.h"

#include <algorithm>
#include <climits>
#include <unistd.h>

namespace martlet {

namespace {

constexpr int32_t MAX_SEQUENCES = 255;

void check(const mt_embedder_params &p) {
    MARTLET_REQUIRE(p.pooling >= MT_POOLING_MODEL && p.pooling <= MT_POOLING_RANK, "pooling is %d, not in %d..%d",
                    p.pooling, MT_POOLING_MODEL, MT_POOLING_RANK);
    MARTLET_REQUIRE(p.max_tokens >= 1 && p.max_tokens <= INT32_MAX - 65536, "max_tokens is %d", p.max_tokens);
    MARTLET_REQUIRE(p.batch_tokens >= 1 && p.batch_tokens <= INT32_MAX - 65536, "batch_tokens is %d", p.batch_tokens);
    MARTLET_REQUIRE(p.max_sequences >= 1 && p.max_sequences <= MAX_SEQUENCES, "max_sequences is %d, not in 1..%d",
                    p.max_sequences, MAX_SEQUENCES);
    MARTLET_REQUIRE(p.n_threads >= 1 && p.n_threads <= GGML_MAX_N_THREADS, "n_threads is %d, not in 1..%d", p.n_threads,
                    GGML_MAX_N_THREADS);
    MARTLET_REQUIRE(p.flash_attention >= -1 && p.flash_attention <= 1, "flash_attention is %d, not -1, 0 or 1",
                    p.flash_attention);
    MARTLET_REQUIRE(p.threadpool_poll >= 0 && p.threadpool_poll <= 100, "threadpool_poll is %d, not in 0..100",
                    p.threadpool_poll);
}

void check(const model &m) {
    m.require_vocab();
    if (m.vocab_only) {
        fail(MT_ERR_UNSUPPORTED, "the model was opened with vocab_only: it has no weights");
    }
    if (llama_model_has_encoder(m.llama) && llama_model_has_decoder(m.llama)) {
        fail(MT_ERR_UNSUPPORTED, "the encoder of %s works for its decoder: it gives no vectors",
             m.architecture.c_str());
    }
}

int32_t pooling_of(const model &m, int32_t wanted) {
    if (wanted != MT_POOLING_MODEL) {
        if (wanted == MT_POOLING_RANK && !m.rank_head) {
            fail(MT_ERR_UNSUPPORTED, "the model has no rank head");
        }
        return wanted;
    }
    const int32_t own = static_cast<int32_t>(strtol(m.hyperparameter("pooling_type", "0").c_str(), nullptr, 10));
    if (own == MT_POOLING_RANK && !m.rank_head) {
        fail(MT_ERR_UNSUPPORTED, "the file asks for a rank head, but has none");
    }
    return own >= MT_POOLING_MEAN && own <= MT_POOLING_RANK ? own : MT_POOLING_MEAN;
}

/* Whether a sequence may be fed piece by piece: each token sees those before it only, and so does the pooling. Rank
 * heads take the first token, but for this family. */
bool may_be_cut(const model &m, int32_t pooling) {
    const bool last = m.architecture == "qwen3" || m.architecture == "qwen3vl";
    return m.hyperparameter("attention.causal", "true") != "false" && (pooling != MT_POOLING_RANK || last);
}

void check_memory(const model &m, int32_t rows, int32_t cells) {
    const double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    const double outputs = static_cast<double>(rows) * (m.n_vocab + llama_model_n_embd_out(m.llama)) * sizeof(float);
    const double mask = static_cast<double>(rows) * cells * 2;
    if (m.cpu_only && outputs + mask > memory) {
        fail(MT_ERR_OOM, "%d tokens at once need more than the %.1f GiB of this machine", rows,
             memory / (1024.0 * 1024.0 * 1024.0));
    }
}

llama_context_params parameters(const mt_embedder_params &p, embedder &e) {
    llama_context_params params = llama_context_default_params();
    const int32_t rows = e.whole ? std::max(e.batch_tokens, e.max_tokens) : e.batch_tokens;
    params.n_ctx = static_cast<uint32_t>(std::max(rows, e.max_tokens));
    params.n_batch = static_cast<uint32_t>(rows);
    params.n_ubatch = params.n_batch;
    params.n_seq_max = static_cast<uint32_t>(e.max_sequences);
    params.n_threads = p.n_threads;
    params.n_threads_batch = p.n_threads;
    params.flash_attn_type = static_cast<llama_flash_attn_type>(p.flash_attention);
    params.pooling_type = e.pooling == MT_POOLING_RANK ? LLAMA_POOLING_TYPE_RANK : LLAMA_POOLING_TYPE_NONE;
    params.embeddings = true;
    params.kv_unified = true;
    params.swa_full = true;
    params.no_perf = true;
    params.abort_callback = [](void *data) {
        return static_cast<context *>(data)->abort_requested.load(std::memory_order_relaxed);
    };
    params.abort_callback_data = &e.base;
    return params;
}

void make_context(const model &m, const mt_embedder_params &p, embedder &e) {
    const llama_context_params params = parameters(p, e);
    check_memory(m, static_cast<int32_t>(params.n_batch), static_cast<int32_t>(params.n_ctx));
    log_watch watch("model default pooling_type is"); /* pooling is done here */
    try {
        e.base.llama = foreign([&] { return llama_init_from_model(m.llama, params); });
    } catch (const foreign_abort &a) {
        fail(MT_ERR_UNSUPPORTED, "llama.cpp gives no vectors of %s models: %s", m.architecture.c_str(),
             a.message.c_str());
    }
    if (e.base.llama == nullptr) {
        const std::string why = watch.errors_or("llama.cpp gave no reason");
        const bool memory = why.find("alloc") != std::string::npos || why.find("reserve") != std::string::npos;
        fail(memory ? MT_ERR_OOM : MT_ERR_UNSUPPORTED, "cannot open an embedder: %s", why.c_str());
    }
    e.base.kv_bytes = foreign([&] { return cache_bytes(e.base.llama); });
}

/* A first sequence: shows that the model computes at all, and touches its weights. */
void probe(embedder &e) {
    const llama_token bos = llama_vocab_bos(e.base.owner->vocab);
    const int32_t tokens[2] = {bos >= 0 ? bos : 0, 0};
    const int32_t count = std::min(e.max_tokens, 2);
    std::vector<float> out(static_cast<size_t>(e.dimensions) * static_cast<size_t>(count));
    e.embed({tokens, &count, 1, false, out.data()});
}

std::shared_ptr<embedder> open(const std::shared_ptr<model> &m, const mt_embedder_params &p) {
    check(p);
    auto e = std::make_shared<embedder>(m);
    foreign([&] {
        check(*m);
        e->pooling = pooling_of(*m, p.pooling);
        e->whole = !may_be_cut(*m, e->pooling);
        e->encode = llama_model_has_encoder(m->llama);
        e->dimensions = static_cast<int32_t>(e->pooling == MT_POOLING_RANK ? llama_model_n_cls_out(m->llama)
                                                                           : llama_model_n_embd_out(m->llama));
        const int32_t trained = llama_model_n_ctx_train(m->llama);
        e->max_tokens = trained > 0 ? std::min(p.max_tokens, trained) : p.max_tokens;
    });
    e->batch_tokens = p.batch_tokens;
    e->max_sequences = std::min(p.max_sequences, e->batch_tokens); /* llama.cpp wants an output for each */
    make_context(*m, p, *e);
    if (!e->whole && llama_get_memory(e->base.llama) == nullptr) { /* it keeps nothing between batches */
        e->whole = true;
        if (e->batch_tokens < e->max_tokens) {
            foreign([&] { llama_free(e->base.llama); });
            e->base.llama = nullptr;
            make_context(*m, p, *e);
        }
    }
    const auto cells = static_cast<int32_t>(llama_n_ctx(e->base.llama));
    e->group_tokens = e->whole ? e->batch_tokens : std::max(cells, e->max_tokens);
    e->base.n_threads = p.n_threads;
    e->base.poll = p.threadpool_poll;
    e->base.pools = threadpool_functions();
    e->base.make_pool(p.n_threads);
    probe(*e);
    return e;
}

} // namespace

} // namespace martlet

using namespace martlet;

extern "C" int32_t mt_embedder_open(mt_model *model, const mt_embedder_params *params, mt_embedder **out) {
    return wall([&] {
        require_block(params, "mt_embedder_params");
        MARTLET_REQUIRE(out != nullptr, "out is NULL");
        *out = static_cast<mt_embedder *>(add_handle(kind::embedder, open(find(model), *params)));
    });
}
