/*
 * allocation_test.cpp: steps use their memory again: once the sequences and the samplers have been as large as they
 * get, mt_step() allocates nothing of its own. What llama_decode() allocates is not counted.
 */
#include "faults.h"
#include "support.h"

using support::context;
using support::sampler;
using support::step;
using support::tiny;

TEST(steps_allocate_nothing) {
    context c(tiny());
    std::vector<std::unique_ptr<sampler>> samplers;
    const int32_t banned[] = {3, 4};
    const float by[] = {-1, -100};
    for (int32_t i = 0; i < 6; ++i) {
        mt_sampler_params p = support::sampler_params();
        p.temperature = static_cast<float>(i % 3); /* flat enough for the way by classes */
        p.top_k = i == 4 ? 20 : 0;
        p.top_p = i == 1 ? 1 : 0.97f;
        p.min_p = i == 5 ? 0.01f : 0;
        p.repetition_penalty = 1.1f;
        p.min_tokens = 5;
        p.n_bias = 2;
        p.bias_token = banned;
        p.bias_value = by;
        samplers.push_back(std::make_unique<sampler>(tiny(), p));
    }
    std::vector<int64_t> mask((static_cast<size_t>(tiny().info.n_vocab) + 63) / 64 * 4, -1);
    int64_t allocated = 0;
    for (int round = 0; round < 3; ++round) { /* the first one warms up */
        for (int32_t s = 0; s < 7; ++s) {
            OK(mt_sequence_trim(c, s, 0));
        }
        for (int32_t at = 0; at < 30; ++at) {
            step one;
            for (int32_t s = 0; s < 5; ++s) {
                one.add(s, at, {97 + at}, MT_STEP_SAMPLE, *samplers[static_cast<size_t>(s)], 1 + s * 5,
                        s % 2 == 0 ? mask.data() : nullptr);
            }
            one.add(5, c.length(5), {65, 66, 67, 68}, MT_STEP_VERIFY, *samplers[5], 3, mask.data());
            one.add(6, at * 2, {1, 2});
            int64_t before = 0;
            one.just_before = [&] { before = faults::allocations(); };
            OK(one.run(c));
            allocated += round == 0 ? 0 : faults::allocations() - before;
        }
    }
    CHECK_EQ(allocated, 0);

    const int64_t before = faults::allocations(); /* the counter does count */
    sampler another(tiny());
    CHECK(faults::allocations() > before);
}
