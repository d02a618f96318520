/*
 * measure_attention.cpp: not a test. measure_attention MODEL.gguf [threads]: milliseconds of steps whose cost is in
 * attention. Run it once more with MARTLET_ATTENTION=ggml in the environment for ggml's own kernel.
 */
#include "support.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace {

constexpr int32_t ROUNDS = 7;

double milliseconds() {
    using namespace std::chrono;
    return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

void fill(support::context &c, int32_t sequence, int32_t from, int32_t to) {
    for (int32_t at = from; at < to; at += 512) {
        const int32_t count = std::min(512, to - at);
        support::step step;
        step.add(sequence, at, std::vector<int32_t>(static_cast<size_t>(count), 1000 + sequence));
        OK(step.run(c));
    }
}

/* Sequences that grow side by side, so that the cells of one lie between those of the others. */
void fill_together(support::context &c, int32_t first, int32_t last, int32_t length, int32_t each) {
    for (int32_t at = 0; at < length; at += each) {
        support::step step;
        for (int32_t s = first; s < last; ++s) {
            step.add(s, at, std::vector<int32_t>(static_cast<size_t>(each), 1000 + s));
        }
        OK(step.run(c));
    }
}

void empty(support::context &c) {
    for (int32_t s = 0; s < c.info().n_seq_max; ++s) {
        OK(mt_sequence_trim(c, s, 0));
    }
}

template <typename Body>
void median(const char *what, Body &&body) {
    std::vector<double> times;
    for (int32_t i = 0; i < ROUNDS; ++i) {
        const double start = milliseconds();
        body();
        times.push_back(milliseconds() - start);
    }
    std::sort(times.begin(), times.end());
    printf("%-62s %8.1f ms\n", what, times[ROUNDS / 2]);
}

void prefill(support::context &c, const char *what, int32_t from) {
    median(what, [&] {
        fill(c, 0, from, from + 512);
        OK(mt_sequence_trim(c, 0, from));
    });
}

using samplers = std::vector<std::unique_ptr<support::sampler>>;

/* One token more for each of the first sequences, and then as before. */
void decode(support::context &c, samplers &s, const char *what, int32_t sequences, int32_t length) {
    median(what, [&] {
        support::step step;
        for (int32_t i = 0; i < sequences; ++i) {
            step.add(i, length, {1000}, MT_STEP_SAMPLE, *s[static_cast<size_t>(i)]);
        }
        OK(step.run(c));
        for (int32_t i = 0; i < sequences; ++i) {
            OK(mt_sequence_trim(c, i, length));
        }
    });
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: measure_attention MODEL.gguf [threads]\n");
        return 2;
    }
    support::model m(argv[1]);
    mt_context_params p = support::context_params();
    p.n_ctx = 16384;
    p.n_batch = 512;
    p.n_seq_max = 40;
    p.n_outputs_max = 40;
    p.n_threads = p.n_threads_batch = argc > 2 ? atoi(argv[2]) : 2;
    p.threadpool_poll = 100;
    support::context c(m, p);
    samplers s;
    for (int32_t i = 0; i < 16; ++i) {
        s.push_back(std::make_unique<support::sampler>(m));
    }

    prefill(c, "512 tokens, nothing else in the cache", 0);
    fill(c, 0, 0, 2048);
    prefill(c, "512 tokens behind 2,048", 2048);
    decode(c, s, "one token behind 2,048", 1, 2048);
    empty(c);
    decode(c, s, "one token behind nothing", 1, 0);
    for (int32_t i = 1; i < 17; ++i) {
        fill(c, i, 0, 256);
    }
    prefill(c, "512 tokens beside 16 sequences of 256", 0);
    empty(c);
    for (int32_t i = 0; i < 16; ++i) {
        fill(c, i, 0, 256);
    }
    decode(c, s, "one token each of 16 sequences of 256", 16, 256);
    for (int32_t i = 16; i < 32; ++i) {
        fill(c, i, 0, 640);
    }
    decode(c, s, "the same beside 10,240 cells of others", 16, 256);
    OK(mt_sequence_trim(c, 0, 0));
    prefill(c, "512 tokens beside 14,080 cells of others", 0);
    decode(c, s, "one token beside them", 1, 0);
    empty(c);
    fill_together(c, 0, 16, 256, 1);
    decode(c, s, "one token each of 16 of 256 that grew together", 16, 256);
    empty(c);
    fill_together(c, 0, 8, 2048, 16);
    for (int32_t i = 1; i < 8; ++i) {
        OK(mt_sequence_trim(c, i, 0));
    }
    prefill(c, "512 tokens behind 2,048 in pieces of 16, gone the others", 2048);
    empty(c);
    fill(c, 0, 0, 1024);
    for (int32_t i = 1; i < 32; ++i) {
        OK(mt_sequence_fork(c, 0, i, 1024));
    }
    decode(c, s, "one token each of 16 that share 1,024", 16, 1024);
    median("32 tokens each of 16 that share 1,024", [&] {
        support::step step;
        for (int32_t i = 0; i < 16; ++i) {
            step.add(i, 1024, std::vector<int32_t>(32, 1000 + i), MT_STEP_SAMPLE, *s[static_cast<size_t>(i)]);
        }
        OK(step.run(c));
        for (int32_t i = 0; i < 16; ++i) {
            OK(mt_sequence_trim(c, i, 1024));
        }
    });
    return 0;
}
