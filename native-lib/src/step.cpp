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
    const int32_t token = g.first_token + g.first_row + r;
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
    explicit transaction(context &c) : context_(c), memory_(*c.steps) {
        try {
            for (const segment &g : memory_.plan.segments()) {
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
        memory_.fed.push_back({&sampler, token});
    }

    void commit() { committed_ = true; }

private:
    void release_cells() noexcept {
        for (size_t i = 0; i < appended_; ++i) {
            const segment &g = memory_.plan.segments()[i];
            context_.cells->trim(g.sequence, g.position);
        }
    }

    void undo() noexcept {
        for (auto f = memory_.fed.rbegin(); f != memory_.fed.rend(); ++f) {
            f->sampler->state.unfeed(f->token);
        }
        release_cells();
        if (!context_.poison.empty()) {
            return;
        }
        try {
            for (const segment &g : memory_.plan.segments()) {
                context_.drop_tail(context_.id_of(g.sequence), g.position);
            }
        } catch (...) { /* drop_tail() has poisoned the context: the caller's next call says so */
        }
    }

    context &context_;
    step_memory &memory_;
    size_t appended_ = 0;
    bool committed_ = false;
};

void decode(context &c, const mt_step_input &in) {
    step_memory &m = *c.steps;
    for (const segment &g : m.plan.segments()) {
        for (int32_t i = 0; i < g.n_tokens; ++i) {
            const auto at = static_cast<size_t>(g.first_token + i);
            m.position[at] = g.position + i;
            m.sequence[at] = c.id_of(g.sequence);
            m.output[at] = i >= g.first_row && i < g.first_row + g.rows;
        }
    }
    llama_batch batch{in.n_tokens,       const_cast<llama_token *>(in.tokens), /* llama.cpp reads only */
                      nullptr,           m.position.data(),
                      m.n_seq_id.data(), m.sequences.data(),
                      m.output.data()};
    c.compute(batch, m.plan.has_prefill() ? c.n_threads_batch : c.n_threads);
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
    const int64_t *mask = g.mask == nullptr ? nullptr : g.mask + static_cast<int64_t>(r - g.scored) * c.work.blocks();
    const int32_t token = g.sampler->state.choose(c.work, mask, c.owner->eog);
    out.token[row] = token;
    out.logprob[row] = 0;
    if (token >= 0 && g.top_k >= 0) {
        const float logit = std::fmin(logits[token], std::numeric_limits<float>::max());
        out.logprob[row] = static_cast<float>(static_cast<double>(logit) - log_z);
    }
    return token;
}

/* Writes into output row number row what row r of a segment says of the token that follows. */
void score_row(context &c, const segment &g, int32_t r, const int32_t *tokens, mt_step_output &out, int32_t row) {
    load(c, g, r);
    const double log_z = write_top(c, g, out, row);
    const int32_t token = r + 1 < g.n_tokens ? tokens[g.first_token + r + 1] : g.next;
    const float logit = c.work.row[static_cast<size_t>(token)]; /* -inf where the model gave no number */
    out.token[row] = token;
    out.logprob[row] = std::isinf(logit) ? logit : static_cast<float>(static_cast<double>(logit) - log_z);
}

/* Scores and samples a segment's rows; returns how many of its tokens stay in the sequence. */
int32_t sample(context &c, transaction &t, const segment &g, const int32_t *tokens, mt_step_output &out) {
    int32_t r = 0;
    for (; r < g.scored; ++r) {
        score_row(c, g, r, tokens, out, out.n_rows + r);
    }
    for (bool more = r < g.rows; more; ++r) {
        const int32_t token = sample_row(c, g, r, out, out.n_rows + r);
        if (token >= 0) {
            t.feed(*g.sampler, token);
        }
        const int32_t next = g.first_token + g.first_row + r + 1; /* the draft this row is to confirm */
        more = r + 1 < g.rows && tokens[next] == token;
    }
    out.n_rows += r;
    return g.scored > 0 ? g.n_tokens : g.first_row + r;
}

/* Leaves the context's memory of steps empty, and the samplers to others. */
struct clearing {
    step_memory &memory;

    ~clearing() {
        memory.fed.clear();
        memory.kept.clear();
        memory.plan.clear();
    }
};

void step(context &c, const mt_step_input &in, mt_step_output &out) {
    step_memory &m = *c.steps;
    const clearing at_the_end{m};
    m.plan.make(c, in, out);
    c.abort_requested.store(false, std::memory_order_relaxed);
    transaction t(c);

    const int64_t start = llama_time_us();
    decode(c, in);
    const int64_t decoded = llama_time_us();

    out.n_rows = 0;
    const std::vector<segment> &segments = m.plan.segments();
    for (size_t s = 0; s < segments.size(); ++s) {
        const int32_t before = out.n_rows;
        m.kept.push_back(sample(c, t, segments[s], in.tokens, out));
        out.row_count[s] = out.n_rows - before;
    }
    for (size_t s = 0; s < segments.size(); ++s) {
        const segment &g = segments[s];
        if (m.kept[s] < g.n_tokens && g.rows > 0) {
            c.drop_tail(c.id_of(g.sequence), g.position + m.kept[s]);
            c.cells->trim(g.sequence, g.position + m.kept[s]);
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
