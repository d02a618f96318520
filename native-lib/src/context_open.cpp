/*
 * context_open.cpp: opening contexts: parameters, memory, the probe.
 */
#include "attention_hook.h"
#include "hash.h"
#include "log.h"
#include "memory.h"
#include "step_plan.h"

#include <algorithm>
#include <climits>
#include <cstring>
#include <unistd.h>

namespace martlet {

namespace {

constexpr int32_t MAX_SEQUENCES = 255; /* llama.cpp's 256 ids less the one kept aside */

ggml_type cache_type(int32_t type, const char *name) {
    switch (type) {
    case 0:
        return GGML_TYPE_F16;
    case 2:
        return GGML_TYPE_Q4_0;
    case 8:
        return GGML_TYPE_Q8_0;
    default:
        fail(MT_ERR_INVALID_ARG, "%s is %d, not 0 (F16), 2 (Q4_0) or 8 (Q8_0)", name, type);
    }
}

double bytes_of(ggml_type type) {
    return static_cast<double>(ggml_type_size(type)) / static_cast<double>(ggml_blck_size(type));
}

void check(const mt_context_params &p) {
    MARTLET_REQUIRE(p.n_ctx >= 1 && p.n_ctx <= INT32_MAX - 65536, "n_ctx is %d", p.n_ctx);
    MARTLET_REQUIRE(p.n_batch >= 1, "n_batch is %d", p.n_batch);
    MARTLET_REQUIRE(p.n_seq_max >= 1 && p.n_seq_max <= MAX_SEQUENCES, "n_seq_max is %d, not in 1..%d", p.n_seq_max,
                    MAX_SEQUENCES);
    MARTLET_REQUIRE(p.n_outputs_max >= 1 && p.n_outputs_max <= p.n_batch, "n_outputs_max is %d, not in 1..n_batch",
                    p.n_outputs_max);
    MARTLET_REQUIRE(p.n_threads >= 1 && p.n_threads <= GGML_MAX_N_THREADS, "n_threads is %d, not in 1..%d", p.n_threads,
                    GGML_MAX_N_THREADS);
    MARTLET_REQUIRE(p.n_threads_batch >= 1 && p.n_threads_batch <= GGML_MAX_N_THREADS,
                    "n_threads_batch is %d, not in 1..%d", p.n_threads_batch, GGML_MAX_N_THREADS);
    MARTLET_REQUIRE(p.flash_attention >= -1 && p.flash_attention <= 1, "flash_attention is %d, not -1, 0 or 1",
                    p.flash_attention);
    MARTLET_REQUIRE(p.threadpool_poll >= 0 && p.threadpool_poll <= 100, "threadpool_poll is %d, not in 0..100",
                    p.threadpool_poll);
    MARTLET_REQUIRE(p.type_v == 0 || p.flash_attention != 0, "a quantised type_v needs flash attention");
    MARTLET_REQUIRE(p.kv_unified != 0 || p.n_ctx >= p.n_seq_max, "n_ctx is %d, for %d sequences", p.n_ctx, p.n_seq_max);
}

void check(const model &m) {
    m.require_vocab();
    if (m.vocab_only) {
        fail(MT_ERR_UNSUPPORTED, "the model was opened with vocab_only: it has no weights");
    }
    if (llama_model_has_encoder(m.llama)) {
        fail(MT_ERR_UNSUPPORTED, "encoder-decoder models (%s) are not supported", m.architecture.c_str());
    }
}

/*
 * Refuses caches that this machine cannot hold: the kernel would grant the memory and end the process later. Half of
 * what plain attention needs is taken, since some models share caches between layers.
 */
void check_memory(const model &m, const mt_context_params &p) {
    if (!m.cpu_only || llama_model_is_recurrent(m.llama) || llama_model_is_hybrid(m.llama)) {
        return;
    }
    const double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    const double outputs = static_cast<double>(p.n_outputs_max) * m.n_vocab * sizeof(float);
    const double mask = static_cast<double>(p.n_ctx) * std::min(p.n_batch, p.n_ctx) * 2;
    const double row = static_cast<double>(llama_model_n_embd(m.llama)) / std::max(llama_model_n_head(m.llama), 1) *
                       llama_model_n_head_kv(m.llama);
    const double bytes = bytes_of(cache_type(p.type_k, "type_k")) + bytes_of(cache_type(p.type_v, "type_v"));
    const double cells = static_cast<double>(p.n_ctx) * llama_model_n_layer(m.llama) * row * bytes / 2;
    if (outputs + mask + cells > memory) {
        fail(MT_ERR_OOM, "n_ctx %d with n_batch %d and n_outputs_max %d needs more than the %.1f GiB of this machine",
             p.n_ctx, p.n_batch, p.n_outputs_max, memory / (1024.0 * 1024.0 * 1024.0));
    }
}

/* Whether every id up to 255 may be used though llama.cpp is told of fewer sequences: true where one pool of plain
 * attention cells serves all. Saves a row of logits and of worst-case graph per sequence. An id is kept aside there. */
bool ids_are_free(const model &m, bool unified) {
    if (!unified || llama_model_is_recurrent(m.llama) || llama_model_is_hybrid(m.llama)) {
        return false;
    }
    const std::string &a = m.architecture;
    return a != "deepseek4" && a.rfind("minimax", 0) != 0;
}

} // namespace

llama_context_params context_parameters(const model &m, const mt_context_params &p) {
    check(p);
    check(m);
    llama_context_params params = llama_context_default_params();
    const int32_t n_seq = ids_are_free(m, p.kv_unified != 0) ? std::min(p.n_seq_max, p.n_outputs_max) : p.n_seq_max;
    params.n_ctx = static_cast<uint32_t>(p.n_ctx);
    params.n_batch = static_cast<uint32_t>(std::max(p.n_batch, n_seq));
    params.n_ubatch = params.n_batch; /* a step is one graph */
    params.n_seq_max = static_cast<uint32_t>(n_seq);
    params.n_outputs_max = static_cast<uint32_t>(std::max(p.n_outputs_max, n_seq));
    params.n_threads = p.n_threads;
    params.n_threads_batch = p.n_threads_batch;
    params.flash_attn_type = static_cast<llama_flash_attn_type>(p.flash_attention);
    params.type_k = cache_type(p.type_k, "type_k");
    params.type_v = cache_type(p.type_v, "type_v");
    params.offload_kqv = p.offload_kqv != 0;
    params.kv_unified = p.kv_unified != 0;
    params.swa_full = true; /* windows stay whole enough to trim and fork */
    params.no_perf = true;
    return params;
}

namespace {

/* What a saved state depends on besides its tokens: the model, told by its metadata, and how its cells are laid out. */
uint64_t shape_of(const model &m, const mt_context_params &p) {
    const char *release = llama_version();
    uint64_t h = hash(release, strlen(release), 0);
    std::string text(1 << 12, '\0');
    const auto add = [&](int32_t length) {
        h = hash(&length, sizeof(length), h);
        h = hash(text.data(), std::min(static_cast<size_t>(std::max(length, 0)), text.size() - 1), h);
    };
    for (int32_t i = 0; i < llama_model_meta_count(m.llama); ++i) {
        add(llama_model_meta_key_by_index(m.llama, i, text.data(), text.size()));
        add(llama_model_meta_val_str_by_index(m.llama, i, text.data(), text.size()));
    }
    const int64_t numbers[] = {m.n_vocab,
                               static_cast<int64_t>(llama_model_n_params(m.llama)),
                               static_cast<int64_t>(llama_model_size(m.llama)),
                               p.type_k,
                               p.type_v,
                               p.flash_attention,
                               p.kv_unified};
    return hash(numbers, sizeof(numbers), h);
}

/*
 * Two tokens through the model, in the last sequence: shows that it computes at all, that this sequence may be used,
 * and whether a token can be taken back. It also touches the weights for the first time.
 */
void probe(context &c) {
    const llama_token bos = llama_vocab_bos(c.owner->vocab);
    llama_token tokens[2] = {bos >= 0 ? bos : 0, bos >= 0 ? bos : 0};
    llama_pos positions[2] = {0, 1};
    int32_t n_seq_id[2] = {1, 1};
    llama_seq_id id = c.id_of(c.n_seq_max - 1);
    llama_seq_id *ids[2] = {&id, &id};
    int8_t outputs[2] = {0, 1};
    const int32_t chunk = std::min(c.n_batch, 2);
    for (int32_t i = 0; i < 2; i += chunk) {
        llama_batch batch{chunk, tokens + i, nullptr, positions + i, n_seq_id + i, ids + i, outputs + i};
        const int32_t result = c.kernel([&] { return llama_decode(c.llama, batch); });
        if (result != 0) {
            fail(MT_ERR_INTERNAL, "a first decode of two tokens failed with code %d", result);
        }
    }
    c.kernel([&] {
        llama_memory_t memory = llama_get_memory(c.llama);
        c.can_trim = llama_memory_seq_rm(memory, id, 1, -1) && llama_memory_seq_pos_max(memory, id) == 0;
        llama_memory_clear(memory, true);
    });
}

std::shared_ptr<context> open(const std::shared_ptr<model> &m, const mt_context_params &p) {
    llama_context_params params = foreign([&] {
        llama_context_params checked = context_parameters(*m, p);
        check_memory(*m, p);
        return checked;
    });
    auto c = std::make_shared<context>(m);
    params.abort_callback = [](void *data) {
        return static_cast<context *>(data)->abort_requested.load(std::memory_order_relaxed);
    };
    params.abort_callback_data = c.get();
    log_watch watch;
    c->llama = foreign([&] { return llama_init_from_model(m->llama, params); });
    if (c->llama == nullptr) {
        const std::string why = watch.errors_or("llama.cpp gave no reason");
        const bool memory = why.find("alloc") != std::string::npos || why.find("reserve") != std::string::npos;
        fail(memory ? MT_ERR_OOM : MT_ERR_UNSUPPORTED, "cannot open a context: %s", why.c_str());
    }
    if (llama_get_memory(c->llama) == nullptr) {
        fail(MT_ERR_UNSUPPORTED, "models without a KV cache (%s) are not supported", m->architecture.c_str());
    }
    c->kv_bytes = foreign([&] { return cache_bytes(c->llama); });
    c->n_ctx = static_cast<int32_t>(llama_n_ctx(c->llama));
    c->n_ctx_seq = static_cast<int32_t>(llama_n_ctx_seq(c->llama));
    c->n_batch = std::min(p.n_batch, static_cast<int32_t>(llama_n_batch(c->llama)));
    c->n_seq_max = p.n_seq_max;
    c->n_outputs_max = std::min(p.n_outputs_max, c->n_batch);
    c->n_threads = p.n_threads;
    c->n_threads_batch = p.n_threads_batch;
    c->skips_masked = attention_installed() && m->cpu_only && p.flash_attention != 0 && p.type_k == 0 && p.type_v == 0;
    c->n_swa = llama_model_n_swa(m->llama);
    c->unified = p.kv_unified != 0;
    c->first_id = ids_are_free(*m, c->unified) ? 1 : 0;
    c->shape = foreign([&] { return shape_of(*m, p); });
    c->poll = p.threadpool_poll;
    c->pools = threadpool_functions();
    c->make_pool(std::max(p.n_threads, p.n_threads_batch));
    c->cells = std::make_unique<cell_map>(c->n_ctx, c->n_seq_max, c->unified, !llama_model_is_recurrent(m->llama));
    c->work.fit(m->n_vocab);
    c->steps = std::make_unique<step_memory>(*c);
    probe(*c);
    return c;
}

} // namespace

} // namespace martlet

using namespace martlet;

extern "C" int32_t mt_context_open(mt_model *model, const mt_context_params *params, mt_context **out) {
    return wall([&] {
        require_block(params, "mt_context_params");
        MARTLET_REQUIRE(out != nullptr, "out is NULL");
        *out = static_cast<mt_context *>(add_handle(kind::context, open(find(model), *params)));
    });
}
