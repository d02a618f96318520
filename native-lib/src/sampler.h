/*
 * sampler.h: what one request's choices depend on: its parameters and the tokens seen so far.
 */
#pragma once

#include "choose.h"
#include "model.h"

#include <atomic>

namespace martlet {

/* Counts of the tokens seen: an open-addressing table, since a request touches few of the vocabulary. */
class token_counts {
public:
    struct entry {
        int32_t token = -1; /* -1: free */
        int32_t prompt = 0;
        int32_t output = 0;
    };

    /* Adds to a token's counts; delta may be negative. Growing may throw bad_alloc, before any effect. */
    void add(int32_t token, int32_t prompt, int32_t output);

    const std::vector<entry> &entries() const { return entries_; }

private:
    entry &slot_of(int32_t token);
    void grow();

    std::vector<entry> entries_ = std::vector<entry>(256); /* a power of two, at most half full */
    size_t filled_ = 0;
};

class sampler_state {
public:
    /* Checks the parameters; copies the bias arrays. */
    sampler_state(const model &m, const mt_sampler_params &params);

    /* Counts a token, of the prompt or of the output. */
    void feed(int32_t token, int32_t kind);

    /* Takes the last token fed as output back. */
    void unfeed(int32_t token) noexcept;

    /* Chooses from the row in w, which holds the model's logits; edits it. -1 where nothing can be chosen. */
    int32_t choose(workspace &w, const int64_t *mask, const std::vector<int32_t> &eog) const;

private:
    void forbid_end(workspace &w, const std::vector<int32_t> &eog) const;
    void penalise(workspace &w) const;

    narrowing narrowing_;
    float repetition_;
    float frequency_;
    float presence_;
    int64_t seed_;
    int32_t min_tokens_;
    std::vector<candidate> bias_;
    bool counting_; /* whether any penalty is on */
    token_counts counts_;
    int64_t n_output_ = 0; /* output tokens so far: the index of the next draw */
};

/* A sampler as the caller holds it. */
struct sampler_handle {
    model_use owner;
    sampler_state state;
    std::atomic<bool> busy{false}; /* a call is using it */

    sampler_handle(std::shared_ptr<model> m, const mt_sampler_params &params);
    sampler_handle(std::shared_ptr<model> m, const sampler_state &copied);
};

/* Exclusive use of a handle's object for the time of a call. */
class exclusive {
public:
    exclusive(std::atomic<bool> &busy, const char *name) : busy_(&busy) {
        if (busy.exchange(true, std::memory_order_acquire)) {
            busy_ = nullptr;
            fail(MT_ERR_STATE, "the %s is in use by another call", name);
        }
    }
    ~exclusive() {
        if (busy_ != nullptr) {
            busy_->store(false, std::memory_order_release);
        }
    }
    exclusive(exclusive &&other) noexcept : busy_(other.busy_) { other.busy_ = nullptr; }
    exclusive(const exclusive &) = delete;
    exclusive &operator=(const exclusive &) = delete;

private:
    std::atomic<bool> *busy_;
};

} // namespace martlet
