/*
 * attention_test.cpp: the attention kernels against softmax written down, and the way from a graph of ggml to them.
 */
#include "support.h"

#include "attention.h"
#include "attention_variants.h"

#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"

#include <algorithm>
#include <cmath>
#include <limits>

using martlet::attention;
using martlet::attention_part;

namespace {

struct shape {
    int32_t rows, heads, kv_heads, cells, k_width, v_width;
};

const std::vector<shape> SHAPES = {
    {1, 1, 1, 64, 16, 16},    {1, 9, 3, 1024, 64, 64},  {3, 4, 2, 128, 16, 16},   {16, 9, 3, 512, 64, 64},
    {21, 9, 3, 192, 64, 64},  {22, 9, 3, 64, 64, 64},   {70, 4, 4, 320, 128, 80}, {130, 32, 8, 256, 32, 48},
    {5, 64, 1, 128, 96, 112}, {2, 14, 2, 2048, 64, 64},
};

/* Which cells the rows see. */
enum class layout {
    RUNS,    /* a run of cells, cells here and there, or nothing; some with a bias */
    MINGLED, /* what all rows share first, then in turn one cell of each: sequences that grew side by side */
    HOLES    /* all rows the same cells, a few of each block, later rows more of them: a prompt that filled holes */
};

/* Random Q, K, V and mask of a shape, and what attention makes of them, in double precision. */
struct example {
    shape s;
    float scale = 0.125f;
    std::vector<float> q;          /* [row][head][k_width] */
    std::vector<ggml_fp16_t> k, v; /* [cell][kv_head][width] */
    std::vector<ggml_fp16_t> mask; /* [row][cell] */
    std::vector<float> expected;   /* [row][head][v_width] */

    example(const shape &of, std::mt19937 &random, layout cells = layout::RUNS) : s(of) {
        std::normal_distribution<float> normal;
        for (int64_t i = 0; i < int64_t{1} * s.rows * s.heads * s.k_width; ++i) {
            q.push_back(3 * normal(random));
        }
        for (int64_t i = 0; i < int64_t{1} * s.cells * s.kv_heads * s.k_width; ++i) {
            k.push_back(ggml_fp32_to_fp16(normal(random)));
        }
        for (int64_t i = 0; i < int64_t{1} * s.cells * s.kv_heads * s.v_width; ++i) {
            v.push_back(ggml_fp32_to_fp16(normal(random)));
        }
        make_mask(random, cells);
        for (int32_t row = 0; row < s.rows; ++row) {
            for (int32_t head = 0; head < s.heads; ++head) {
                expect(row, head);
            }
        }
    }

    void make_mask(std::mt19937 &random, layout cells) {
        const ggml_fp16_t hidden = ggml_fp32_to_fp16(-std::numeric_limits<float>::infinity());
        mask.assign(static_cast<size_t>(s.rows) * static_cast<size_t>(s.cells), hidden);
        const int32_t shared = cells == layout::MINGLED ? s.cells / 3 : 0;
        for (int32_t row = 0; row < s.rows; ++row) {
            ggml_fp16_t *of_row = mask.data() + static_cast<size_t>(row) * static_cast<size_t>(s.cells);
            const uint32_t kind = random() % 8;
            const auto from = static_cast<int32_t>(random() % static_cast<uint32_t>(s.cells));
            const auto to = from + static_cast<int32_t>(random() % static_cast<uint32_t>(s.cells - from)) + 1;
            for (int32_t cell = 0; cell < s.cells; ++cell) {
                bool seen = false;
                switch (cells) {
                case layout::RUNS:
                    seen = kind == 0 ? false : kind == 1 ? random() % 9 == 0 : cell >= from && cell < to;
                    break;
                case layout::MINGLED:
                    seen = cell < shared || cell % s.rows == row;
                    break;
                case layout::HOLES:
                    seen = cell * 7 % 9 == 0 && cell <= s.cells / 2 + row;
                    break;
                }
                if (seen) {
                    of_row[cell] = ggml_fp32_to_fp16(kind == 2 ? -0.5f * static_cast<float>(cell % 7) : 0.0f);
                }
            }
        }
    }

    float bias(int32_t row, int32_t cell) const {
        return ggml_fp16_to_fp32(
            mask[static_cast<size_t>(row) * static_cast<size_t>(s.cells) + static_cast<size_t>(cell)]);
    }

    void expect(int32_t row, int32_t head) {
        const int32_t kv_head = head / (s.heads / s.kv_heads);
        std::vector<double> sum(static_cast<size_t>(s.v_width), 0.0);
        double best = -INFINITY;
        std::vector<double> scores;
        for (int32_t cell = 0; cell < s.cells; ++cell) {
            double score = 0;
            for (int32_t d = 0; d < s.k_width; ++d) {
                score += static_cast<double>(q[static_cast<size_t>((row * s.heads + head) * s.k_width + d)]) *
                         static_cast<double>(
                             ggml_fp16_to_fp32(k[static_cast<size_t>((cell * s.kv_heads + kv_head) * s.k_width + d)]));
            }
            scores.push_back(score * static_cast<double>(scale) + static_cast<double>(bias(row, cell)));
            best = std::max(best, scores.back());
        }
        double weight = 0;
        for (int32_t cell = 0; cell < s.cells && best > -INFINITY; ++cell) {
            const double share = std::exp(scores[static_cast<size_t>(cell)] - best);
            weight += share;
            for (int32_t d = 0; d < s.v_width; ++d) {
                sum[static_cast<size_t>(d)] +=
                    share * static_cast<double>(ggml_fp16_to_fp32(
                                v[static_cast<size_t>((cell * s.kv_heads + kv_head) * s.v_width + d)]));
            }
        }
        for (const double x : sum) {
            expected.push_back(static_cast<float>(weight == 0 ? 0 : x / weight));
        }
    }

    attention call(float *out) const {
        attention a{};
        a.q = reinterpret_cast<const char *>(q.data());
        a.q_head = static_cast<size_t>(s.k_width) * 4;
        a.q_row = a.q_head * static_cast<size_t>(s.heads);
        a.k = reinterpret_cast<const char *>(k.data());
        a.k_head = static_cast<size_t>(s.k_width) * 2;
        a.k_cell = a.k_head * static_cast<size_t>(s.kv_heads);
        a.v = reinterpret_cast<const char *>(v.data());
        a.v_head = static_cast<size_t>(s.v_width) * 2;
        a.v_cell = a.v_head * static_cast<size_t>(s.kv_heads);
        a.mask = reinterpret_cast<const char *>(mask.data());
        a.mask_row = static_cast<size_t>(s.cells) * 2;
        a.out = reinterpret_cast<char *>(out);
        a.out_head = static_cast<size_t>(s.v_width) * 4;
        a.out_row = a.out_head * static_cast<size_t>(s.heads);
        a.rows = s.rows;
        a.heads = s.heads;
        a.kv_heads = s.kv_heads;
        a.cells = s.cells;
        a.k_width = s.k_width;
        a.v_width = s.v_width;
        a.scale = scale;
        return a;
    }

    /* The largest difference; a NaN anywhere is no small one. */
    double error(const std::vector<float> &out) const {
        double worst = 0;
        for (size_t i = 0; i < expected.size(); ++i) {
            const double difference = std::fabs(static_cast<double>(out[i]) - static_cast<double>(expected[i]));
            worst = difference <= worst ? worst : difference;
        }
        return worst;
    }
};

constexpr double ACCURACY = 2e-5;

struct variant {
    const char *name;
    bool here;
    martlet::attention_kernel kernel;
};

std::vector<variant> variants() {
#if defined(__x86_64__)
    return {
        {"avx2", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), martlet::attend_avx2},
        {"avx512", __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"), martlet::attend_avx512}};
#else
    return {};
#endif
}

/* All parts of a call, one after the other, cut at every cell_step cells. */
std::vector<float> compute(const example &e, martlet::attention_kernel kernel, int32_t cell_step) {
    std::vector<float> out(e.expected.size(), NAN);
    const attention a = e.call(out.data());
    std::vector<float> scratch(martlet::attention_scratch(a.k_width, a.v_width));
    const int32_t rows = martlet::QUERY_BLOCK / a.group();
    const int32_t cuts = (a.cells + cell_step - 1) / cell_step;
    const auto stride = static_cast<size_t>(a.v_width) + 2;
    std::vector<float> partials(static_cast<size_t>(martlet::QUERY_BLOCK) * static_cast<size_t>(cuts) * stride);
    for (int32_t head = 0; head < a.kv_heads; ++head) {
        for (int32_t row = 0; row < a.rows; row += rows) {
            attention_part part{head, row, std::min(row + rows, a.rows), 0, a.cells};
            if (cuts == 1) {
                kernel(a, part, scratch.data(), nullptr, 0);
                continue;
            }
            for (int32_t cut = 0; cut < cuts; ++cut) {
                part.cell_begin = cut * cell_step;
                part.cell_end = std::min(a.cells, part.cell_begin + cell_step);
                kernel(a, part, scratch.data(), partials.data() + static_cast<size_t>(cut) * stride,
                       static_cast<size_t>(cuts) * stride);
            }
            for (int32_t i = 0; i < (part.row_end - row) * a.group(); ++i) {
                const int32_t to = (row + i / a.group()) * a.heads + head * a.group() + i % a.group();
                martlet::merge_attention(partials.data() + static_cast<size_t>(i) * static_cast<size_t>(cuts) * stride,
                                         cuts, stride, a.v_width, out.data() + to * a.v_width);
            }
        }
    }
    return out;
}

void check_close(const example &e, const std::vector<float> &out, const char *what) {
    const double error = e.error(out);
    if (!(error <= ACCURACY)) {
        harness::fail(__FILE__, __LINE__,
                      std::string(what) + ": wrong by " + std::to_string(error) + " with " + std::to_string(e.s.rows) +
                          " rows, " + std::to_string(e.s.heads) + "/" + std::to_string(e.s.kv_heads) + " heads, " +
                          std::to_string(e.s.cells) + " cells");
    }
}

/* The same as a graph of one operation, on the CPU backend with so many threads. */
std::vector<float> compute_graph(const example &e, int32_t threads) {
    ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    ggml_backend_t backend = ggml_backend_dev_init(device, nullptr);
    auto set_threads = reinterpret_cast<ggml_backend_set_n_threads_t>(
        ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), "ggml_backend_set_n_threads"));
    set_threads(backend, threads);
    ggml_context *c = ggml_init({ggml_tensor_overhead() * 16 + ggml_graph_overhead(), nullptr, true});
    const shape &s = e.s;
    ggml_tensor *q = ggml_new_tensor_3d(c, GGML_TYPE_F32, s.k_width, s.heads, s.rows);
    ggml_tensor *k = ggml_new_tensor_3d(c, GGML_TYPE_F16, s.k_width, s.kv_heads, s.cells);
    ggml_tensor *v = ggml_new_tensor_3d(c, GGML_TYPE_F16, s.v_width, s.kv_heads, s.cells);
    ggml_tensor *mask = ggml_new_tensor_2d(c, GGML_TYPE_F16, s.cells, s.rows);
    ggml_tensor *out = ggml_flash_attn_ext(c, ggml_permute(c, q, 0, 2, 1, 3), ggml_permute(c, k, 0, 2, 1, 3),
                                           ggml_permute(c, v, 0, 2, 1, 3), mask, e.scale, 0, 0);
    ggml_cgraph *graph = ggml_new_graph(c);
    ggml_build_forward_expand(graph, out);
    ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors(c, backend);
    ggml_backend_tensor_set(q, e.q.data(), 0, ggml_nbytes(q));
    ggml_backend_tensor_set(k, e.k.data(), 0, ggml_nbytes(k));
    ggml_backend_tensor_set(v, e.v.data(), 0, ggml_nbytes(v));
    ggml_backend_tensor_set(mask, e.mask.data(), 0, ggml_nbytes(mask));
    CHECK(ggml_backend_graph_compute(backend, graph) == GGML_STATUS_SUCCESS);
    std::vector<float> result(e.expected.size());
    ggml_backend_tensor_get(out, result.data(), 0, ggml_nbytes(out));
    ggml_backend_buffer_free(buffer);
    ggml_free(c);
    ggml_backend_free(backend);
    return result;
}

} // namespace

TEST(kernels_compute_attention) {
    std::mt19937 random(20261122);
    for (const shape &s : SHAPES) {
        for (const layout cells : {layout::RUNS, layout::MINGLED, layout::HOLES}) {
            const example e(s, random, cells);
            for (const variant &v : variants()) {
                if (v.here) {
                    check_close(e, compute(e, v.kernel, e.s.cells), v.name);
                    check_close(e, compute(e, v.kernel, 64), v.name);
                    check_close(e, compute(e, v.kernel, 192), v.name);
                }
            }
        }
    }
}

TEST(a_hidden_cell_adds_nothing_whatever_it_holds) {
    std::mt19937 random(1);
    for (const variant &v : variants()) {
        example e({4, 2, 1, 128, 32, 32}, random);
        const std::vector<float> before = compute(e, v.here ? v.kernel : variants()[0].kernel, 128);
        for (int32_t cell = 0; cell < e.s.cells; ++cell) {
            bool seen = false;
            for (int32_t row = 0; row < e.s.rows; ++row) {
                seen = seen || std::isfinite(e.bias(row, cell));
            }
            if (!seen) {
                for (int32_t d = 0; d < 32; ++d) {
                    e.k[static_cast<size_t>(cell * 32 + d)] = ggml_fp32_to_fp16(d % 2 == 0 ? NAN : INFINITY);
                    e.v[static_cast<size_t>(cell * 32 + d)] = ggml_fp32_to_fp16(d % 2 == 0 ? INFINITY : NAN);
                }
            }
        }
        CHECK(compute(e, v.here ? v.kernel : variants()[0].kernel, 128) == before);
    }
}

TEST(graphs_of_ggml_use_the_kernel) {
    support::init();
    const support::context c(support::tiny());
    CHECK_EQ(c.info().skips_masked, martlet::find_attention_kernel() == nullptr ? 0 : 1);
    std::mt19937 random(2);
    for (const shape &s : SHAPES) {
        const example e(s, random);
        for (const int32_t threads : {1, 2, 5}) {
            const std::vector<float> out = compute_graph(e, threads);
            /* ggml's own kernel rounds Q and the sums to f16: what it computes is not as close. */
            check_close(e, out, "graph");
        }
    }
}
