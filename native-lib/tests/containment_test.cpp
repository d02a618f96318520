/*
 * containment_test.cpp: no input may end the process. One test for each row of the table of what llama.cpp does to a
 * caller: it throws, or it aborts, or it returns a code. Some of that no input of ours can reach; there the test puts
 * itself between libmartlet and llama.cpp (faults.h) and makes it happen.
 */
#include "faults.h"
#include "support.h"
#include "tiny_model.h"

#include <cmath>
#include <limits>

using support::context;
using support::greedy;
using support::sampler;
using support::step;
using support::tiny;

namespace {

const std::vector<int32_t> PROMPT = {264, 97, 98, 99};

/* A poisoned context accepts nothing but closing and being asked how it is. */
void check_poisoned(const context &c, mt_sampler *s) {
    CHECK_EQ(c.info().poisoned, 1);
    step one;
    one.add(0, 0, PROMPT, MT_STEP_SAMPLE, s);
    FAILS_WITH(MT_ERR_POISONED, "must be closed", one.run(c));
    int32_t n = 0;
    FAILS(MT_ERR_POISONED, mt_sequence_length(c, 0, &n));
    FAILS(MT_ERR_POISONED, mt_sequence_trim(c, 0, 0));
    FAILS(MT_ERR_POISONED, mt_sequence_fork(c, 0, 1, 1));
    FAILS(MT_ERR_POISONED, mt_context_set_threads(c, 1, 1));
    OK(mt_abort(c));
}

/* The model and other contexts live on, and the sampler is as it was. */
void check_world_goes_on(const std::vector<int32_t> &before) {
    context fresh(tiny());
    CHECK(greedy(fresh, tiny(), 0, PROMPT, 6) == before);
}

std::vector<int32_t> expected() {
    context c(tiny());
    return greedy(c, tiny(), 0, PROMPT, 6);
}

} // namespace

/* llama.cpp parses names of load modes and throws; ours are numbers, and any of them is a mode. */
TEST(load_modes_are_numbers) {
    const std::string path = support::temporary_folder() + "/tiny.gguf";
    tiny();
    for (const int32_t value : {0, 1, 2, -1, INT32_MAX}) {
        mt_model_params p{};
        p.struct_size = sizeof(p);
        p.use_mmap = value;
        mt_model *m = nullptr;
        OK(mt_model_open(path.data(), static_cast<int32_t>(path.size()), &p, &m));
        OK(mt_model_close(m));
    }
}

/* Grammars are masks here: whatever they say and whatever is fed, nothing asserts. */
TEST(masks_instead_of_grammars) {
    context c(tiny());
    sampler s(tiny());
    const size_t words = (static_cast<size_t>(tiny().info.n_vocab) + 63) / 64;
    std::vector<int64_t> no_end(words, -1);
    const auto eos = static_cast<uint32_t>(tiny().info.token_eos);
    no_end[eos / 64] &= ~static_cast<int64_t>(uint64_t{1} << eos % 64);
    const int32_t end = tiny().info.token_eos;
    OK(mt_sampler_feed(s, &end, 1, MT_FEED_OUTPUT));
    step one;
    one.add(0, 0, PROMPT, MT_STEP_SAMPLE, s, 0, no_end.data());
    OK(one.run(c));
    CHECK(one.token[0] != end);

    std::vector<int64_t> nothing(words, 0);
    const auto n = static_cast<uint32_t>(tiny().info.n_vocab);
    nothing[words - 1] = static_cast<int64_t>(~uint64_t{0} << n % 64); /* bits beyond the vocabulary only */
    step empty;
    empty.add(1, 0, PROMPT, MT_STEP_SAMPLE, s, 0, nothing.data());
    FAILS_WITH(MT_ERR_INVALID_ARG, "allows no token", empty.run(c));
    CHECK_EQ(c.length(1), 0);
}

TEST(exception_in_decode) {
    const auto before = expected();
    sampler s(tiny());
    for (const auto &[fault, text] : {std::pair{faults::BAD_ALLOC, "out of memory"}, {faults::THROW, "made up"}}) {
        context c(tiny());
        greedy(c, tiny(), 0, PROMPT, 2);
        step one;
        one.add(1, 0, PROMPT, MT_STEP_SAMPLE, s);
        faults::next_decode = fault;
        FAILS_WITH(MT_ERR_POISONED, text, one.run(c));
        check_poisoned(c, s);
    }
    check_world_goes_on(before);
}

TEST(exception_in_memory_calls) {
    const auto before = expected();
    context a(tiny()), b(tiny());
    greedy(a, tiny(), 0, PROMPT, 2);
    greedy(b, tiny(), 0, PROMPT, 2);
    faults::next_memory_call = faults::THROW;
    FAILS(MT_ERR_POISONED, mt_sequence_trim(a, 0, 1));
    CHECK_EQ(a.info().poisoned, 1);
    faults::next_memory_call = faults::BAD_ALLOC;
    FAILS(MT_ERR_POISONED, mt_sequence_fork(b, 0, 1, 2));
    CHECK_EQ(b.info().poisoned, 1);
    check_world_goes_on(before);
}

/* Every single allocation of a step, of ours and of llama.cpp's, fails once. */
TEST(every_allocation_of_a_step_may_fail) {
    const auto before = expected();
    auto c = std::make_unique<context>(tiny());
    mt_sampler_params p = support::sampler_params();
    p.temperature = 1;
    p.repetition_penalty = 1.5f;
    sampler s(tiny(), p);
    int failed = 0;
    for (int nth = 1;; ++nth) {
        step one;
        one.add(0, c->length(0), PROMPT, MT_STEP_SAMPLE, s, 3);
        const int32_t length = c->length(0);
        one.just_before = [&] { faults::fail_allocation(nth); };
        const int32_t code = one.run(*c);
        const bool reached = faults::allocation_failed();
        if (!reached) {
            OK(code);
            break;
        }
        ++failed;
        CHECK(code == MT_OK || code == MT_ERR_OOM || code == MT_ERR_POISONED || code == MT_ERR_INTERNAL);
        if (c->info().poisoned != 0) {
            CHECK_EQ(code, MT_ERR_POISONED);
            c = std::make_unique<context>(tiny());
        } else {
            CHECK_EQ(c->length(0), code == MT_OK ? length + static_cast<int32_t>(PROMPT.size()) : length);
            OK(mt_sequence_trim(*c, 0, 0));
        }
    }
    printf("    %d allocations failed\n", failed);
    CHECK(failed > 10);
    check_world_goes_on(before);
}

/* The same for moving a tail out and in. */
TEST(every_allocation_of_saving_and_loading_may_fail) {
    const auto before = expected();
    auto c = std::make_unique<context>(tiny());
    std::vector<unsigned char> state(1 << 16);
    int64_t bytes = 0;
    int failed = 0, poisoned = 0;
    for (const bool loading : {false, true}) {
        for (int nth = 1;; ++nth) {
            if (c->info().poisoned != 0) {
                c = std::make_unique<context>(tiny());
                ++poisoned;
            }
            OK(mt_sequence_trim(*c, 0, 0));
            greedy(*c, tiny(), 0, PROMPT, 8);
            if (loading) {
                OK(mt_sequence_save(*c, 0, 3, state.data(), static_cast<int64_t>(state.size()), &bytes));
                OK(mt_sequence_trim(*c, 0, 3));
            }
            const int32_t length = c->length(0);
            faults::fail_allocation(nth);
            const int32_t code =
                loading ? mt_sequence_load(*c, 0, state.data(), bytes)
                        : mt_sequence_save(*c, 0, 3, state.data(), static_cast<int64_t>(state.size()), &bytes);
            if (!faults::allocation_failed()) {
                OK(code);
                break;
            }
            ++failed;
            CHECK(code == MT_OK || code == MT_ERR_OOM || code == MT_ERR_POISONED || code == MT_ERR_INTERNAL);
            CHECK_EQ(c->info().poisoned, code == MT_ERR_POISONED ? 1 : 0);
            if (c->info().poisoned == 0) {
                CHECK_EQ(c->length(0), loading && code == MT_OK ? 11 : length);
                CHECK_EQ(c->info().used_cells, c->length(0));
            }
        }
    }
    printf("    %d allocations failed, %d poisoned\n", failed, poisoned);
    CHECK(failed > 10 && poisoned > 0);
    check_world_goes_on(before);
}

TEST(failures_in_saving_and_loading) {
    const auto before = expected();
    for (const bool loading : {false, true}) {
        for (const auto fault : {faults::THROW, faults::ABORT}) {
            context c(tiny());
            sampler s(tiny());
            greedy(c, tiny(), 0, PROMPT, 8);
            std::vector<unsigned char> state(1 << 16);
            int64_t bytes = 0;
            OK(mt_sequence_save(c, 0, 3, state.data(), static_cast<int64_t>(state.size()), &bytes));
            OK(mt_sequence_trim(c, 0, 3));
            faults::next_memory_call = fault; /* as the id kept aside is let go */
            if (loading) {
                FAILS_WITH(MT_ERR_POISONED, "made up", mt_sequence_load(c, 0, state.data(), bytes));
            } else {
                OK(mt_sequence_save(c, 0, 1, state.data(), static_cast<int64_t>(state.size()), &bytes));
            }
            check_poisoned(c, s);
            FAILS(MT_ERR_POISONED, mt_sequence_save(c, 0, 1, state.data(), bytes, &bytes));
            FAILS(MT_ERR_POISONED, mt_sequence_state_size(c, 0, 1, &bytes));
            FAILS(MT_ERR_POISONED, mt_sequence_load(c, 0, state.data(), bytes));
        }
    }
    check_world_goes_on(before);
}

TEST(every_allocation_of_opening_may_fail) {
    const std::string path = support::temporary_folder() + "/tiny.gguf";
    tiny();
    mt_model_params p{};
    p.struct_size = sizeof(p);
    int failed = 0;
    for (int nth = 1;; nth += 1 + nth / 40) { /* thousands: a sample, denser at the start */
        mt_model *m = nullptr;
        faults::fail_allocation(nth);
        const int32_t code = mt_model_open(path.data(), static_cast<int32_t>(path.size()), &p, &m);
        const bool reached = faults::allocation_failed();
        if (code == MT_OK) {
            OK(mt_model_close(m));
        } else {
            CHECK(code == MT_ERR_OOM || code == MT_ERR_IO || code == MT_ERR_INTERNAL);
            ++failed;
        }
        if (!reached) {
            OK(code);
            break;
        }
    }
    printf("    %d allocations failed\n", failed);
    CHECK(failed > 10);
}

/* What a CUDA error or any failed assertion does: abort() inside a call. */
TEST(abort_inside_llama) {
    const auto before = expected();
    sampler s(tiny());
    {
        mt_context_params two = support::context_params();
        two.n_threads = two.n_threads_batch = 2; /* a worker to be stopped when the context is closed */
        context c(tiny(), two);
        greedy(c, tiny(), 0, PROMPT, 2);
        step one;
        one.add(1, 0, PROMPT, MT_STEP_SAMPLE, s);
        faults::next_decode = faults::ABORT;
        FAILS_WITH(MT_ERR_POISONED, "made up", one.run(c));
        check_poisoned(c, s);
    }
    {
        context c(tiny());
        greedy(c, tiny(), 0, PROMPT, 2);
        faults::next_memory_call = faults::ABORT;
        FAILS_WITH(MT_ERR_POISONED, "made up", mt_sequence_trim(c, 0, 0));
        CHECK_EQ(c.info().poisoned, 1);
    }
    mt_context *none = nullptr;
    const mt_context_params p = support::context_params();
    faults::next_decode = faults::ABORT; /* the probe of a new context */
    FAILS(MT_ERR_POISONED, mt_context_open(tiny(), &p, &none));
    int32_t n = 0;
    faults::next_tokenize = faults::ABORT;
    FAILS_WITH(MT_ERR_INTERNAL, "made up", mt_tokenize(tiny(), "a", 1, 0, nullptr, 0, &n));
    check_world_goes_on(before);
}

TEST(codes_of_decode) {
    const auto before = expected();
    sampler s(tiny());
    const std::pair<int32_t, int32_t> codes[] = {{1, MT_ERR_NO_SPACE}, {2, MT_ERR_ABORTED}, {-2, MT_ERR_OOM}};
    context c(tiny());
    greedy(c, tiny(), 0, PROMPT, 2);
    for (const auto &[code, wanted] : codes) {
        step one;
        one.add(1, 0, PROMPT, MT_STEP_SAMPLE, s);
        faults::next_decode_code = code;
        FAILS(wanted, one.run(c));
        CHECK_EQ(c.info().poisoned, 0);
        CHECK_EQ(c.length(1), 0);
        CHECK_EQ(c.length(0), 5);
    }
    for (const int32_t code : {-1, -3}) {
        context other(tiny());
        step one;
        one.add(1, 0, PROMPT, MT_STEP_SAMPLE, s);
        faults::next_decode_code = code;
        FAILS(MT_ERR_POISONED, one.run(other));
    }
    CHECK(greedy(c, tiny(), 1, PROMPT, 6) == before);
}

/* A model that computes no number: every row says so. */
TEST(not_a_number) {
    const std::string path = support::temporary_folder() + "/nan.gguf";
    tiny_options o;
    o.nan_output = true;
    write_tiny_model(path, o);
    support::model m(path);
    context c(m);
    mt_sampler_params p = support::sampler_params();
    for (const float temperature : {0.0f, 1.0f}) {
        p.temperature = temperature;
        sampler s(m, p);
        step one;
        one.add(temperature == 0 ? 0 : 1, 0, PROMPT, MT_STEP_SAMPLE, s, 5);
        OK(one.run(c));
        CHECK_EQ(one.token[0], -1);
        CHECK_EQ(one.top_token[0], -1);
    }
}

/* A second thread in a context or sampler is told so. */
TEST(two_threads_in_one_context) {
    context c(tiny());
    sampler s(tiny());
    step one;
    one.add(0, 0, PROMPT, MT_STEP_SAMPLE, s);
    faults::during_decode = [&] {
        int32_t n = 0;
        FAILS_WITH(MT_ERR_STATE, "in use", mt_sequence_length(c, 0, &n));
        FAILS(MT_ERR_STATE, mt_context_close(c));
        FAILS(MT_ERR_STATE, mt_sampler_free(s));
        FAILS(MT_ERR_STATE, mt_sampler_feed(s, nullptr, 0, MT_FEED_PROMPT));
        OK(mt_abort(c));
    };
    const int32_t code = one.run(c);
    CHECK(code == MT_OK || code == MT_ERR_ABORTED);
    faults::during_decode = nullptr;
    OK(mt_sequence_trim(c, 0, 0));
    OK(one.run(c));
}
