/*
 * measure_sampling.cpp: not a test. measure_sampling VOCABULARY.gguf: microseconds that choosing a token from a row of
 * logits takes, next to llama.cpp's own sampler chain on the same rows, taking turns; medians. Rows like those of a
 * model that is mostly sure (a few good tokens) and of one that is not (thousands of them).
 *
 * Then 32 rows in a row against 32 rows on two threads, with and without a third one that spins as an idle worker of
 * the compute pool does: whether a step should sample on several threads.
 */
#include "support.h"

#include "llama.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace {

constexpr int32_t SEEN = 1000;   /* tokens a request has when penalties are measured */
constexpr int32_t WINDOW = 4096; /* of llama.cpp's penalties: all of them, as ours */
constexpr int ROUNDS = 41;

double micros() {
    using namespace std::chrono;
    return duration<double, std::micro>(steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> v) {
    std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
    return v[v.size() / 2];
}

/* Normal noise, with some tokens well above it. */
std::vector<float> row(size_t n, bool sure, std::mt19937 &random) {
    std::normal_distribution<float> noise(0, sure ? 2.0f : 1.0f);
    std::vector<float> logits(n);
    for (float &l : logits) {
        l = noise(random);
    }
    for (int i = 0; sure && i < 40; ++i) {
        logits[random() % n] = 18 - 0.4f * static_cast<float>(i);
    }
    return logits;
}

struct variant {
    const char *name;
    float temperature = 1;
    int32_t top_k = 0;
    float top_p = 1;
    float min_p = 0;
    float repetition = 1;
    float frequency = 0;
};

const variant VARIANTS[] = {
    {"greedy", 0},
    {"t 1, all else off"},
    {"t 0.8, top_p 0.95", 0.8f, 0, 0.95f},
    {"t 0.8, top_k 40, top_p 0.95", 0.8f, 40, 0.95f},
    {"t 0.8, min_p 0.05", 0.8f, 0, 1, 0.05f},
    {"t 0.8, penalties of 1,000 tokens", 0.8f, 0, 1, 0, 1.1f, 0.2f},
    {"t 0.8, penalties, top_k 40, top_p 0.95", 0.8f, 40, 0.95f, 0, 1.1f, 0.2f},
};

class ours {
public:
    ours(support::model &m, const variant &v) : params_(support::sampler_params()), sampler_(nullptr) {
        params_.temperature = v.temperature;
        params_.top_k = v.top_k;
        params_.top_p = v.top_p;
        params_.min_p = v.min_p;
        params_.repetition_penalty = v.repetition;
        params_.frequency_penalty = v.frequency;
        OK(mt_sampler_new(m, &params_, &sampler_));
    }
    ~ours() { mt_sampler_free(sampler_); }
    ours(const ours &) = delete;
    ours &operator=(const ours &) = delete;

    void feed(int32_t token) { OK(mt_sampler_feed(sampler_, &token, 1, MT_FEED_OUTPUT)); }

    int32_t sample(const std::vector<float> &logits) {
        int32_t token = 0;
        OK(mt_sampler_sample(sampler_, logits.data(), static_cast<int32_t>(logits.size()), nullptr, &token, nullptr));
        feed(token);
        return token;
    }

private:
    mt_sampler_params params_;
    mt_sampler *sampler_;
};

class theirs {
public:
    theirs(int32_t n_vocab, const variant &v) : chain_(llama_sampler_chain_init({true})) {
        if (v.repetition != 1 || v.frequency != 0) {
            add(llama_sampler_init_penalties(n_vocab, WINDOW, v.repetition, v.frequency, 0));
        }
        if (v.temperature == 0) {
            add(llama_sampler_init_greedy());
            return;
        }
        if (v.top_k > 0) {
            add(llama_sampler_init_top_k(v.top_k));
        }
        if (v.top_p < 1) {
            add(llama_sampler_init_top_p(v.top_p, 1));
        }
        if (v.min_p > 0) {
            add(llama_sampler_init_min_p(v.min_p, 1));
        }
        if (v.temperature != 1) {
            add(llama_sampler_init_temp(v.temperature));
        }
        add(llama_sampler_init_dist(1));
    }
    ~theirs() { llama_sampler_free(chain_); }
    theirs(const theirs &) = delete;
    theirs &operator=(const theirs &) = delete;

    void feed(int32_t token) { llama_sampler_accept(chain_, token); }

    /* As llama_sampler_sample() does it, which wants a context. */
    int32_t sample(const std::vector<float> &logits) {
        row_.resize(logits.size());
        for (size_t i = 0; i < logits.size(); ++i) {
            row_[i] = {static_cast<llama_token>(i), logits[i], 0.0f};
        }
        llama_token_data_array a{row_.data(), row_.size(), -1, false};
        llama_sampler_apply(chain_, &a);
        const int32_t token = a.data[a.selected].id;
        feed(token);
        return token;
    }

private:
    void add(llama_sampler *s) { llama_sampler_chain_add(chain_, s); }

    llama_sampler *chain_;
    std::vector<llama_token_data> row_;
};

void compare(support::model &m, const variant &v, bool sure) {
    std::mt19937 random(1);
    std::vector<std::vector<float>> rows;
    for (int i = 0; i < 4; ++i) {
        rows.push_back(row(static_cast<size_t>(m.info.n_vocab), sure, random));
    }
    ours a(m, v);
    theirs b(m.info.n_vocab, v);
    for (int32_t i = 0; i < SEEN; ++i) {
        const auto token = static_cast<int32_t>(random() % static_cast<uint32_t>(m.info.n_vocab));
        a.feed(token);
        b.feed(token);
    }
    std::vector<double> ta, tb;
    for (int i = 0; i < ROUNDS; ++i) {
        const auto &logits = rows[static_cast<size_t>(i) % rows.size()];
        const double start = micros();
        a.sample(logits);
        const double middle = micros();
        b.sample(logits);
        ta.push_back(middle - start);
        tb.push_back(micros() - middle);
    }
    printf("| %-38s | %-6s | %8.0f | %9.0f | %6.1f |\n", v.name, sure ? "sure" : "unsure", median(ta), median(tb),
           median(tb) / median(ta));
}

/* Two threads share out n jobs; the second sleeps between rounds. */
class pair_of_threads {
public:
    pair_of_threads() : second_([this] { serve(); }) {}
    ~pair_of_threads() {
        {
            std::lock_guard<std::mutex> guard(lock_);
            round_ = -1;
        }
        wake_.notify_one();
        second_.join();
    }

    void run(int n, const std::function<void(int)> &job) {
        {
            std::lock_guard<std::mutex> guard(lock_);
            next_ = 0;
            n_ = n;
            job_ = &job;
            done_ = false;
            ++round_;
        }
        wake_.notify_one();
        work();
        std::unique_lock<std::mutex> guard(lock_);
        wake_.wait(guard, [&] { return done_; });
    }

private:
    void work() {
        for (int i; (i = next_++) < n_;) {
            (*job_)(i);
        }
    }

    void serve() {
        std::unique_lock<std::mutex> guard(lock_);
        for (int64_t seen = 0;;) {
            wake_.wait(guard, [&] { return round_ != seen; });
            seen = round_;
            if (seen < 0) {
                return;
            }
            guard.unlock();
            work();
            guard.lock();
            done_ = true;
            wake_.notify_one();
        }
    }

    std::mutex lock_; /* guards what is not atomic */
    std::condition_variable wake_;
    std::atomic<int> next_{0};
    int n_ = 0;
    const std::function<void(int)> *job_ = nullptr;
    int64_t round_ = 0;
    bool done_ = true;
    std::thread second_;
};

void compare_threads(support::model &m, const variant &v, bool spinning) {
    constexpr int ROWS = 32;
    std::mt19937 random(1);
    std::vector<std::vector<float>> rows;
    std::vector<std::unique_ptr<ours>> samplers;
    for (int i = 0; i < ROWS; ++i) {
        rows.push_back(row(static_cast<size_t>(m.info.n_vocab), true, random));
        samplers.push_back(std::make_unique<ours>(m, v));
    }
    const std::function<void(int)> job = [&](int i) {
        samplers[static_cast<size_t>(i)]->sample(rows[static_cast<size_t>(i)]);
    };
    std::atomic<bool> stop{!spinning};
    std::thread spinner([&] {
        while (!stop.load(std::memory_order_relaxed)) {
#if defined(__x86_64__)
            __builtin_ia32_pause();
#endif
        }
    });
    pair_of_threads both;
    std::vector<double> one, two;
    for (int i = 0; i < ROUNDS; ++i) {
        const double start = micros();
        for (int r = 0; r < ROWS; ++r) {
            job(r);
        }
        const double middle = micros();
        both.run(ROWS, job);
        one.push_back(middle - start);
        two.push_back(micros() - middle);
    }
    stop = true;
    spinner.join();
    printf("%d rows, %s, %s: one thread %.0f us, two threads %.0f us\n", ROWS, v.name,
           spinning ? "a worker spins" : "nothing else runs", median(one), median(two));
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: measure_sampling VOCABULARY.gguf\n");
        return 2;
    }
    support::model m(argv[1], true);
    printf("vocabulary %d, us a row, medians of %d\n\n", m.info.n_vocab, ROUNDS);
    printf("| sampler                                | row    | libmartlet | llama.cpp | times |\n");
    printf("|---|---|---:|---:|---:|\n");
    for (const variant &v : VARIANTS) {
        for (const bool sure : {true, false}) {
            compare(m, v, sure);
        }
    }
    printf("\n");
    for (const int v : {0, 2}) {
        for (const bool spinning : {false, true}) {
            compare_threads(m, VARIANTS[v], spinning);
        }
    }
    return 0;
}
