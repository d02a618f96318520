/*
 * measure_state.cpp: not a test. measure_state MODEL.gguf [flash: 0 or 1]: microseconds per token of saving and loading
 * tails of a sequence, with its cells in one piece and with each apart, next to memcpy() of as many bytes.
 */
#include "support.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace {

double micros() {
    using namespace std::chrono;
    return duration<double, std::micro>(steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> v) {
    std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
    return v[v.size() / 2];
}

void measure(const char *what, mt_context *c, int32_t sequence, int32_t from) {
    int32_t length = 0;
    int64_t bytes = 0;
    OK(mt_sequence_length(c, sequence, &length));
    OK(mt_sequence_state_size(c, sequence, from, &bytes));
    std::vector<unsigned char> state(static_cast<size_t>(bytes)), copy(state.size());
    std::vector<double> saves, loads, sizes, copies;
    for (int i = 0; i < 15; ++i) {
        const double start = micros();
        memcpy(copy.data(), state.data(), copy.size());
        const double copied = micros();
        OK(mt_sequence_state_size(c, sequence, from, &bytes));
        const double sized = micros();
        OK(mt_sequence_save(c, sequence, from, state.data(), bytes, &bytes));
        const double saved = micros();
        OK(mt_sequence_trim(c, sequence, from));
        const double trimmed = micros();
        OK(mt_sequence_load(c, sequence, state.data(), bytes));
        loads.push_back(micros() - trimmed);
        saves.push_back(saved - sized);
        sizes.push_back(sized - copied);
        copies.push_back(copied - start);
    }
    const int32_t n = length - from;
    printf("%-34s %5d tokens, %6.1f KB each: size %5.2f, save %6.2f, load %6.2f us/token; memcpy %5.2f\n", what, n,
           static_cast<double>(bytes) / n / 1000, median(sizes) / n, median(saves) / n, median(loads) / n,
           median(copies) / n);
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: measure_state MODEL.gguf [flash: 0 or 1]\n");
        return 2;
    }
    support::model m(argv[1]);
    mt_context_params p = support::context_params();
    p.n_ctx = 16384;
    p.n_batch = 512;
    p.n_seq_max = 24;
    p.n_threads = p.n_threads_batch = 2;
    p.flash_attention = argc > 2 ? atoi(argv[2]) : -1;
    support::context c(m, p);
    for (int32_t at = 0; at < 2048; at += 512) {
        support::step prefill;
        prefill.add(0, at, std::vector<int32_t>(512, 1000));
        OK(prefill.run(c));
    }
    measure("in one piece, whole", c, 0, 0);
    measure("in one piece, tail", c, 0, 1024);
    measure("in one piece, short tail", c, 0, 1984);
    for (int32_t at = 0; at < 128; ++at) {
        support::step decode;
        for (int32_t s = 1; s <= 16; ++s) {
            decode.add(s, at, {1000 + s});
        }
        OK(decode.run(c));
    }
    measure("every 16th cell, whole", c, 5, 0);
    measure("every 16th cell, tail", c, 5, 64);
    return 0;
}
