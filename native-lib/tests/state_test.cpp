/*
 * state_test.cpp: saving and loading tails of sequences on the tiny model.
 */
#include "support.h"

#include "tiny_model.h"

#include <algorithm>
#include <cmath>

using support::context;
using support::greedy;
using support::sampler;
using support::step;
using support::tiny;

namespace {

using bytes = std::vector<unsigned char>;

std::vector<int32_t> some_tokens(size_t n, uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<int32_t> tokens(n);
    for (int32_t &t : tokens) {
        t = static_cast<int32_t>(random() % 260);
    }
    return tokens;
}

void prefill(mt_context *c, int32_t sequence, const std::vector<int32_t> &tokens) {
    int32_t position = 0;
    OK(mt_sequence_length(c, sequence, &position));
    step one;
    one.add(sequence, position, tokens);
    OK(one.run(c));
}

bytes save(mt_context *c, int32_t sequence, int32_t from) {
    int64_t size = 0, needed = 0;
    OK(mt_sequence_state_size(c, sequence, from, &size));
    bytes state(static_cast<size_t>(size));
    OK(mt_sequence_save(c, sequence, from, state.data(), size, &needed));
    CHECK_EQ(needed, size);
    return state;
}

int32_t load(mt_context *c, int32_t sequence, const bytes &state) {
    return mt_sequence_load(c, sequence, state.data(), static_cast<int64_t>(state.size()));
}

/* The 20 best after one more token, which is taken back again. */
step best_after(mt_context *c, mt_model *m, int32_t sequence, int32_t token) {
    int32_t position = 0;
    OK(mt_sequence_length(c, sequence, &position));
    sampler s(m);
    step one;
    one.add(sequence, position, {token}, MT_STEP_SAMPLE, s, 21);
    OK(one.run(c));
    OK(mt_sequence_trim(c, sequence, position));
    return one;
}

bool same(const step &a, const step &b) {
    return a.token[0] == b.token[0] && a.top_token == b.top_token && a.top_logprob == b.top_logprob;
}

bool starts(const std::vector<int32_t> &tokens, const std::vector<int32_t> &with, size_t n) {
    return tokens.size() >= n &&
           std::equal(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(n), with.begin());
}

/* Where cells come back in other places, sums over them are taken in another order, in half precision. */
bool nearly(const step &a, const step &b) {
    for (size_t i = 0; i < 5; ++i) {
        const auto at = std::find(b.top_token.begin(), b.top_token.begin() + 20, a.top_token[i]);
        if (at == b.top_token.begin() + 20 ||
            std::fabs(a.top_logprob[i] - b.top_logprob[static_cast<size_t>(at - b.top_token.begin())]) > 0.03f) {
            return false;
        }
    }
    return true;
}

} // namespace

TEST(a_loaded_tail_is_bit_for_bit_the_same) {
    const std::string path = support::temporary_folder() + "/heads-of-32.gguf";
    tiny_options wide;
    wide.n_head = 2;
    wide.n_head_kv = 1;
    write_tiny_model(path, wide);
    support::model m(path);
    const auto prompt = some_tokens(60, 1);
    for (const int32_t flash : {0, 1}) {
        for (const int32_t type : {0, 8, 2}) {
            mt_context_params p = support::context_params();
            p.flash_attention = flash;
            p.type_k = type;
            p.type_v = flash == 0 ? 0 : type;
            for (const int32_t from : {0, 1, 17, 59}) {
                context c(m, p);
                prefill(c, 3, prompt);
                const step before = best_after(c, m, 3, 65);
                const bytes state = save(c, 3, from);
                CHECK(same(before, best_after(c, m, 3, 65))); /* saving changes nothing */
                CHECK_EQ(c.info().used_cells, 60);
                OK(mt_sequence_trim(c, 3, from));
                OK(load(c, 3, state));
                CHECK_EQ(c.length(3), 60);
                CHECK_EQ(c.info().used_cells, 60);
                CHECK(same(before, best_after(c, m, 3, 65)));
                CHECK(save(c, 3, from) == state);
                const auto continued = greedy(c, m, 3, {66}, 20);
                context fresh(m, p);
                prefill(fresh, 0, prompt);
                CHECK(greedy(fresh, m, 0, {66}, 20) == continued);
            }
        }
    }
}

/* Two tails over a shared prefix leave and come back, one of them under another number. */
TEST(tails_share_their_prefix_again) {
    context c(tiny());
    const auto prefix = some_tokens(40, 2);
    prefill(c, 0, prefix);
    OK(mt_sequence_fork(c, 0, 1, 40));
    OK(mt_sequence_fork(c, 0, 2, 40));
    prefill(c, 1, some_tokens(20, 3));
    prefill(c, 2, some_tokens(30, 4));
    const step first = best_after(c, tiny(), 1, 65), second = best_after(c, tiny(), 2, 65);
    const bytes one = save(c, 1, 40), two = save(c, 2, 40);
    OK(mt_sequence_trim(c, 1, 40));
    OK(mt_sequence_trim(c, 2, 40));
    CHECK_EQ(c.info().used_cells, 40);
    OK(load(c, 1, one)); /* into the cells it came from */
    OK(load(c, 2, two));
    CHECK(same(first, best_after(c, tiny(), 1, 65)));
    CHECK(same(second, best_after(c, tiny(), 2, 65)));
    OK(mt_sequence_trim(c, 1, 0));
    OK(mt_sequence_trim(c, 2, 0));
    CHECK_EQ(c.info().used_cells, 40);
    OK(mt_sequence_fork(c, 0, 5, 40));
    OK(load(c, 5, two));
    OK(mt_sequence_fork(c, 0, 1, 40));
    OK(load(c, 1, one));
    CHECK_EQ(c.info().used_cells, 90);
    CHECK(nearly(first, best_after(c, tiny(), 1, 65)));
    CHECK(nearly(second, best_after(c, tiny(), 5, 65)));
    OK(mt_sequence_fork(c, 5, 6, 70)); /* a loaded tail can be shared and cut like any other */
    OK(mt_sequence_trim(c, 5, 50));
    CHECK_EQ(c.info().used_cells, 90);
    CHECK(nearly(second, best_after(c, tiny(), 6, 65)));
}

TEST(scattered_cells_are_saved_and_loaded) {
    const auto tokens = some_tokens(100, 5);
    const auto interleave = [&](const context &c) { /* cell by cell in turn */
                                                    for (const int32_t t : tokens) {
                                                        step both;
                                                        both.add(0, c.length(0), {t});
                                                        both.add(1, c.length(1), {t + 1});
                                                        OK(both.run(c));
                                                    }
    };
    for (const int32_t flash : {0, 1}) {
        mt_context_params p = support::context_params();
        p.flash_attention = flash;
        context c(tiny(), p), twin(tiny(), p);
        interleave(c);
        interleave(twin);
        const bytes state = save(c, 0, 30); /* every other cell */
        OK(mt_sequence_trim(c, 0, 30));
        OK(load(c, 0, state)); /* into the holes */
        CHECK_EQ(c.info().used_cells, 200);
        const step after = best_after(c, tiny(), 0, 65);
        CHECK(same(after, best_after(twin, tiny(), 0, 65)));
        CHECK(greedy(c, tiny(), 0, {66}, 20) == greedy(twin, tiny(), 0, {66}, 20));
        context other(tiny(), p); /* in one piece, in another context */
        prefill(other, 7, std::vector<int32_t>(tokens.begin(), tokens.begin() + 30));
        OK(load(other, 7, state));
        CHECK(nearly(after, best_after(other, tiny(), 7, 65)));
    }
}

TEST(no_space_changes_nothing) {
    context c(tiny());
    prefill(c, 0, some_tokens(60, 6));
    const step before = best_after(c, tiny(), 0, 65);
    const bytes state = save(c, 0, 20);
    OK(mt_sequence_trim(c, 0, 20));
    for (int32_t i = 1; i <= 4; ++i) {
        prefill(c, i, some_tokens(50, 7));
    }
    FAILS_WITH(MT_ERR_NO_SPACE, "220 of 256", load(c, 0, state));
    CHECK_EQ(c.length(0), 20);
    CHECK_EQ(c.info().used_cells, 220);
    OK(mt_sequence_trim(c, 2, 46));
    OK(load(c, 0, state)); /* to the last cell */
    CHECK_EQ(c.info().used_cells, 256);
    OK(mt_sequence_trim(c, 3, 49));
    CHECK(nearly(before, best_after(c, tiny(), 0, 65)));
}

TEST(what_is_not_a_state_of_this_place_is_refused) {
    context c(tiny());
    const auto prompt = some_tokens(60, 8);
    prefill(c, 0, prompt);
    prefill(c, 1, prompt);
    const step before = best_after(c, tiny(), 1, 65);
    const bytes state = save(c, 0, 20);
    const int32_t cells = c.info().used_cells;
    const auto size = static_cast<int64_t>(state.size());

    for (const int32_t length : {60, 21, 19, 0}) { /* the sequence's length is another */
        OK(mt_sequence_trim(c, 0, length));
        FAILS_WITH(MT_ERR_INVALID_ARG, "continues 20 tokens", load(c, 0, state));
        CHECK_EQ(c.length(0), length);
    }
    prefill(c, 0, std::vector<int32_t>(prompt.begin(), prompt.begin() + 20));

    bytes longer = state;
    longer.resize(state.size() + 64);
    for (int64_t n : {int64_t{0}, int64_t{1}, int64_t{47}, int64_t{48}, size / 2, size - 1, size + 1, size + 64}) {
        FAILS(MT_ERR_INVALID_ARG, mt_sequence_load(c, 0, longer.data(), n));
    }
    FAILS(MT_ERR_INVALID_ARG, mt_sequence_load(c, 0, state.data(), -1));
    FAILS(MT_ERR_INVALID_ARG, mt_sequence_load(c, 0, nullptr, size));
    FAILS(MT_ERR_INVALID_ARG, load(c, 0, bytes(state.size(), 0)));

    const uint32_t seed = std::random_device()();
    printf("seed %u\n", seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 3000; ++round) { /* one bit, or many bytes, or two words exchanged */
        bytes damaged = state;
        const size_t at = round < 600 ? static_cast<size_t>(round) : random() % state.size();
        if (round % 3 == 0) {
            damaged[at] ^= static_cast<unsigned char>(1 << random() % 8);
        } else if (round % 3 == 1) {
            for (size_t i = at; i < std::min(at + random() % 400 + 1, state.size()); ++i) {
                damaged[i] = static_cast<unsigned char>(random());
            }
        } else {
            const size_t a = at / 8 * 8, b = random() % state.size() / 8 * 8;
            std::swap_ranges(&damaged[std::min(a, state.size() - 8)], &damaged[std::min(a, state.size() - 8)] + 8,
                             &damaged[std::min(b, state.size() - 8)]);
        }
        if (damaged != state) {
            FAILS(MT_ERR_INVALID_ARG, load(c, 0, damaged));
        }
    }

    mt_context_params p = support::context_params();
    p.flash_attention = 0;
    context other_layout(tiny(), p);
    prefill(other_layout, 0, std::vector<int32_t>(prompt.begin(), prompt.begin() + 20));
    FAILS_WITH(MT_ERR_INVALID_ARG, "another model", load(other_layout, 0, state));
    const std::string path = support::temporary_folder() + "/deeper.gguf";
    tiny_options deeper;
    deeper.n_layer = 3;
    write_tiny_model(path, deeper);
    support::model m(path);
    context other_model(m);
    prefill(other_model, 0, std::vector<int32_t>(prompt.begin(), prompt.begin() + 20));
    FAILS_WITH(MT_ERR_INVALID_ARG, "another model", load(other_model, 0, state));

    CHECK_EQ(c.length(0), 20);
    OK(load(c, 0, state)); /* after all of this, still */
    CHECK_EQ(c.info().used_cells, cells);
    CHECK(nearly(before, best_after(c, tiny(), 0, 65)));
    CHECK(nearly(before, best_after(c, tiny(), 1, 65)));
}

TEST(arguments_of_states) {
    context c(tiny());
    prefill(c, 0, some_tokens(10, 9));
    int64_t size = 0, needed = 0;
    for (const int32_t from : {-1, 10, 11, INT32_MAX}) {
        FAILS_WITH(MT_ERR_INVALID_ARG, "holds 10 tokens", mt_sequence_state_size(c, 0, from, &size));
        FAILS(MT_ERR_INVALID_ARG, mt_sequence_save(c, 0, from, nullptr, 0, &needed));
    }
    FAILS(MT_ERR_INVALID_ARG, mt_sequence_state_size(c, 1, 0, &size)); /* an empty one */
    for (const int32_t sequence : {-1, 8, INT32_MAX}) {
        FAILS(MT_ERR_INVALID_ARG, mt_sequence_state_size(c, sequence, 0, &size));
        FAILS(MT_ERR_INVALID_ARG, mt_sequence_save(c, sequence, 0, nullptr, 0, &needed));
        FAILS(MT_ERR_INVALID_ARG, mt_sequence_load(c, sequence, &size, 8));
    }
    FAILS(MT_ERR_INVALID_ARG, mt_sequence_state_size(c, 0, 0, nullptr));
    FAILS(MT_ERR_INVALID_ARG, mt_sequence_save(c, 0, 0, nullptr, 0, nullptr));
    FAILS(MT_ERR_INVALID_ARG, mt_sequence_save(c, 0, 0, nullptr, 5, &needed));
    FAILS(MT_ERR_INVALID_ARG, mt_sequence_save(c, 0, 0, &needed, -1, &needed));

    OK(mt_sequence_state_size(c, 0, 4, &size));
    bytes state(static_cast<size_t>(size), 0xA5);
    FAILS(MT_ERR_BUFFER, mt_sequence_save(c, 0, 4, nullptr, 0, &needed));
    CHECK_EQ(needed, size);
    FAILS(MT_ERR_BUFFER, mt_sequence_save(c, 0, 4, state.data(), size - 1, &needed));
    CHECK(state == bytes(state.size(), 0xA5));
    CHECK_EQ(c.info().used_cells, 10);

    mt_context_params p = support::context_params();
    p.kv_unified = 0;
    p.n_ctx = 1024;
    p.n_seq_max = 4;
    context streams(tiny(), p);
    prefill(streams, 0, some_tokens(10, 9));
    FAILS_WITH(MT_ERR_UNSUPPORTED, "kv_unified", mt_sequence_state_size(streams, 0, 0, &size));
    FAILS(MT_ERR_UNSUPPORTED, mt_sequence_save(streams, 0, 0, state.data(), size, &needed));
}

/* Every sequence number saves and loads, though llama.cpp is told of few. */
TEST(states_of_every_sequence) {
    mt_context_params p = support::context_params();
    p.n_seq_max = 255;
    p.n_outputs_max = 4;
    p.n_ctx = 1024;
    context c(tiny(), p);
    prefill(c, 254, some_tokens(10, 10));
    const step before = best_after(c, tiny(), 254, 65);
    for (int32_t s = 254; s > 0; --s) {
        const int32_t from = s % 10;
        const bytes state = save(c, s, from);
        if (from > 0) {
            OK(mt_sequence_fork(c, s, s - 1, from));
        }
        OK(load(c, s - 1, state));
        OK(mt_sequence_trim(c, s, 0));
        CHECK_EQ(c.info().used_cells, 10);
    }
    CHECK(nearly(before, best_after(c, tiny(), 0, 65)));
}

/* Anything in any order; our account of the cells stays that of llama.cpp, and every sequence says what its tokens
 * say. */
TEST(states_on_a_random_walk) {
    const uint32_t seed = std::random_device()();
    printf("seed %u\n", seed);
    std::mt19937 random(seed);
    struct saved {
        bytes state;
        std::vector<int32_t> tokens; /* all of them */
        size_t from;
    };
    int loads = 0;
    for (int round = 0; round < 4; ++round) {
        mt_context_params p = support::context_params();
        p.n_batch = 256;
        p.flash_attention = round % 2;
        context c(tiny(), p);
        std::vector<std::vector<int32_t>> held(8);
        std::vector<saved> states;
        for (int i = 0; i < 250; ++i) {
            auto s = static_cast<int32_t>(random() % 8);
            const auto d = static_cast<int32_t>(random() % 8);
            auto &tokens = held[static_cast<size_t>(s)];
            const auto length = static_cast<int32_t>(tokens.size());
            switch (random() % 6) {
            case 0: {
                const auto more = some_tokens(1 + random() % 30, random());
                step one;
                one.add(s, length, more);
                const int32_t code = one.run(c);
                CHECK(code == MT_OK || code == MT_ERR_NO_SPACE);
                CHECK_EQ(code == MT_OK, c.info().used_cells <= 256 && c.length(s) > length);
                if (code == MT_OK) {
                    tokens.insert(tokens.end(), more.begin(), more.end());
                }
                break;
            }
            case 1:
                tokens.resize(random() % (tokens.size() + 1));
                OK(mt_sequence_trim(c, s, static_cast<int32_t>(tokens.size())));
                break;
            case 2:
                if (s != d && length > 0) {
                    const size_t n = 1 + random() % tokens.size();
                    OK(mt_sequence_fork(c, s, d, static_cast<int32_t>(n)));
                    held[static_cast<size_t>(d)].assign(tokens.begin(), tokens.begin() + static_cast<int64_t>(n));
                }
                break;
            case 3:
                if (length > 0) {
                    const size_t from = random() % tokens.size();
                    states.push_back({save(c, s, static_cast<int32_t>(from)), tokens, from});
                }
                break;
            default:
                if (!states.empty()) { /* onto a sequence that holds its start */
                    const saved &w = states[random() % states.size()];
                    for (s = 0; s < 8 && !starts(held[static_cast<size_t>(s)], w.tokens, w.from); ++s) {
                    }
                    if (s == 8) {
                        break;
                    }
                    auto &target = held[static_cast<size_t>(s)];
                    OK(mt_sequence_trim(c, s, static_cast<int32_t>(w.from)));
                    target.resize(w.from);
                    const int32_t used = c.info().used_cells;
                    const auto count = static_cast<int32_t>(w.tokens.size() - w.from);
                    const int32_t code = load(c, s, w.state);
                    CHECK_EQ(code, used + count <= 256 ? MT_OK : MT_ERR_NO_SPACE);
                    if (code == MT_OK) {
                        target = w.tokens;
                        ++loads;
                    }
                    CHECK_EQ(c.info().used_cells, used + (code == MT_OK ? count : 0));
                }
            }
        }
        for (int32_t s = 0; s < 8; ++s) {
            const auto &tokens = held[static_cast<size_t>(s)];
            CHECK_EQ(c.length(s), static_cast<int32_t>(tokens.size()));
            if (!tokens.empty()) {
                context fresh(tiny(), p);
                prefill(fresh, 0, tokens);
                if (c.info().used_cells < 256) {
                    CHECK(nearly(best_after(fresh, tiny(), 0, 65), best_after(c, tiny(), s, 65)));
                }
            }
        }
        for (int32_t s = 0; s < 8; ++s) {
            OK(mt_sequence_trim(c, s, 0));
        }
        CHECK_EQ(c.info().used_cells, 0);
        prefill(c, 0, some_tokens(256, 1)); /* no cell was lost */
    }
    CHECK(loads > 10);
}

/* A model that cannot take tokens back: whole states are its checkpoints. */
TEST(a_recurrent_model_keeps_whole_states) {
    const std::string path = support::temporary_folder() + "/mamba.gguf";
    write_tiny_mamba(path);
    support::model m(path);
    CHECK_EQ(m.info.is_recurrent, 1);
    context c(m);
    CHECK_EQ(c.info().can_trim, 0);
    const auto prompt = some_tokens(40, 11), other = some_tokens(30, 12);
    const auto alone = [&](const std::vector<int32_t> &tokens) {
        context fresh(m);
        prefill(fresh, 0, tokens);
        return greedy(fresh, m, 0, {66}, 20);
    };
    const auto wanted = alone(prompt), wanted_of_other = alone(other);
    CHECK(wanted != wanted_of_other);

    prefill(c, 3, prompt);
    FAILS_WITH(MT_ERR_UNSUPPORTED, "recurrent", mt_sequence_trim(c, 3, 39));
    int64_t size = 0, needed = 0;
    FAILS_WITH(MT_ERR_UNSUPPORTED, "whole states only", mt_sequence_state_size(c, 3, 1, &size));
    FAILS(MT_ERR_UNSUPPORTED, mt_sequence_save(c, 3, 39, nullptr, 0, &needed));
    const bytes state = save(c, 3, 0);
    CHECK(greedy(c, m, 3, {66}, 20) == wanted);
    prefill(c, 5, other);
    OK(mt_sequence_fork(c, 5, 1, 30)); /* one state under two numbers */
    const bytes shared = save(c, 1, 0);
    FAILS(MT_ERR_INVALID_ARG, load(c, 3, state)); /* 60 tokens are there */
    for (int round = 0; round < 3; ++round) {     /* back to the checkpoint, as often as wanted */
        OK(mt_sequence_trim(c, 3, 0));
        OK(load(c, 3, state));
        CHECK_EQ(c.length(3), 40);
        CHECK(greedy(c, m, 3, {66}, 20) == wanted);
    }
    OK(load(c, 7, state)); /* and under other numbers, beside others */
    OK(load(c, 0, shared));
    CHECK(greedy(c, m, 5, {66}, 20) == wanted_of_other);
    CHECK(greedy(c, m, 0, {66}, 20) == wanted_of_other);
    CHECK(greedy(c, m, 7, {66}, 20) == wanted);
    CHECK(greedy(c, m, 1, {66}, 20) == wanted_of_other);

    support::context far(m); /* together in steps, after loading */
    OK(load(far, 2, state));
    OK(load(far, 6, shared));
    sampler a(m), b(m);
    std::vector<int32_t> of_a, of_b;
    int32_t next_a = 66, next_b = 66;
    for (int32_t i = 0; i < 20; ++i) {
        step both;
        both.add(6, 30 + i, {next_b}, MT_STEP_SAMPLE, b);
        both.add(2, 40 + i, {next_a}, MT_STEP_SAMPLE, a);
        OK(both.run(far));
        of_b.push_back(next_b = both.token[0]);
        of_a.push_back(next_a = both.token[1]);
    }
    CHECK(of_a == wanted);
    CHECK(of_b == wanted_of_other);
    context attention(tiny());
    FAILS_WITH(MT_ERR_INVALID_ARG, "another model", load(attention, 0, state));
}
