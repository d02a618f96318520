/*
 * straight: the fan-out load driven through llama.cpp's C API alone, as the least that a server on the same libraries
 * can need: no HTTP, no queue, everything known beforehand.
 *
 *   straight MODEL BACKENDS THREADS OUTPUTS < PROMPTS
 *
 * BACKENDS is the folder of libggml-cpu-*.so. PROMPTS: a line with the system message, then one with each client's user
 * message. The prefix that all prompts share is computed once in chunks of 512 tokens and forked for each client; what
 * is left of the prompts shares batches; then all clients decode together, greedily, until each has OUTPUTS tokens.
 * Flash attention is on, and a thread pool that polls is attached. Prints lines "name value", times in seconds from the
 * moment that the texts are there.
 */
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "llama.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr size_t kBatch = 512;

[[noreturn]] void die(const std::string &why) {
    std::fprintf(stderr, "straight: %s\n", why.c_str());
    std::exit(1);
}

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

using Tokens = std::vector<llama_token>;

std::string render(const llama_model *model, const std::string &system, const std::string &user) {
    const llama_chat_message messages[] = {{"system", system.c_str()}, {"user", user.c_str()}};
    const char *source = llama_model_chat_template(model, nullptr);
    std::string text(2 * (system.size() + user.size()) + 1024, '\0');
    const int32_t length = source == nullptr ? -1
                                             : llama_chat_apply_template(source, messages, 2, true, text.data(),
                                                                         static_cast<int32_t>(text.size()));
    if (length < 0 || static_cast<size_t>(length) > text.size()) {
        die("llama_chat_apply_template does not know this model's chat template");
    }
    text.resize(static_cast<size_t>(length));
    return text;
}

Tokens tokenize(const llama_vocab *vocab, const std::string &text) {
    Tokens tokens(text.size() + 8);
    const int32_t n = llama_tokenize(vocab, text.data(), static_cast<int32_t>(text.size()), tokens.data(),
                                     static_cast<int32_t>(tokens.size()), true, true);
    if (n < 0) {
        die("llama_tokenize failed");
    }
    tokens.resize(static_cast<size_t>(n));
    return tokens;
}

/* The length of what all prompts begin with; at least one token of each is left, whose logits are needed. */
size_t shared_prefix(const std::vector<Tokens> &prompts) {
    size_t shared = prompts[0].size();
    for (const Tokens &prompt : prompts) {
        const size_t most = std::min(shared, prompt.size() - 1);
        shared = static_cast<size_t>(
            std::mismatch(prompt.begin(), prompt.begin() + static_cast<std::ptrdiff_t>(most), prompts[0].begin()).first -
            prompt.begin());
    }
    return shared;
}

struct Row {
    llama_token token;
    llama_pos position;
    llama_seq_id sequence;
    bool output;
};

void decode(llama_context *context, const std::vector<Row> &rows) {
    llama_batch batch = llama_batch_init(static_cast<int32_t>(rows.size()), 0, 1);
    batch.n_tokens = static_cast<int32_t>(rows.size());
    for (size_t i = 0; i < rows.size(); i++) {
        batch.token[i] = rows[i].token;
        batch.pos[i] = rows[i].position;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = rows[i].sequence;
        batch.logits[i] = rows[i].output;
    }
    if (llama_decode(context, batch) != 0) {
        die("llama_decode failed");
    }
    llama_batch_free(batch);
}

llama_token best(llama_context *context, size_t row, int32_t n_vocab) {
    const float *logits = llama_get_logits_ith(context, static_cast<int32_t>(row));
    return static_cast<llama_token>(std::max_element(logits, logits + n_vocab) - logits);
}

/* What one client has got. */
struct Client {
    llama_token last = -1;
    llama_pos position = 0;
    double first = 0;
    double latest = 0;
    double gap = 0;

    void receive(llama_token token, double at) {
        if (last < 0) {
            first = at;
        } else {
            gap = std::max(gap, at - latest);
        }
        latest = at;
        last = token;
    }
};

ggml_threadpool_t attach_pool(llama_context *context, int32_t threads) {
    ggml_backend_reg_t cpu = ggml_backend_reg_by_name("CPU");
    auto create = cpu == nullptr ? nullptr
                                 : reinterpret_cast<decltype(&ggml_threadpool_new)>(
                                       ggml_backend_reg_get_proc_address(cpu, "ggml_threadpool_new"));
    if (create == nullptr) {
        die("the CPU backend has no ggml_threadpool_new");
    }
    ggml_threadpool_params params = ggml_threadpool_params_default(threads);
    params.poll = 100;
    ggml_threadpool_t pool = create(&params);
    llama_attach_threadpool(context, pool, pool);
    return pool;
}

llama_context *open(llama_model *model, size_t cells, size_t clients, int32_t threads) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = static_cast<uint32_t>(cells);
    params.n_batch = params.n_ubatch = static_cast<uint32_t>(std::max(kBatch, clients));
    params.n_seq_max = static_cast<uint32_t>(clients);
    params.n_outputs_max = static_cast<uint32_t>(clients);
    params.n_threads = params.n_threads_batch = threads;
    params.kv_unified = true;
    params.swa_full = true;
    params.no_perf = true;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
    llama_context *context = llama_init_from_model(model, params);
    if (context == nullptr) {
        die("no context for this model");
    }
    return context;
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 5) {
        die("usage: straight MODEL BACKENDS THREADS OUTPUTS < PROMPTS");
    }
    const int32_t threads = std::atoi(argv[3]);
    const int outputs = std::atoi(argv[4]);
    std::string system;
    std::vector<std::string> users;
    std::getline(std::cin, system);
    for (std::string line; std::getline(std::cin, line);) {
        users.push_back(line);
    }
    if (threads < 1 || outputs < 1 || users.empty()) {
        die("THREADS, OUTPUTS and the number of clients must be at least 1");
    }

    llama_log_set(
        [](ggml_log_level level, const char *text, void *) {
            if (level == GGML_LOG_LEVEL_ERROR) {
                std::fputs(text, stderr);
            }
        },
        nullptr);
    ggml_backend_load_all_from_path(argv[2]);
    llama_model_params model_params = llama_model_default_params();
    model_params.n_gpu_layers = 0;
    llama_model *model = llama_model_load_from_file(argv[1], model_params);
    if (model == nullptr) {
        die(std::string("cannot open ") + argv[1]);
    }
    const llama_vocab *vocab = llama_model_get_vocab(model);
    const int32_t n_vocab = llama_vocab_n_tokens(vocab);
    const size_t n = users.size();

    // The context is sized by the texts: a byte of them is at most a token.
    size_t most = system.size() + 1024;
    for (const std::string &user : users) {
        most += user.size() + 256 + static_cast<size_t>(outputs);
    }
    llama_context *context = open(model, most, n, threads);
    ggml_threadpool_t pool = attach_pool(context, threads);
    llama_memory_t memory = llama_get_memory(context);
    decode(context, {{0, 0, 0, true}}); // touches the weights, as a server has long done
    llama_memory_clear(memory, true);

    const double begin = now();
    std::vector<Tokens> prompts;
    size_t prompt_tokens = 0;
    for (const std::string &user : users) {
        prompts.push_back(tokenize(vocab, render(model, system, user)));
        prompt_tokens += prompts.back().size();
    }
    const size_t shared = shared_prefix(prompts);

    for (size_t at = 0; at < shared; at += kBatch) {
        std::vector<Row> rows;
        for (size_t i = at; i < std::min(shared, at + kBatch); i++) {
            rows.push_back({prompts[0][i], static_cast<llama_pos>(i), 0, false});
        }
        decode(context, rows);
    }
    llama_synchronize(context);
    const double prefixed = now();
    for (size_t s = 1; s < n && shared > 0; s++) {
        llama_memory_seq_cp(memory, 0, static_cast<llama_seq_id>(s), 0, static_cast<llama_pos>(shared));
    }
    const double forked = now();

    std::vector<Client> clients(n);
    std::vector<Row> rows;
    const auto flush = [&] {
        if (rows.empty()) {
            return;
        }
        decode(context, rows);
        std::vector<std::pair<size_t, llama_token>> chosen;
        for (size_t i = 0; i < rows.size(); i++) {
            if (rows[i].output) {
                chosen.emplace_back(static_cast<size_t>(rows[i].sequence), best(context, i, n_vocab));
            }
        }
        const double at = now();
        for (const auto &[client, token] : chosen) {
            clients[client].receive(token, at);
        }
        rows.clear();
    };
    for (size_t s = 0; s < n; s++) {
        clients[s].position = static_cast<llama_pos>(prompts[s].size());
        for (size_t i = shared; i < prompts[s].size(); i++) {
            rows.push_back({prompts[s][i], static_cast<llama_pos>(i), static_cast<llama_seq_id>(s),
                            i + 1 == prompts[s].size()});
            if (rows.size() == kBatch) {
                flush();
            }
        }
    }
    flush();
    const double filled = now();

    for (int token = 1; token < outputs; token++) {
        for (size_t s = 0; s < n; s++) {
            rows.push_back({clients[s].last, clients[s].position++, static_cast<llama_seq_id>(s), true});
        }
        flush();
    }
    const double end = now();

    std::vector<double> firsts;
    double gap = 0;
    for (const Client &client : clients) {
        firsts.push_back(client.first - begin);
        gap = std::max(gap, client.gap);
    }
    std::sort(firsts.begin(), firsts.end());
    std::printf("prompt_tokens %zu\nshared_tokens %zu\noutput_tokens %zu\n", prompt_tokens, shared,
                n * static_cast<size_t>(outputs));
    std::printf("prefix_s %.6f\nfork_s %.6f\nsuffixes_s %.6f\ndecode_s %.6f\nwall_s %.6f\n", prefixed - begin,
                forked - prefixed, filled - forked, end - filled, end - begin);
    for (const double first : firsts) {
        std::printf("ttft_s %.6f\n", first);
    }
    std::printf("gap_s %.6f\n", gap);

    llama_free(context);
    llama_model_free(model);
    (void) pool; // ends with the process
}
