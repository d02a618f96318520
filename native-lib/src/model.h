/*
 * model.h: an open model.
 */
#pragma once

#include "handles.h"

#include "llama.h"

#include <mutex>
#include <vector>

namespace martlet {

/* The weights and the vocabulary. Shared by the calls in flight; llama.cpp's object goes with the last of them. */
struct model {
    llama_model *llama = nullptr;
    const llama_vocab *vocab = nullptr; /* NULL where the model has no tokenizer */
    int32_t n_vocab = 0;
    bool vocab_only = false;
    bool cpu_only = true;
    bool rank_head = false;
    std::string architecture;
    std::vector<int32_t> eog; /* tokens that end a generation, ascending */

    std::mutex lock; /* guards the two below */
    int users = 0;   /* open contexts, embedders and samplers */
    bool closed = false;

    model() = default;
    ~model();
    model(const model &) = delete;
    model &operator=(const model &) = delete;

    void require_vocab() const;

    /* A value of the file's own metadata, of the architecture's key; otherwise where there is none. */
    std::string hyperparameter(const char *key, const char *otherwise) const;
};

/* Loads a model. Dry: one without weights, of which llama.cpp can only tell what it would take. */
std::shared_ptr<model> load_model(const std::string &path, const mt_model_params &p, bool dry);

/* A context's, embedder's or sampler's claim on its model, which keeps the model from being closed. */
class model_use {
public:
    explicit model_use(std::shared_ptr<model> owner);
    ~model_use();
    model_use(const model_use &) = delete;
    model_use &operator=(const model_use &) = delete;

    const model *operator->() const { return owner_.get(); }
    const model &operator*() const { return *owner_; }
    const std::shared_ptr<model> &shared() const { return owner_; }

private:
    std::shared_ptr<model> owner_;
};

} // namespace martlet
