/*
 * embedder.cpp: mt_embed() and what belongs to an open embedder.
 */
#include "embedder.h"

#include <algorithm>
#include <cmath>

namespace martlet {

namespace {

/* Checks a call; gives its number of tokens. */
int64_t check(const embedder &e, const embed_call &call) {
    MARTLET_REQUIRE(call.n_sequences >= 1, "n_sequences is %d", call.n_sequences);
    MARTLET_REQUIRE(call.tokens != nullptr && call.token_count != nullptr, "tokens or token_count is NULL");
    int64_t n_tokens = 0;
    for (int32_t s = 0; s < call.n_sequences; ++s) {
        MARTLET_REQUIRE(call.token_count[s] >= 1, "sequence %d has %d tokens", s, call.token_count[s]);
        MARTLET_REQUIRE(call.token_count[s] <= e.max_tokens, "sequence %d has %d tokens, at most %d fit", s,
                        call.token_count[s], e.max_tokens);
        n_tokens += call.token_count[s];
    }
    for (int64_t t = 0; t < n_tokens; ++t) {
        MARTLET_REQUIRE(call.tokens[t] >= 0 && call.tokens[t] < e.base.owner->n_vocab,
                        "token %d at %lld is not in the vocabulary of %d", call.tokens[t], static_cast<long long>(t),
                        e.base.owner->n_vocab);
    }
    return n_tokens;
}

void normalize(float *vector, int32_t n) {
    double squares = 0;
    for (int32_t i = 0; i < n; ++i) {
        squares += static_cast<double>(vector[i]) * static_cast<double>(vector[i]);
    }
    if (squares > 0) {
        const double scale = 1 / std::sqrt(squares);
        for (int32_t i = 0; i < n; ++i) {
            vector[i] = static_cast<float>(static_cast<double>(vector[i]) * scale);
        }
    }
}

} // namespace

void embedder::forget() {
    llama_memory_t memory = llama_get_memory(base.llama);
    if (memory != nullptr) {
        base.kernel([&] { llama_memory_clear(memory, false); });
    }
}

sequence_group embedder::next_group(const embed_call &call, int32_t first) const {
    sequence_group group{first, 0, 0};
    while (first + group.count < call.n_sequences && group.count < max_sequences) {
        const int32_t n = call.token_count[first + group.count];
        if (group.count > 0 && n > group_tokens - group.n_tokens) {
            break;
        }
        group.n_tokens += n;
        ++group.count;
    }
    return group;
}

void embedder::compute(const int32_t *tokens, int32_t n) {
    for (int32_t i = 0; i < n; ++i) {
        sequences[static_cast<size_t>(i)] = &sequence[static_cast<size_t>(i)];
    }
    const llama_batch batch{n,
                            const_cast<llama_token *>(tokens), /* llama.cpp reads only */
                            nullptr,
                            position.data(),
                            n_seq_id.data(),
                            sequences.data(),
                            output.data()};
    base.compute(batch, base.n_threads, encode);
}

const float *embedder::row(int32_t token) {
    const float *vector = base.kernel([&] { return llama_get_embeddings_ith(base.llama, token); });
    if (vector == nullptr) {
        base.poisoned("llama.cpp gave no vector for token " + std::to_string(token) + " of a batch");
    }
    return vector;
}

/* Takes the vectors of a batch of n tokens, where first_row tokens of the group were before. */
void embedder::take(const sequence_group &group, const int32_t *token_count, int32_t n, float *out, int64_t first_row) {
    const auto width = static_cast<size_t>(dimensions);
    for (int32_t i = 0; i < n; ++i) {
        const int32_t s = sequence[static_cast<size_t>(i)];
        const int32_t at = position[static_cast<size_t>(i)];
        const bool last = at == token_count[group.first + s] - 1;
        float *vector = out + static_cast<size_t>(s) * width;
        switch (pooling) {
        case MT_POOLING_NONE:
            std::copy_n(row(i), width, out + (static_cast<size_t>(first_row) + static_cast<size_t>(i)) * width);
            break;
        case MT_POOLING_MEAN: {
            const float *from = row(i);
            double *sum = sums.data() + static_cast<size_t>(s) * width;
            for (size_t d = 0; d < width; ++d) {
                sum[d] += static_cast<double>(from[d]);
            }
            break;
        }
        case MT_POOLING_CLS:
            if (at == 0) {
                std::copy_n(row(i), width, vector);
            }
            break;
        case MT_POOLING_LAST:
            if (last) {
                std::copy_n(row(i), width, vector);
            }
            break;
        default: /* MT_POOLING_RANK */
            if (last) {
                const float *scores = base.kernel([&] { return llama_get_embeddings_seq(base.llama, s); });
                if (scores == nullptr) {
                    base.poisoned("llama.cpp gave no scores for a sequence");
                }
                std::copy_n(scores, width, vector);
            }
        }
    }
}

void embedder::finish(const embed_call &call, const sequence_group &group, float *out) {
    const auto width = static_cast<size_t>(dimensions);
    if (pooling == MT_POOLING_MEAN) {
        for (int32_t s = 0; s < group.count; ++s) {
            const size_t at = static_cast<size_t>(s) * width;
            for (size_t d = 0; d < width; ++d) {
                out[at + d] = static_cast<float>(sums[at + d] / call.token_count[group.first + s]);
            }
        }
    }
    if (call.normalize && pooling != MT_POOLING_RANK) {
        const int32_t vectors = pooling == MT_POOLING_NONE ? group.n_tokens : group.count;
        for (int32_t v = 0; v < vectors; ++v) {
            normalize(out + static_cast<size_t>(v) * width, dimensions);
        }
    }
}

void embedder::embed_group(const embed_call &call, const sequence_group &group, const int32_t *tokens, float *out) {
    const int32_t most = whole ? group.n_tokens : std::min(batch_tokens, group.n_tokens);
    const auto rows = static_cast<size_t>(most);
    position.resize(rows);
    sequence.resize(rows);
    sequences.resize(rows);
    n_seq_id.assign(rows, 1);
    output.assign(rows, 1);
    if (pooling == MT_POOLING_MEAN) {
        sums.assign(static_cast<size_t>(group.count) * static_cast<size_t>(dimensions), 0);
    }
    int32_t s = 0;
    int32_t at = 0;
    for (int32_t done = 0; done < group.n_tokens;) {
        const int32_t n = std::min(most, group.n_tokens - done);
        for (int32_t i = 0; i < n; ++i) {
            if (at == call.token_count[group.first + s]) {
                ++s;
                at = 0;
            }
            sequence[static_cast<size_t>(i)] = s;
            position[static_cast<size_t>(i)] = at++;
        }
        compute(tokens + done, n);
        take(group, call.token_count, n, out, done);
        done += n;
    }
    finish(call, group, out);
}

void embedder::embed(const embed_call &call) {
    base.abort_requested.store(false, std::memory_order_relaxed);
    const int32_t *tokens = call.tokens;
    float *out = call.out;
    for (int32_t s = 0; s < call.n_sequences;) {
        const sequence_group group = next_group(call, s);
        try {
            embed_group(call, group, tokens, out);
        } catch (...) {
            if (base.poison.empty()) {
                forget();
            }
            throw;
        }
        forget();
        s += group.count;
        tokens += group.n_tokens;
        out += static_cast<int64_t>(pooling == MT_POOLING_NONE ? group.n_tokens : group.count) * dimensions;
    }
}

} // namespace martlet

using namespace martlet;

extern "C" int32_t mt_embedder_close(mt_embedder *handle) {
    return wall([&] {
        const auto e = find(handle);
        exclusive use(e->base.busy, "embedder");
        remove_handle(kind::embedder, handle);
    });
}

extern "C" int32_t mt_embedder_get_info(mt_embedder *handle, mt_embedder_info *out) {
    return wall([&] {
        require_block(out, "mt_embedder_info");
        const auto e = find(handle); /* also of a poisoned one, to be told */
        exclusive use(e->base.busy, "embedder");
        out->pooling = e->pooling;
        out->dimensions = e->dimensions;
        out->max_tokens = e->max_tokens;
        out->whole = e->whole;
        out->poisoned = !e->base.poison.empty();
        out->kv_bytes = e->base.kv_bytes;
    });
}

extern "C" int32_t mt_embed(mt_embedder *handle, const int32_t *tokens, const int32_t *token_count, int32_t n_sequences,
                            int32_t normalize, float *out, int64_t capacity, int64_t *needed) {
    return wall([&] {
        MARTLET_REQUIRE(needed != nullptr, "needed is NULL");
        MARTLET_REQUIRE(capacity >= 0 && (out != nullptr || capacity == 0), "capacity is %lld with %s buffer",
                        static_cast<long long>(capacity), out == nullptr ? "no" : "a");
        MARTLET_REQUIRE(normalize == 0 || normalize == 1, "normalize is %d", normalize);
        const auto e = find(handle);
        exclusive use(e->base.busy, "embedder");
        if (!e->base.poison.empty()) {
            throw failure{MT_ERR_POISONED, "the embedder failed earlier and must be closed: " + e->base.poison};
        }
        const embed_call call{tokens, token_count, n_sequences, normalize != 0, out};
        const int64_t n_tokens = check(*e, call);
        *needed = (e->pooling == MT_POOLING_NONE ? n_tokens : n_sequences) * e->dimensions;
        if (capacity < *needed) {
            fail(MT_ERR_BUFFER, "the buffer has %lld floats, %lld are needed", static_cast<long long>(capacity),
                 static_cast<long long>(*needed));
        }
        e->embed(call);
    });
}

extern "C" int32_t mt_embedder_abort(mt_embedder *handle) {
    return wall([&] { find(handle)->base.abort_requested.store(true, std::memory_order_relaxed); });
}
