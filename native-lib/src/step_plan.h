/*
 * step_plan.h: a step's input, checked, and the memory steps use again and again. Making the plan has no effect on the
 * context; whatever is wrong with the input is found here.
 */
#pragma once

#include "context.h"

namespace martlet {

/* One segment of a step. */
struct segment {
    int32_t sequence;
    int32_t position;
    int32_t first_token; /* where its tokens start in the step */
    int32_t n_tokens;
    int32_t rows;      /* the most it may give: 0, 1, or n_tokens to verify */
    int32_t scored;    /* the first of them, which score a token that is given */
    int32_t first_row; /* which of its tokens has the first row */
    int32_t next;      /* the token behind its last; -1 where unknown */
    int32_t top_k;     /* -1: no logprobs at all */
    const int64_t *mask;
    sampler_handle *sampler;
};

class step_plan {
public:
    explicit step_plan(const context &c);

    /* Fails where the input is wrong; the plan is to be cleared then as well. */
    void make(context &c, const mt_step_input &in, const mt_step_output &out);
    void clear();

    const std::vector<segment> &segments() const { return segments_; }
    bool has_prefill() const { return has_prefill_; }

private:
    void add(context &c, const mt_step_input &in, const mt_step_output &out, int32_t s);
    void add_rows(const context &c, const mt_step_input &in, int32_t s, segment &g);
    void add_sampler(const context &c, const mt_step_input &in, int32_t s);

    std::vector<segment> segments_;
    std::vector<std::shared_ptr<sampler_handle>> samplers_; /* kept alive for the step */
    std::vector<exclusive> uses_;                           /* and used by nobody else */
    std::vector<bool> seen_;                                /* sequences */
    int32_t n_tokens_ = 0;
    int32_t n_rows_ = 0;
    bool has_prefill_ = false; /* a segment of several tokens that is not a verification */
};

/* A token that a step gave to a sampler. */
struct fed_token {
    sampler_handle *sampler;
    int32_t token;
};

/* What a step needs, sized for the largest one when the context is opened: a step allocates nothing. */
struct step_memory {
    step_plan plan;

    /* The arrays of a llama_batch; the two that are the same for every step are filled once. */
    std::vector<llama_pos> position;
    std::vector<int32_t> n_seq_id;
    std::vector<llama_seq_id> sequence;
    std::vector<llama_seq_id *> sequences;
    std::vector<int8_t> output;

    std::vector<fed_token> fed;
    std::vector<int32_t> kept; /* of each segment: its tokens that stay */

    explicit step_memory(const context &c);
};

} // namespace martlet
