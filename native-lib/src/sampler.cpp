/*
 * sampler.cpp: edits a row of logits by a request's parameters and history, and chooses from it.
 */
#include "sampler.h"

#include "philox.h"

#include <cmath>
#include <limits>

namespace martlet {

namespace {

constexpr float MINUS_INF = -std::numeric_limits<float>::infinity();

void check(const model &m, const mt_sampler_params &p) {
    MARTLET_REQUIRE(std::isfinite(p.temperature) && p.temperature >= 0, "temperature is %g, not >= 0",
                    static_cast<double>(p.temperature));
    MARTLET_REQUIRE(p.top_p > 0 && p.top_p <= 1, "top_p is %g, not in (0, 1]", static_cast<double>(p.top_p));
    MARTLET_REQUIRE(p.min_p >= 0 && p.min_p <= 1, "min_p is %g, not in [0, 1]", static_cast<double>(p.min_p));
    MARTLET_REQUIRE(std::isfinite(p.repetition_penalty) && p.repetition_penalty > 0,
                    "repetition_penalty is %g, not > 0", static_cast<double>(p.repetition_penalty));
    MARTLET_REQUIRE(std::isfinite(p.frequency_penalty), "frequency_penalty is not finite");
    MARTLET_REQUIRE(std::isfinite(p.presence_penalty), "presence_penalty is not finite");
    MARTLET_REQUIRE(p.min_tokens >= 0, "min_tokens is %d", p.min_tokens);
    MARTLET_REQUIRE(p.n_bias >= 0 && (p.n_bias == 0 || (p.bias_token != nullptr && p.bias_value != nullptr)),
                    "n_bias is %d, with bias_token or bias_value NULL", p.n_bias);
    for (int32_t i = 0; i < p.n_bias; ++i) {
        MARTLET_REQUIRE(p.bias_token[i] >= 0 && p.bias_token[i] < m.n_vocab,
                        "bias_token[%d] is %d, the vocabulary has %d", i, p.bias_token[i], m.n_vocab);
        MARTLET_REQUIRE(std::isfinite(p.bias_value[i]) || p.bias_value[i] == MINUS_INF,
                        "bias_value[%d] is neither finite nor -inf", i);
    }
}

} // namespace

token_counts::entry &token_counts::slot_of(int32_t token) {
    const size_t last = entries_.size() - 1;
    size_t i = (static_cast<uint32_t>(token) * 2654435769u) & last; /* Knuth's multiplicative hash */
    while (entries_[i].token != token && entries_[i].token >= 0) {
        i = (i + 1) & last;
    }
    return entries_[i];
}

void token_counts::grow() {
    std::vector<entry> old(entries_.size() * 2);
    old.swap(entries_);
    for (const entry &e : old) {
        if (e.token >= 0) {
            slot_of(e.token) = e;
        }
    }
}

void token_counts::add(int32_t token, int32_t prompt, int32_t output) {
    if (slot_of(token).token < 0) {
        if ((filled_ + 1) * 2 > entries_.size()) {
            grow();
        }
        slot_of(token).token = token;
        ++filled_;
    }
    entry &e = slot_of(token);
    e.prompt += prompt;
    e.output += output;
}

sampler_state::sampler_state(const model &m, const mt_sampler_params &p)
    : narrowing_{p.temperature, p.top_k, p.top_p, p.min_p}, repetition_(p.repetition_penalty),
      frequency_(p.frequency_penalty), presence_(p.presence_penalty), seed_(p.seed), min_tokens_(p.min_tokens),
      counting_(p.repetition_penalty != 1 || p.frequency_penalty != 0 || p.presence_penalty != 0) {
    check(m, p);
    bias_.reserve(static_cast<size_t>(p.n_bias));
    for (int32_t i = 0; i < p.n_bias; ++i) {
        bias_.push_back({p.bias_token[i], p.bias_value[i]});
    }
}

void sampler_state::feed(int32_t token, int32_t kind) {
    const bool output = kind == MT_FEED_OUTPUT;
    if (counting_) {
        counts_.add(token, output ? 0 : 1, output ? 1 : 0);
    }
    n_output_ += output ? 1 : 0;
}

void sampler_state::unfeed(int32_t token) noexcept {
    if (counting_) {
        counts_.add(token, 0, -1); /* feed() made its entry, so nothing grows */
    }
    --n_output_;
}

void sampler_state::forbid_end(workspace &w, const std::vector<int32_t> &eog) const {
    if (n_output_ >= min_tokens_ || eog.empty()) {
        return;
    }
    /* Taken back where nothing else is left: a grammar that is at its end must be able to end. */
    w.weights.clear();
    for (const int32_t token : eog) {
        w.weights.push_back(static_cast<double>(w.row[static_cast<size_t>(token)]));
        w.set(token, MINUS_INF);
    }
    if (best_of(w.best.data(), w.blocks()) == MINUS_INF) {
        for (size_t i = 0; i < eog.size(); ++i) {
            w.set(eog[i], static_cast<float>(w.weights[i]));
        }
    }
}

void sampler_state::penalise(workspace &w) const {
    for (const token_counts::entry &e : counts_.entries()) {
        if (e.token < 0 || (e.prompt == 0 && e.output == 0)) {
            continue;
        }
        float logit = w.row[static_cast<size_t>(e.token)];
        logit = logit > 0 ? logit / repetition_ : logit * repetition_;
        if (e.output > 0) {
            logit -= frequency_ * static_cast<float>(e.output) + presence_;
        }
        w.set(e.token, std::isnan(logit) ? MINUS_INF : std::fmin(logit, std::numeric_limits<float>::max()));
    }
}

int32_t sampler_state::choose(workspace &w, const int64_t *mask, const std::vector<int32_t> &eog) const {
    if (mask != nullptr) {
        mask_row(mask, w.n, w.row.data(), w.best.data());
    }
    for (const candidate &b : bias_) {
        w.set(b.token, std::fmin(w.row[static_cast<size_t>(b.token)] + b.logit, std::numeric_limits<float>::max()));
    }
    forbid_end(w, eog);
    if (counting_) {
        penalise(w);
    }
    if (narrowing_.temperature == 0) {
        return take_best(w);
    }
    return draw(w, narrowing_, uniform_draw(seed_, n_output_));
}

sampler_handle::sampler_handle(std::shared_ptr<model> m, const mt_sampler_params &params)
    : owner(std::move(m)), state(*owner, params) {}

sampler_handle::sampler_handle(std::shared_ptr<model> m, const sampler_state &copied)
    : owner(std::move(m)), state(copied) {}

} // namespace martlet

using namespace martlet;

extern "C" int32_t mt_sampler_new(const mt_model *handle, const mt_sampler_params *params, mt_sampler **out) {
    return wall([&] {
        require_block(params, "mt_sampler_params");
        MARTLET_REQUIRE(out != nullptr, "out is NULL");
        const auto m = find(handle);
        m->require_vocab();
        *out = static_cast<mt_sampler *>(add_handle(kind::sampler, std::make_shared<sampler_handle>(m, *params)));
    });
}

extern "C" int32_t mt_sampler_feed(mt_sampler *handle, const int32_t *tokens, int32_t n_tokens, int32_t kind) {
    return wall([&] {
        MARTLET_REQUIRE(kind == MT_FEED_PROMPT || kind == MT_FEED_OUTPUT, "kind is %d", kind);
        MARTLET_REQUIRE(n_tokens >= 0 && (tokens != nullptr || n_tokens == 0), "%d tokens in %s array", n_tokens,
                        tokens == nullptr ? "no" : "an");
        const auto s = find(handle);
        exclusive use(s->busy, "sampler");
        for (int32_t i = 0; i < n_tokens; ++i) {
            MARTLET_REQUIRE(tokens[i] >= 0 && tokens[i] < s->owner->n_vocab, "token %d is %d, the vocabulary has %d", i,
                            tokens[i], s->owner->n_vocab);
        }
        for (int32_t i = 0; i < n_tokens; ++i) {
            s->state.feed(tokens[i], kind);
        }
    });
}

extern "C" int32_t mt_sampler_clone(const mt_sampler *handle, mt_sampler **out) {
    return wall([&] {
        MARTLET_REQUIRE(out != nullptr, "out is NULL");
        const auto s = find(handle);
        exclusive use(s->busy, "sampler");
        *out = static_cast<mt_sampler *>(
            add_handle(kind::sampler, std::make_shared<sampler_handle>(s->owner.shared(), s->state)));
    });
}

extern "C" int32_t mt_sampler_free(mt_sampler *handle) {
    return wall([&] {
        const auto s = find(handle);
        exclusive use(s->busy, "sampler");
        remove_handle(kind::sampler, handle);
    });
}

extern "C" int32_t mt_sampler_sample(const mt_sampler *handle, const float *logits, int32_t n_vocab,
                                     const int64_t *mask, int32_t *token, float *logprob) {
    return wall([&] {
        MARTLET_REQUIRE(logits != nullptr && token != nullptr, "logits or token is NULL");
        const auto s = find(handle);
        exclusive use(s->busy, "sampler");
        MARTLET_REQUIRE(n_vocab == s->owner->n_vocab, "n_vocab is %d, the vocabulary has %d", n_vocab,
                        s->owner->n_vocab);
        thread_local workspace w;
        w.fit(n_vocab);
        load_row(logits, n_vocab, w.row.data(), w.best.data());
        const double log_z = logprob == nullptr ? 0 : log_sum_exp(w);
        const int32_t chosen = s->state.choose(w, mask, s->owner->eog);
        MARTLET_REQUIRE(chosen >= 0, "no token can be chosen: mask and bias forbid all, or no logit is a number");
        *token = chosen;
        if (logprob != nullptr) {
            *logprob = static_cast<float>(static_cast<double>(logits[chosen]) - log_z);
        }
    });
}
