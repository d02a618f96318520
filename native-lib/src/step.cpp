/*
 * step.cpp: mt_step(). Plan, decode, sample, commit; what fails in between is taken back.
 */
#include "step_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace martlet {

namespace {

/* Row r of a segment, as the model gave it, into the workspace; returns it. */
const float *load(context &c, const segment &g, int32_t r) {
    const int32_t token = g.first_token + g.n_tokens - g.rows + r;
    const float *logits = c.kernel([&] { return llama_get_logits_ith(c.llama, token); });
    if (logits == nullptr) {
        c.poisoned("llama.cpp gave no logits for token " + std::to_string(token) + " of the step");
    }
    load_row(logits, c.owner->n_vocab, c.work.row.data(), c.work.best.data());
    return logits;
}

/* What a step has changed so far; undone unless committed. */
class transaction {
public:
    transaction(context &c, const step_plan &plan) : context_(c), plan_(plan) {
        fed_.reserve(static_cast<size_t>(c.n_outputs_max));
        try {
            for (const segment &g : plan.segments()) {
                c.cells->append(g.sequence, g.n_tokens);
                ++appended_;
            }
        } catch (...) {
            release_cells();
            throw;
        }
    }

    ~transaction() {
        if (!committed_) {
            undo();
        }
    }
    transaction(const transaction &) = delete;
    transaction &operator=(const transaction &) = delete;

    void feed(sampler_handle &sampler, int32_t token) {
        sampler.state.feed(token, MT_FEED_OUTPUT);
        fed_.push_back({&sampler, token});
    }

    void commit() { committed_ = true; }

private:
    void release_cells() noexcept {
        for (size_t i = 0; i < appended_; ++i) {
            const segment &g = plan_.segments()[i];
            context_.cells->trim(g.sequence, g.position);
        }
    }

    void undo() noexcept {
        for (auto f = fed_.rbegin(); f != fed_.rend(); ++f) {
            f->sampler->state.unfeed(f->token);
        }
        release_cells();
        if (!context_.poison.empty()) {
            return;
        }
        try {
            for (const segment &g : plan_.segments()) {
                context_.drop_tail(context_.id_of(g.sequence), g.position);
            }
        } catch (...) { /* drop_tail() has poisoned the context: the caller's next call says so */
        }
    }

    struct fed {
        sampler_handle *sampler;
        int32_t token;
    };

    context &context_;
    const step_plan &plan_;
    std::vector<fed> fed_;
    size_t appended_ = 0;
    bool committed_ = false;
};

/* The arrays of a llama_batch for a plan. */
struct batch_arrays {
    std::vector<llama_pos> position;
    std::vector<int32_t> n_seq_id;
    std::vector<llama_seq_id> sequence;
    std::vector<llama_seq_id *> sequences;
    std::vector<int8_t> output;

    batch_arrays(const context &c, const step_plan &plan, int32_t n_tokens)
        : n_seq_id(static_cast<size_t>(n_tokens), 1), output(static_cast<size_t>(n_tokens), 0) {
        position.reserve(n_seq_id.size());
        sequence.reserve(n_seq_id.size());
        for (const segment &g : plan.segments()) {
            for (int32_t i = 0; i < g.n_tokens; ++i) {
                position.push_back(g.position + i);
                sequence.push_back(c.id_of(g.sequence));
                output[static_cast<size_t>(g.first_token + i)] = i >= g.n_tokens - g.rows;
            }
        }
        for (llama_seq_id &id : sequence) {
            sequences.push_back(&id);
        }
    }
};

void decode(context &c, const step_plan &plan, const mt_step_input &in) {
    batch_arrays arrays(c, plan, in.n_tokens);
    llama_batch batch{in.n_tokens,
                      const_cast<llama_token *>(in.tokens), /* llama.cpp reads only */
                      nullptr,
                      arrays.position.data(),
                      arrays.n_seq_id.data(),
                      arrays.sequences.data(),
                      arrays.output.data()};
    const int32_t result = c.kernel([&] {
        c.use_threads(plan.has_prefill() ? c.n_threads_batch : c.n_threads);
        const int32_t r = llama_decode(c.llama, batch);
        llama_synchronize(c.llama);
        if (r == 0) { /* a graph was computed, with the new pool */
            c.free_retired_pool();
        }
        return r;
    });
    switch (result) {
    case 0:
        return;
    case 1:
        fail(MT_ERR_NO_SPACE, "llama.cpp found no %d free cells", in.n_tokens);
    case 2:
        fail(MT_ERR_ABORTED, "the step was aborted");
    case -2:
        fail(MT_ERR_OOM, "the step needs memory that is not there");
    default:
        c.poisoned("llama_decode() failed with code " + std::to_string(result));
    }
}

/* Writes the logprobs of the row in the workspace, which is still as the model gave it. */
double write_top(context &c, const segment &g, mt_step_output &out, int32_t row) {
    for (int32_t i = 0; i < out.top_stride; ++i) {
        out.top_token[row * out.top_stride + i] = -1;
        out.top_logprob[row * out.top_stride + i] = -std::numeric_limits<float>::infinity();
    }
    if (g.top_k < 0) {
        return 0;
    }
    const double log_z = log_sum_exp(c.work);
    if (g.top_k > 0) {
        select_best(c.work, g.top_k);
        for (size_t i = 0; i < c.work.candidates.size(); ++i) {
            const auto to = static_cast<size_t>(row) * static_cast<size_t>(out.top_stride) + i;
            out.top_token[to] = c.work.candidates[i].token;
            out.top_logprob[to] = static_cast<float>(static_cast<double>(c.work.candidates[i].logit) - log_z);
        }
    }
    return log_z;
}

/* Samples row r of a segment into output row number row; returns the token. */
int32_t sample_row(context &c, const segment &g, int32_t r, mt_step_output &out, int32_t row) {
    const float *logits = load(c, g, r);
    const double log_z = write_top(c, g, out, row);
    const int64_t *mask = g.mask == nullptr ? nullptr : g.mask + static_cast<int64_t>(r) * c.work.blocks();
    const int32_t token = g.sampler->state.choose(c.work, mask, c.owner->eog);
    out.token[row] = token;
    out.logprob[row] = 0;
    if (token >= 0 && g.top_k >= 0) {
        const float logit = std::fmin(logits[token], std::numeric_limits<float>::max());
        out.logprob[row] = static_cast<float>(static_cast<double>(logit) - log_z);
    }
    return token;
}

/* Samples a segment's rows; returns how many of its tokens stay in the sequence. */
int32_t sample(context &c, transaction &t, const segment &g, const int32_t *tokens, mt_step_output &out) {
    int32_t r = 0;
    for (bool more = g.rows > 0; more; ++r) {
        const int32_t token = sample_row(c, g, r, out, out.n_rows + r);
        if (token >= 0) {
            t.feed(*g.sampler, token);
        }
        const int32_t next = g.first_token + g.n_tokens - g.rows + r + 1; /* the draft this row is to confirm */
        more = r + 1 < g.rows && tokens[next] == token;
    }
    out.n_rows += r;
    return g.n_tokens - g.rows + r;
}

void step(context &c, const mt_step_input &in, mt_step_output &out) {
    const step_plan plan(c, in, out);
    c.abort_requested.store(false, std::memory_order_relaxed);
    transaction t(c, plan);

    const int64_t start = llama_time_us();
    decode(c, plan, in);
    const int64_t decoded = llama_time_us();

    out.n_rows = 0;
    std::vector<int32_t> kept;
    kept.reserve(plan.segments().size());
    for (size_t s = 0; s < plan.segments().size(); ++s) {
        const int32_t before = out.n_rows;
        kept.push_back(sample(c, t, plan.segments()[s], in.tokens, out));
        out.row_count[s] = out.n_rows - before;
    }
    for (size_t s = 0; s < plan.segments().size(); ++s) {
        const segment &g = plan.segments()[s];
        if (kept[s] < g.n_tokens && g.rows > 0) {
            c.drop_tail(c.id_of(g.sequence), g.position + kept[s]);
            c.cells->trim(g.sequence, g.position + kept[s]);
        }
    }
    t.commit();

    out.decode_micros = decoded - start;
    out.sample_micros = llama_time_us() - decoded;
    c.perf.steps += 1;
    c.perf.tokens_in += in.n_tokens;
    c.perf.tokens_out += out.n_rows;
    c.perf.decode_micros += out.decode_micros;
    c.perf.sample_micros += out.sample_micros;
}

} // namespace

} // namespace martlet

extern "C" int32_t mt_step(mt_context *handle, const mt_step_input *input, mt_step_output *output) {
    using namespace martlet;
    return wall([&] {
        require_block(input, "mt_step_input");
        require_block(output, "mt_step_output");
        context_use c(handle);
        step(*c, *input, *output);
    });
}
