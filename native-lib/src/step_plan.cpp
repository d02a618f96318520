/*
 * step_plan.cpp: every check that mt_step() makes before it does anything.
 */
#include "step_plan.h"

namespace martlet {

namespace {

constexpr int32_t MAX_TOP_LOGPROBS = 20;

void require_arrays(const mt_step_input &in, const mt_step_output &out) {
    MARTLET_REQUIRE(in.sequence != nullptr && in.position != nullptr && in.token_count != nullptr &&
                        in.flags != nullptr && in.top_logprobs != nullptr && in.sampler != nullptr &&
                        in.tokens != nullptr,
                    "an array of mt_step_input is NULL");
    MARTLET_REQUIRE(out.row_count != nullptr, "row_count of mt_step_output is NULL");
    MARTLET_REQUIRE(out.row_capacity >= 0 &&
                        (out.row_capacity == 0 || (out.token != nullptr && out.logprob != nullptr)),
                    "row_capacity is %d, with token or logprob NULL", out.row_capacity);
    MARTLET_REQUIRE(out.top_stride >= 0 && out.top_stride <= INT16_MAX &&
                        (out.top_stride == 0 || (out.top_token != nullptr && out.top_logprob != nullptr)),
                    "top_stride is %d, with top_token or top_logprob NULL", out.top_stride);
}

/* Whether the row of a mask allows a token of the vocabulary. */
bool allows_any(const int64_t *row, int32_t n_vocab) {
    const int32_t whole = n_vocab / BLOCK;
    uint64_t any = 0;
    for (int32_t w = 0; w < whole; ++w) {
        any |= static_cast<uint64_t>(row[w]);
    }
    if (n_vocab % BLOCK != 0) {
        any |= static_cast<uint64_t>(row[whole]) & ((uint64_t{1} << n_vocab % BLOCK) - 1);
    }
    return any != 0;
}

} // namespace

step_plan::step_plan(const context &c) : seen_(static_cast<size_t>(c.n_seq_max), false) {
    segments_.reserve(seen_.size());
    samplers_.reserve(seen_.size());
    uses_.reserve(seen_.size());
}

void step_plan::clear() {
    for (const segment &g : segments_) {
        seen_[static_cast<size_t>(g.sequence)] = false;
    }
    segments_.clear();
    uses_.clear();
    samplers_.clear();
    n_tokens_ = 0;
    n_rows_ = 0;
    has_prefill_ = false;
}

void step_plan::make(context &c, const mt_step_input &in, const mt_step_output &out) {
    MARTLET_REQUIRE(in.n_segments >= 1 && in.n_segments <= c.n_seq_max, "n_segments is %d, not in 1..%d", in.n_segments,
                    c.n_seq_max);
    MARTLET_REQUIRE(in.n_tokens >= 1 && in.n_tokens <= c.n_batch, "n_tokens is %d, not in 1..%d (n_batch)", in.n_tokens,
                    c.n_batch);
    require_arrays(in, out);
    for (int32_t s = 0; s < in.n_segments; ++s) {
        add(c, in, out, s);
    }
    MARTLET_REQUIRE(n_tokens_ == in.n_tokens, "n_tokens is %d, the segments have %d", in.n_tokens, n_tokens_);
    MARTLET_REQUIRE(n_rows_ <= c.n_outputs_max, "the step may give %d rows, n_outputs_max is %d", n_rows_,
                    c.n_outputs_max);
    MARTLET_REQUIRE(n_rows_ <= out.row_capacity, "the step may give %d rows, row_capacity is %d", n_rows_,
                    out.row_capacity);
    for (int32_t i = 0; i < in.n_tokens; ++i) {
        MARTLET_REQUIRE(in.tokens[i] >= 0 && in.tokens[i] < c.owner->n_vocab, "tokens[%d] is %d, the vocabulary has %d",
                        i, in.tokens[i], c.owner->n_vocab);
    }
    if (!c.cells->fits(in.n_tokens)) {
        fail(MT_ERR_NO_SPACE, "the step needs %d cells, %d of %d are in use", in.n_tokens, c.cells->used(), c.n_ctx);
    }
}

void step_plan::add(context &c, const mt_step_input &in, const mt_step_output &out, int32_t s) {
    segment g{};
    g.sequence = in.sequence[s];
    g.position = in.position[s];
    g.n_tokens = in.token_count[s];
    g.first_token = n_tokens_;
    g.top_k = in.top_logprobs[s] - 1;
    const bool verify = in.flags[s] == MT_STEP_VERIFY;

    MARTLET_REQUIRE(g.sequence >= 0 && g.sequence < c.n_seq_max, "segment %d: sequence %d, there are %d", s, g.sequence,
                    c.n_seq_max);
    MARTLET_REQUIRE(!seen_[static_cast<size_t>(g.sequence)], "segment %d: sequence %d is in the step twice", s,
                    g.sequence);
    const int32_t length = c.cells->length(g.sequence);
    MARTLET_REQUIRE(g.position == length, "segment %d: position is %d, sequence %d holds %d tokens", s, g.position,
                    g.sequence, length);
    MARTLET_REQUIRE(g.n_tokens >= 1 && g.n_tokens <= in.n_tokens - n_tokens_, "segment %d: token_count is %d", s,
                    g.n_tokens);
    const int32_t scoring = in.flags[s] & MT_STEP_SCORE;
    MARTLET_REQUIRE((in.flags[s] & ~(MT_STEP_SCORE | MT_STEP_SAMPLE)) == 0 || verify, "segment %d: flags is %d", s,
                    in.flags[s]);
    MARTLET_REQUIRE(scoring == 0 || g.top_k >= 0, "segment %d: SCORE without log probabilities", s);
    MARTLET_REQUIRE(g.top_k >= -1 && g.top_k <= MAX_TOP_LOGPROBS, "segment %d: top_logprobs is %d, not in 0..%d", s,
                    in.top_logprobs[s], MAX_TOP_LOGPROBS + 1);
    MARTLET_REQUIRE(g.top_k <= out.top_stride, "segment %d: %d top logprobs, top_stride is %d", s, g.top_k,
                    out.top_stride);
    if (verify && g.n_tokens > 1 && !c.can_trim) {
        fail(MT_ERR_UNSUPPORTED, "segment %d: a recurrent or hybrid model cannot take drafts back", s);
    }
    if (g.n_tokens > c.n_ctx_seq - length) {
        fail(MT_ERR_NO_SPACE, "segment %d: sequence %d holds %d tokens of at most %d", s, g.sequence, length,
             c.n_ctx_seq);
    }
    add_rows(c, in, s, g);
    has_prefill_ = has_prefill_ || (g.n_tokens > 1 && !verify);
    n_tokens_ += g.n_tokens;
    n_rows_ += g.rows;
    segments_.push_back(g);
    seen_[static_cast<size_t>(g.sequence)] = true;
}

void step_plan::add_rows(const context &c, const mt_step_input &in, int32_t s, segment &g) {
    const bool sampled = (in.flags[s] & MT_STEP_SAMPLE) != 0 || in.flags[s] == MT_STEP_VERIFY;
    g.next = -1;
    if ((in.flags[s] & MT_STEP_SCORE) != 0) {
        g.next = sampled || in.next == nullptr ? -1 : in.next[s];
        MARTLET_REQUIRE(g.next >= -1 && g.next < c.owner->n_vocab, "segment %d: next is %d, the vocabulary has %d", s,
                        g.next, c.owner->n_vocab);
        g.scored = g.next >= 0 ? g.n_tokens : g.n_tokens - 1;
    }
    g.rows = g.scored + (in.flags[s] == MT_STEP_VERIFY ? g.n_tokens : sampled ? 1 : 0);
    g.first_row = g.scored > 0 ? 0 : g.n_tokens - g.rows;
    if (!sampled) {
        return;
    }
    add_sampler(c, in, s);
    g.sampler = samplers_.back().get();
    g.mask = in.mask == nullptr ? nullptr : in.mask[s];
    for (int32_t r = 0; g.mask != nullptr && r < g.rows - g.scored; ++r) {
        MARTLET_REQUIRE(allows_any(g.mask + static_cast<int64_t>(r) * blocks_of(c.owner->n_vocab), c.owner->n_vocab),
                        "segment %d: row %d of the mask allows no token", s, r);
    }
}

void step_plan::add_sampler(const context &c, const mt_step_input &in, int32_t s) {
    MARTLET_REQUIRE(in.sampler[s] != nullptr, "segment %d: no sampler", s);
    std::shared_ptr<sampler_handle> sampler = find(in.sampler[s]);
    MARTLET_REQUIRE(sampler->owner.shared() == c.owner.shared(), "segment %d: the sampler is of another model", s);
    for (const auto &other : samplers_) {
        MARTLET_REQUIRE(other != sampler, "segment %d: its sampler serves another segment too", s);
    }
    samplers_.push_back(std::move(sampler));
    uses_.emplace_back(samplers_.back()->busy, "sampler");
}

step_memory::step_memory(const context &c)
    : plan(c), position(static_cast<size_t>(c.n_batch)), n_seq_id(position.size(), 1), sequence(position.size()),
      output(position.size()) {
    sequences.reserve(sequence.size());
    for (llama_seq_id &id : sequence) {
        sequences.push_back(&id);
    }
    fed.reserve(static_cast<size_t>(c.n_outputs_max));
    kept.reserve(static_cast<size_t>(c.n_seq_max));
}

} // namespace martlet
