/*
 * measure.cpp: not a test. measure MODEL.gguf [threads] [poll]: tokens per second of decode and prefill through
 * mt_step(), batch 1, greedy, and what sampling adds to a step of 32 sequences; prints a text that the model continues.
 */
#include "support.h"

#include <chrono>
#include <cstdlib>

namespace {

double seconds() {
    using namespace std::chrono;
    return duration<double>(steady_clock::now().time_since_epoch()).count();
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: measure MODEL.gguf [threads] [poll]\n");
        return 2;
    }
    support::model m(argv[1]);
    mt_context_params p = support::context_params();
    p.n_ctx = 2048;
    p.n_batch = 512;
    p.n_seq_max = 40;
    p.n_threads = p.n_threads_batch = argc > 2 ? atoi(argv[2]) : 2;
    p.threadpool_poll = argc > 3 ? atoi(argv[3]) : 50;
    support::context c(m, p);
    support::sampler s(m);
    printf("%s, %d threads, poll %d, KV %.2f MiB\n", m.info.description, p.n_threads, p.threadpool_poll,
           static_cast<double>(c.info().kv_bytes) / 1048576.0);

    const auto prompt = support::tokenize(m, "The capital of France is", MT_TOKENIZE_ADD_SPECIAL);
    printf("%s\n", support::detokenize(m, support::greedy(c, m, 0, prompt, 24), 0).c_str());

    for (int round = 0; round < 3; ++round) {
        OK(mt_sequence_trim(c, 1, 0));
        const double start = seconds();
        support::step prefill;
        prefill.add(1, 0, std::vector<int32_t>(512, 1000), MT_STEP_SAMPLE, s);
        OK(prefill.run(c));
        printf("prefill 512: %.1f tok/s\n", 512 / (seconds() - start));
    }
    for (int round = 0; round < 3; ++round) {
        OK(mt_sequence_trim(c, 1, 0));
        const double start = seconds();
        int32_t token = 1000;
        int64_t sampling = 0;
        for (int i = 0; i < 64; ++i) {
            support::step decode;
            decode.add(1, i, {token}, MT_STEP_SAMPLE, s);
            OK(decode.run(c));
            token = decode.token[0];
            sampling += decode.out.sample_micros;
        }
        printf("decode 64: %.1f tok/s, sampling %.0f us/token\n", 64 / (seconds() - start),
               static_cast<double>(sampling) / 64);
    }

    constexpr int32_t TOGETHER = 32;
    mt_sampler_params random = support::sampler_params();
    random.temperature = 0.8f;
    random.top_p = 0.95f;
    std::vector<std::unique_ptr<support::sampler>> samplers;
    for (int32_t i = 0; i < TOGETHER; ++i) {
        random.seed = i;
        samplers.push_back(std::make_unique<support::sampler>(m, random));
    }
    std::vector<int32_t> tokens(TOGETHER, 1000);
    int64_t decoding = 0, sampling = 0;
    for (int32_t at = 0; at < 32; ++at) {
        support::step decode;
        for (int32_t i = 0; i < TOGETHER; ++i) {
            decode.add(2 + i, at, {tokens[static_cast<size_t>(i)]}, MT_STEP_SAMPLE, *samplers[static_cast<size_t>(i)]);
        }
        OK(decode.run(c));
        tokens.assign(decode.token.begin(), decode.token.begin() + TOGETHER);
        decoding += decode.out.decode_micros;
        sampling += decode.out.sample_micros;
    }
    printf("32 sequences, t 0.8, top_p 0.95: decoding %.1f ms and sampling %.2f ms a step\n",
           static_cast<double>(decoding) / 32000, static_cast<double>(sampling) / 32000);
    return 0;
}
