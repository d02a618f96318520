/*
 * memory.cpp: what lies in which memory, by llama.cpp's own account; also of what has not been opened.
 */
#include "memory.h"

#include "context.h"
#include "library.h"
#include "log.h"

#include "llama-ext.h"

#include <algorithm>
#include <memory>

namespace martlet {

namespace {

mt_memory entry_of(const char *device, bool host) {
    mt_memory m{};
    m.struct_size = sizeof(m);
    m.host = host;
    copy_field(m.device, device);
    return m;
}

/* Buffers of logits are not in llama.cpp's account. They grow to this size at the latest with the first full step. */
int64_t logits_bytes(const model &m, const llama_context_params &params) {
    return static_cast<int64_t>(params.n_outputs_max) * m.n_vocab * static_cast<int64_t>(sizeof(float));
}

std::vector<mt_memory> memory_of(const model &m, const llama_context *c, int64_t logits) {
    std::vector<mt_memory> all{entry_of("CPU", true)};
    all[0].compute = logits;
    for (int32_t i = 0; i < llama_model_n_devices(m.llama); ++i) {
        all.push_back(entry_of(ggml_backend_dev_name(llama_model_get_device(m.llama, i)), false));
    }
    for (const auto &[type, bytes] : llama_get_memory_breakdown(c)) {
        ggml_backend_dev_t device = ggml_backend_buft_is_host(type) ? nullptr : ggml_backend_buft_get_device(type);
        size_t at = 0; /* what lies on no GPU of the model lies on the host: weights repacked for the CPU, too */
        for (int32_t i = 0; device != nullptr && i < llama_model_n_devices(m.llama); ++i) {
            if (llama_model_get_device(m.llama, i) == device) {
                at = static_cast<size_t>(i) + 1;
            }
        }
        all[at].weights += static_cast<int64_t>(bytes.model);
        all[at].cache += static_cast<int64_t>(bytes.context);
        all[at].compute += static_cast<int64_t>(bytes.compute);
    }
    return all;
}

void give(const std::vector<mt_memory> &all, mt_memory *out, int32_t capacity, int32_t *needed) {
    *needed = static_cast<int32_t>(all.size());
    if (*needed > capacity) {
        fail(MT_ERR_BUFFER, "there are %d entries, room is for %d", *needed, capacity);
    }
    std::copy(all.begin(), all.end(), out);
}

void require_room(const mt_memory *out, int32_t capacity, const int32_t *needed) {
    MARTLET_REQUIRE(needed != nullptr, "needed is NULL");
    MARTLET_REQUIRE(capacity >= 0 && (out != nullptr || capacity == 0), "capacity is %d with %s buffer", capacity,
                    out == nullptr ? "no" : "a");
}

struct context_deleter {
    void operator()(llama_context *c) const { llama_free(c); }
};

std::vector<mt_memory> plan(const std::string &path, const mt_model_params &mp, const mt_context_params &cp) {
    mt_model_params whole = mp;
    whole.vocab_only = 0;
    const auto m = load_model(path, whole, true);
    return foreign([&] {
        const llama_context_params params = context_parameters(*m, cp);
        log_watch watch;
        const std::unique_ptr<llama_context, context_deleter> c(llama_init_from_model(m->llama, params));
        if (c == nullptr) {
            fail(MT_ERR_UNSUPPORTED, "no such context can be opened: %s",
                 watch.errors_or("llama.cpp gave no reason").c_str());
        }
        return memory_of(*m, c.get(), logits_bytes(*m, params));
    });
}

} // namespace

int64_t cache_bytes(const llama_context *c) {
    int64_t sum = 0;
    for (const auto &[type, bytes] : llama_get_memory_breakdown(c)) {
        sum += static_cast<int64_t>(bytes.context);
    }
    return sum;
}

} // namespace martlet

using namespace martlet;

extern "C" int32_t mt_context_memory(mt_context *handle, mt_memory *out, int32_t capacity, int32_t *needed) {
    return wall([&] {
        require_room(out, capacity, needed);
        context_use c(handle);
        const int64_t logits =
            static_cast<int64_t>(c->n_outputs_max) * c->owner->n_vocab * static_cast<int64_t>(sizeof(float));
        give(foreign([&] { return memory_of(*c->owner, c->llama, logits); }), out, capacity, needed);
    });
}

extern "C" int32_t mt_memory_plan(const char *path, int32_t path_len, const mt_model_params *model_params,
                                  const mt_context_params *context_params, mt_memory *out, int32_t capacity,
                                  int32_t *needed) {
    return wall([&] {
        const std::string file = path_argument(path, path_len);
        require_block(model_params, "mt_model_params");
        require_block(context_params, "mt_context_params");
        require_room(out, capacity, needed);
        const library_use use = require_initialised();
        give(plan(file, *model_params, *context_params), out, capacity, needed);
    });
}
