/*
 * support.cpp: see support.h. MARTLET_BACKEND_DIR is defined by the build.
 */
#include "support.h"

#include "tiny_model.h"

#include <cstdlib>
#include <filesystem>

namespace support {

void init() {
    OK(mt_init(MARTLET_BACKEND_DIR, static_cast<int32_t>(strlen(MARTLET_BACKEND_DIR))));
}

model::model(const std::string &path, bool vocab_only) {
    init();
    mt_model_params p{};
    p.struct_size = sizeof(p);
    p.use_mmap = 1;
    p.vocab_only = vocab_only;
    OK(mt_model_open(path.data(), static_cast<int32_t>(path.size()), &p, &handle));
    info.struct_size = sizeof(info);
    OK(mt_model_get_info(handle, &info));
}

model::~model() {
    mt_model_close(handle);
}

model &tiny() {
    static model m([] {
        const std::string path = temporary_folder() + "/tiny.gguf";
        write_tiny_model(path, {});
        return path;
    }());
    return m;
}

mt_context_params context_params() {
    mt_context_params p{};
    p.struct_size = sizeof(p);
    p.n_ctx = 256;
    p.n_batch = 64;
    p.n_seq_max = 8;
    p.n_outputs_max = 32;
    p.n_threads = 1; /* waiting for each other is slow where processors are few; some tests take two */
    p.n_threads_batch = 1;
    p.flash_attention = -1;
    p.kv_unified = 1;
    return p;
}

mt_sampler_params sampler_params() {
    mt_sampler_params p{};
    p.struct_size = sizeof(p);
    p.top_p = 1;
    p.repetition_penalty = 1;
    return p;
}

context::context(mt_model *model, const mt_context_params &params) {
    OK(mt_context_open(model, &params, &handle));
}

context::~context() {
    mt_context_close(handle);
}

int32_t context::length(int32_t sequence) const {
    int32_t n = -1;
    OK(mt_sequence_length(handle, sequence, &n));
    return n;
}

mt_context_info context::info() const {
    mt_context_info i{};
    i.struct_size = sizeof(i);
    OK(mt_context_get_info(handle, &i));
    return i;
}

mt_embedder_params embedder_params(int32_t pooling) {
    mt_embedder_params p{};
    p.struct_size = sizeof(p);
    p.pooling = pooling;
    p.max_tokens = 256;
    p.batch_tokens = 64;
    p.max_sequences = 8;
    p.n_threads = 1;
    p.flash_attention = -1;
    return p;
}

embedder::embedder(mt_model *model, const mt_embedder_params &params) {
    OK(mt_embedder_open(model, &params, &handle));
}

embedder::~embedder() {
    mt_embedder_close(handle);
}

mt_embedder_info embedder::info() const {
    mt_embedder_info i{};
    i.struct_size = sizeof(i);
    OK(mt_embedder_get_info(handle, &i));
    return i;
}

std::vector<float> embedder::embed(const std::vector<std::vector<int32_t>> &sequences, bool normalize) const {
    std::vector<int32_t> tokens, counts;
    for (const auto &s : sequences) {
        tokens.insert(tokens.end(), s.begin(), s.end());
        counts.push_back(static_cast<int32_t>(s.size()));
    }
    const mt_embedder_info i = info();
    const size_t vectors = i.pooling == MT_POOLING_NONE ? tokens.size() : sequences.size();
    std::vector<float> out(vectors * static_cast<size_t>(i.dimensions));
    int64_t needed = 0;
    OK(mt_embed(handle, tokens.data(), counts.data(), static_cast<int32_t>(counts.size()), normalize, out.data(),
                static_cast<int64_t>(out.size()), &needed));
    CHECK_EQ(needed, static_cast<int64_t>(out.size()));
    return out;
}

sampler::sampler(mt_model *model, const mt_sampler_params &params) {
    OK(mt_sampler_new(model, &params, &handle));
}

sampler::~sampler() {
    mt_sampler_free(handle);
}

void step::add(int32_t seq, int32_t pos, const std::vector<int32_t> &segment, int32_t segment_flags, mt_sampler *s,
               int32_t top_logprobs, const int64_t *mask) {
    sequence.push_back(seq);
    position.push_back(pos);
    count.push_back(static_cast<int32_t>(segment.size()));
    flags.push_back(segment_flags);
    top.push_back(top_logprobs);
    samplers.push_back(s);
    masks.push_back(mask);
    tokens.insert(tokens.end(), segment.begin(), segment.end());
}

mt_step_input step::input() const {
    mt_step_input in{};
    in.struct_size = sizeof(in);
    in.n_segments = static_cast<int32_t>(sequence.size());
    in.n_tokens = static_cast<int32_t>(tokens.size());
    in.sequence = sequence.data();
    in.position = position.data();
    in.token_count = count.data();
    in.flags = flags.data();
    in.top_logprobs = top.data();
    in.sampler = samplers.data();
    in.mask = masks.data();
    in.tokens = tokens.data();
    in.next = next.empty() ? nullptr : next.data();
    return in;
}

int32_t step::run(mt_context *c) {
    row_count.assign(sequence.size() + 1, -7);
    token.assign(static_cast<size_t>(row_capacity), -7);
    logprob.assign(token.size(), -7);
    top_token.assign(token.size() * static_cast<size_t>(top_stride), -7);
    top_logprob.assign(top_token.size(), -7);
    out = {};
    out.struct_size = sizeof(out);
    out.row_capacity = row_capacity;
    out.top_stride = top_stride;
    out.row_count = row_count.data();
    out.token = token.data();
    out.logprob = logprob.data();
    out.top_token = top_token.data();
    out.top_logprob = top_logprob.data();
    const mt_step_input in = input();
    if (just_before) {
        just_before();
    }
    return mt_step(c, &in, &out);
}

std::vector<int32_t> greedy(mt_context *c, mt_model *m, int32_t sequence, const std::vector<int32_t> &prompt,
                            int32_t n) {
    sampler s(m);
    std::vector<int32_t> tokens;
    std::vector<int32_t> next = prompt;
    int32_t position = 0;
    OK(mt_sequence_length(c, sequence, &position));
    while (static_cast<int32_t>(tokens.size()) < n) {
        step one;
        one.add(sequence, position, next, MT_STEP_SAMPLE, s);
        OK(one.run(c));
        position += static_cast<int32_t>(next.size());
        tokens.push_back(one.token[0]);
        next = {one.token[0]};
    }
    return tokens;
}

std::vector<int32_t> tokenize(mt_model *m, const std::string &text, int32_t flags) {
    std::vector<int32_t> tokens(3 * text.size() + 16);
    int32_t needed = 0;
    OK(mt_tokenize(m, text.data(), static_cast<int32_t>(text.size()), flags, tokens.data(),
                   static_cast<int32_t>(tokens.size()), &needed));
    tokens.resize(static_cast<size_t>(needed));
    return tokens;
}

std::string detokenize(mt_model *m, const std::vector<int32_t> &tokens, int32_t flags) {
    int32_t needed = 0;
    const auto n = static_cast<int32_t>(tokens.size());
    const int32_t code = mt_detokenize(m, tokens.data(), n, flags, nullptr, 0, &needed);
    CHECK(code == MT_OK || code == MT_ERR_BUFFER);
    std::string text(static_cast<size_t>(needed), '\0');
    OK(mt_detokenize(m, tokens.data(), n, flags, text.data(), needed, &needed));
    return text;
}

std::string drain() {
    std::string all;
    char text[8192];
    int32_t written = 0;
    int32_t dropped = 0;
    do {
        OK(mt_log_drain(text, sizeof(text), &written, &dropped));
        all.append(text, static_cast<size_t>(written));
    } while (written > 0);
    return all;
}

const std::string &temporary_folder() {
    struct folder {
        std::string path = (std::filesystem::temp_directory_path() / "martlet-test-XXXXXX").string();
        folder() {
            if (mkdtemp(path.data()) == nullptr) {
                perror("mkdtemp");
                exit(2);
            }
        }
        ~folder() {
            std::error_code ignored; /* a file left in the temporary folder fails no test */
            std::filesystem::remove_all(path, ignored);
        }
    };
    static const folder f;
    return f.path;
}

} // namespace support
