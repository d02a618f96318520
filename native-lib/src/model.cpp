/*
 * model.cpp: opening, closing and describing models.
 */
#include "model.h"

#include "containment.h"
#include "gguf_check.h"
#include "library.h"
#include "log.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace martlet {

namespace {

/* The caller's progress and cancel cells, polled and written while llama.cpp loads. */
struct cells {
    int32_t *progress;
    const int32_t *cancel;

    bool cancelled() const { return cancel != nullptr && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0; }

    void set_progress(int32_t permille) const {
        if (progress != nullptr) {
            __atomic_store_n(progress, permille, __ATOMIC_RELAXED);
        }
    }
};

bool on_progress(float done, void *data) {
    const auto *c = static_cast<const cells *>(data);
    c->set_progress(static_cast<int32_t>(done * 1000.0f));
    return !c->cancelled();
}

llama_load_mode load_mode(const mt_model_params &p) {
    if (p.use_mmap != 0) {
        return p.use_mlock != 0 ? LLAMA_LOAD_MODE_MMAP_MLOCK : LLAMA_LOAD_MODE_MMAP;
    }
    return p.use_mlock != 0 ? LLAMA_LOAD_MODE_MLOCK : LLAMA_LOAD_MODE_NONE;
}

void learn_vocabulary(model &m) {
    const llama_vocab *vocab = llama_model_get_vocab(m.llama);
    if (vocab == nullptr || llama_vocab_type(vocab) == LLAMA_VOCAB_TYPE_NONE) {
        return;
    }
    m.vocab = vocab;
    m.n_vocab = llama_vocab_n_tokens(vocab);
    for (int32_t t = 0; t < m.n_vocab; ++t) {
        if (llama_vocab_is_eog(vocab, t)) {
            m.eog.push_back(t);
        }
    }
}

/* The shares of the GPUs for llama.cpp, which wants as many as it may ever have; empty where it is to choose. */
std::vector<float> tensor_split(const mt_model_params &p, int32_t gpus) {
    MARTLET_REQUIRE(p.tensor_split_count >= 0 && (p.tensor_split == nullptr) == (p.tensor_split_count == 0),
                    "tensor_split is %s with tensor_split_count %d", p.tensor_split == nullptr ? "NULL" : "set",
                    p.tensor_split_count);
    float sum = 0;
    for (int32_t i = 0; i < p.tensor_split_count; ++i) {
        const float share = p.tensor_split[i];
        MARTLET_REQUIRE(std::isfinite(share) && share >= 0, "tensor_split has the share %g",
                        static_cast<double>(share));
        sum += share;
    }
    MARTLET_REQUIRE(p.tensor_split_count == 0 || sum > 0, "tensor_split gives no GPU anything");
    if (p.tensor_split_count == 0 || p.gpu_layers == 0) {
        return {};
    }
    MARTLET_REQUIRE(p.tensor_split_count <= gpus, "tensor_split has %d shares, this machine has %d GPU%s",
                    p.tensor_split_count, gpus, gpus == 1 ? "" : "s");
    std::vector<float> shares(std::max(llama_max_devices(), static_cast<size_t>(gpus)), 0.0f);
    std::copy_n(p.tensor_split, p.tensor_split_count, shares.begin());
    return shares;
}

llama_split_mode split_mode(const mt_model_params &p, int32_t gpus) {
    MARTLET_REQUIRE(p.main_gpu >= 0, "main_gpu is %d", p.main_gpu);
    switch (p.split_mode) {
    case MT_SPLIT_LAYER:
        return LLAMA_SPLIT_MODE_LAYER;
    case MT_SPLIT_ROW:
        return LLAMA_SPLIT_MODE_ROW;
    case MT_SPLIT_NONE:
        MARTLET_REQUIRE(p.gpu_layers == 0 || p.main_gpu < std::max(gpus, 1),
                        "main_gpu is %d, this machine has %d GPU%s", p.main_gpu, gpus, gpus == 1 ? "" : "s");
        return LLAMA_SPLIT_MODE_NONE;
    default:
        fail(MT_ERR_INVALID_ARG, "split_mode is %d, not 0 (layer), 1 (none) or 2 (row)", p.split_mode);
    }
}

/* A list that ends with NULL; empty to let llama.cpp choose. */
std::vector<ggml_backend_dev_t> devices_for(const mt_model_params &p) {
    if (p.gpu_layers == 0) {
        return {nullptr};
    }
    if (!spares_devices()) {
        return {};
    }
    std::vector<ggml_backend_dev_t> devices = gpus();
    devices.push_back(nullptr);
    return devices;
}

} // namespace

std::shared_ptr<model> load_model(const std::string &path, const mt_model_params &p, bool dry) {
    const int32_t gpus = gpu_count();
    std::vector<float> shares = tensor_split(p, gpus);
    llama_model_params params = llama_model_default_params();
    params.split_mode = split_mode(p, gpus);
    params.main_gpu = p.main_gpu;
    params.tensor_split = shares.empty() ? nullptr : shares.data();
    const gguf_summary summary = check_gguf_model(path);
    if (p.vocab_only == 0 && summary.tensors.empty()) {
        fail(MT_ERR_IO, "%s holds no weights, only metadata and tokenizer", path.c_str());
    }

    cells shared{dry ? nullptr : p.progress_permille, dry ? nullptr : p.cancel};
    std::vector<ggml_backend_dev_t> devices = devices_for(p);
    params.devices = devices.empty() ? nullptr : devices.data();
    params.n_gpu_layers = p.gpu_layers;
    params.load_mode = dry ? LLAMA_LOAD_MODE_NONE : load_mode(p);
    params.no_alloc = dry;
    params.vocab_only = p.vocab_only != 0;
    params.check_tensors = p.check_tensors != 0;
    params.progress_callback = on_progress;
    params.progress_callback_user_data = &shared;

    auto m = std::make_shared<model>();
    m->vocab_only = params.vocab_only;
    m->cpu_only = p.gpu_layers == 0 || gpus == 0;
    m->architecture = summary.architecture;
    m->rank_head = summary.rank_head;
    log_watch watch;
    shared.set_progress(0);
    try {
        m->llama = foreign([&] { return llama_model_load_from_file(path.c_str(), params); });
    } catch (const foreign_abort &a) {
        fail(MT_ERR_IO, "%s: llama.cpp cannot use this model: %s", path.c_str(), a.message.c_str());
    }
    if (m->llama == nullptr && shared.cancelled()) {
        fail(MT_ERR_ABORTED, "loading %s was cancelled", path.c_str());
    }
    if (m->llama == nullptr) {
        const std::string why = watch.errors_or("llama.cpp gave no reason");
        const bool memory = why.find("alloc") != std::string::npos;
        fail(memory ? MT_ERR_OOM : MT_ERR_IO, "cannot load %s: %s", path.c_str(), why.c_str());
    }
    foreign([&] { learn_vocabulary(*m); });
    shared.set_progress(1000);
    return m;
}

namespace {

void describe(const model &m, mt_model_info &out) {
    const llama_model *l = m.llama;
    const llama_vocab *v = m.vocab;
    out.n_vocab = m.n_vocab;
    out.n_ctx_train = llama_model_n_ctx_train(l);
    out.n_embd = llama_model_n_embd(l);
    out.n_layer = llama_model_n_layer(l);
    out.n_head = m.vocab_only ? 0 : llama_model_n_head(l);
    out.n_head_kv = m.vocab_only ? 0 : llama_model_n_head_kv(l);
    out.has_encoder = llama_model_has_encoder(l);
    out.has_decoder = llama_model_has_decoder(l);
    out.is_recurrent = llama_model_is_recurrent(l);
    out.is_hybrid = llama_model_is_hybrid(l);
    out.token_bos = v ? llama_vocab_bos(v) : -1;
    out.token_eos = v ? llama_vocab_eos(v) : -1;
    out.token_eot = v ? llama_vocab_eot(v) : -1;
    out.token_nl = v ? llama_vocab_nl(v) : -1;
    out.token_fim_prefix = v ? llama_vocab_fim_pre(v) : -1;
    out.token_fim_suffix = v ? llama_vocab_fim_suf(v) : -1;
    out.token_fim_middle = v ? llama_vocab_fim_mid(v) : -1;
    out.add_bos = v ? llama_vocab_get_add_bos(v) : 0;
    out.add_eos = v ? llama_vocab_get_add_eos(v) : 0;
    out.pooling_type = static_cast<int32_t>(strtol(m.hyperparameter("pooling_type", "0").c_str(), nullptr, 10));
    out.vocab_type = v ? static_cast<int32_t>(llama_vocab_type(v)) : 0;
    out.n_params = static_cast<int64_t>(llama_model_n_params(l));
    out.size_bytes = static_cast<int64_t>(llama_model_size(l));
    char description[sizeof(out.description)] = "";
    llama_model_desc(l, description, sizeof(description));
    copy_field(out.description, description);
    copy_field(out.weight_type, llama_ftype_name(llama_model_ftype(l)));
    out.token_sep = v ? llama_vocab_sep(v) : -1;
    out.add_sep = v ? llama_vocab_get_add_sep(v) : 0;
    out.rank_outputs = m.rank_head ? static_cast<int32_t>(llama_model_n_cls_out(l)) : 0;
}

/* Text of a llama.cpp function of the form (buffer, size) -> length. */
template <typename Get>
std::string whole_text(Get &&get, const char *what) {
    char small[256];
    const int32_t length = get(small, sizeof(small));
    MARTLET_REQUIRE(length >= 0, "%s: no such entry", what);
    if (static_cast<size_t>(length) < sizeof(small)) {
        return std::string(small, static_cast<size_t>(length));
    }
    std::string text(static_cast<size_t>(length) + 1, '\0');
    get(text.data(), text.size());
    text.pop_back();
    return text;
}

} // namespace

model::~model() {
    if (llama == nullptr) {
        return;
    }
    try {
        foreign([&] { llama_model_free(llama); });
    } catch (...) { /* it cannot be freed: leaked, and the host lives */
        report(MT_ERR_INTERNAL, "the model could not be freed");
    }
}

void model::require_vocab() const {
    if (vocab == nullptr) {
        fail(MT_ERR_UNSUPPORTED, "this model has no tokenizer");
    }
}

std::string model::hyperparameter(const char *key, const char *otherwise) const {
    char text[64];
    const int32_t length = llama_model_meta_val_str(llama, (architecture + "." + key).c_str(), text, sizeof(text));
    return length < 0 ? otherwise : text;
}

model_use::model_use(std::shared_ptr<model> owner) : owner_(std::move(owner)) {
    std::lock_guard<std::mutex> guard(owner_->lock);
    MARTLET_REQUIRE(!owner_->closed, "the model is closed");
    ++owner_->users;
}

model_use::~model_use() {
    std::lock_guard<std::mutex> guard(owner_->lock);
    --owner_->users;
}

} // namespace martlet

using namespace martlet;

extern "C" int32_t mt_model_open(const char *path, int32_t path_len, const mt_model_params *params, mt_model **out) {
    return wall([&] {
        const std::string file = path_argument(path, path_len);
        require_block(params, "mt_model_params");
        MARTLET_REQUIRE(out != nullptr, "out is NULL");
        const library_use use = require_initialised();
        *out = static_cast<mt_model *>(add_handle(kind::model, load_model(file, *params, false)));
    });
}

extern "C" int32_t mt_model_close(mt_model *handle) {
    return wall([&] {
        const auto m = find(handle);
        {
            std::lock_guard<std::mutex> guard(m->lock);
            MARTLET_REQUIRE(!m->closed, "not an open model (closed already?)");
            if (m->users > 0) {
                fail(MT_ERR_STATE, "%d context%s, embedder%s or sampler%s of the model still open", m->users,
                     m->users == 1 ? "" : "s", m->users == 1 ? "" : "s", m->users == 1 ? " is" : "s are");
            }
            m->closed = true;
        }
        remove_handle(kind::model, handle);
    });
}

extern "C" int32_t mt_model_get_info(const mt_model *handle, mt_model_info *out) {
    return wall([&] {
        require_block(out, "mt_model_info");
        const auto m = find(handle);
        foreign([&] { describe(*m, *out); });
    });
}

extern "C" int32_t mt_model_meta_count(const mt_model *handle, int32_t *count) {
    return wall([&] {
        MARTLET_REQUIRE(count != nullptr, "count is NULL");
        const auto m = find(handle);
        *count = foreign([&] { return llama_model_meta_count(m->llama); });
    });
}

extern "C" int32_t mt_model_meta_key(const mt_model *handle, int32_t index, char *out, int32_t capacity,
                                     int32_t *needed) {
    return wall([&] {
        const auto m = find(handle);
        const std::string text = foreign([&] {
            return whole_text([&](char *to, size_t n) { return llama_model_meta_key_by_index(m->llama, index, to, n); },
                              "metadata key");
        });
        copy_out(text.data(), text.size(), out, capacity, needed);
    });
}

extern "C" int32_t mt_model_meta_value(const mt_model *handle, int32_t index, char *out, int32_t capacity,
                                       int32_t *needed) {
    return wall([&] {
        const auto m = find(handle);
        const std::string text = foreign([&] {
            return whole_text(
                [&](char *to, size_t n) { return llama_model_meta_val_str_by_index(m->llama, index, to, n); },
                "metadata value");
        });
        copy_out(text.data(), text.size(), out, capacity, needed);
    });
}

extern "C" int32_t mt_model_chat_template(const mt_model *handle, const char *name, int32_t name_len, char *out,
                                          int32_t capacity, int32_t *needed) {
    return wall([&] {
        const std::string wanted = text_argument(name, name_len, "name");
        const auto m = find(handle);
        const char *text =
            foreign([&] { return llama_model_chat_template(m->llama, name == nullptr ? nullptr : wanted.c_str()); });
        copy_out(text, text == nullptr ? 0 : strlen(text), out, capacity, needed);
    });
}
