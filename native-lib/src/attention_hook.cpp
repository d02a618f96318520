/*
 * attention_hook.cpp: ggml asks each of its CPU backend's extra buffer types (AMX, repacked weights) whether it
 * computes an operation, before it does so itself (ggml-cpu/traits.cpp of v0.5.0). One more entry in that list, to
 * which no buffer ever belongs, is a kernel without a graph of its own: no copy, no split, the same threads.
 */
#include "attention_hook.h"

#include "attention.h"

#include "ggml-backend-impl.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <string>
#include <vector>

namespace martlet {

namespace {

constexpr int32_t PARTS_PER_THREAD = 4; /* so that threads of unequal speed end together */
constexpr int32_t LEAST_CELLS = 128;    /* of a part: putting parts together costs too */
constexpr int32_t MOST_WIDTH = 512;
constexpr size_t CACHE_LINE = 64;

/* The layouts of ggml-cpu-impl.h and ggml-cpu/traits.h, headers that are not for users of ggml. */
struct compute_params {
    int ith, nth;
    size_t wsize;
    void *wdata;
    ggml_threadpool *threadpool;
    bool use_ref;
};

class tensor_traits {
public:
    virtual ~tensor_traits() = default;
    virtual bool work_size(int n_threads, const ggml_tensor *op, size_t &size) = 0;
    virtual bool compute_forward(compute_params *params, ggml_tensor *op) = 0;
};

class extra_buffer_type {
public:
    virtual ~extra_buffer_type() = default;
    virtual bool supports_op(ggml_backend_dev_t device, const ggml_tensor *op) = 0;
    virtual tensor_traits *get_tensor_traits(const ggml_tensor *op) = 0;
};

/* Functions of the CPU backend, which is loaded at run time. */
struct cpu_functions {
    std::vector<ggml_backend_buffer_type_t> &(*extra_buffer_types)();
    void (*barrier)(ggml_threadpool *);
    void (*set_chunk)(ggml_threadpool *, int);
    int (*add_chunk)(ggml_threadpool *, int);
};

cpu_functions cpu;
attention_kernel kernel = nullptr;

/* Whether the kernel can do this flash attention, whatever the number of threads. */
bool fits(const ggml_tensor *op) {
    const ggml_tensor *q = op->src[0];
    const ggml_tensor *k = op->src[1];
    const ggml_tensor *v = op->src[2];
    const ggml_tensor *mask = op->src[3];
    float bias = 0;
    float soft_cap = 0;
    memcpy(&bias, op->op_params + 1, sizeof(bias));
    memcpy(&soft_cap, op->op_params + 2, sizeof(soft_cap));
    const auto width_fits = [](int64_t width) { return width % 16 == 0 && width <= MOST_WIDTH; };
    return mask != nullptr && op->src[4] == nullptr && bias == 0 && soft_cap == 0 && q->type == GGML_TYPE_F32 &&
           k->type == GGML_TYPE_F16 && v->type == GGML_TYPE_F16 && mask->type == GGML_TYPE_F16 &&
           op->type == GGML_TYPE_F32 && width_fits(k->ne[0]) && width_fits(v->ne[0]) && k->ne[1] % CELL_BLOCK == 0 &&
           k->ne[2] == v->ne[2] && q->ne[2] % k->ne[2] == 0 && q->ne[2] / k->ne[2] <= QUERY_BLOCK && q->ne[3] == 1 &&
           k->ne[3] == 1 && v->ne[3] == 1 && mask->ne[0] >= k->ne[1] && mask->ne[1] >= q->ne[1] && mask->ne[2] == 1 &&
           mask->ne[3] == 1 && q->nb[0] == 4 && k->nb[0] == 2 && v->nb[0] == 2 && mask->nb[0] == 2 && op->nb[0] == 4;
}

attention describe(const ggml_tensor *op) {
    const ggml_tensor *q = op->src[0];
    const ggml_tensor *k = op->src[1];
    const ggml_tensor *v = op->src[2];
    const ggml_tensor *mask = op->src[3];
    attention a{};
    a.q = static_cast<const char *>(q->data);
    a.q_row = q->nb[1];
    a.q_head = q->nb[2];
    a.k = static_cast<const char *>(k->data);
    a.k_cell = k->nb[1];
    a.k_head = k->nb[2];
    a.v = static_cast<const char *>(v->data);
    a.v_cell = v->nb[1];
    a.v_head = v->nb[2];
    a.mask = static_cast<const char *>(mask->data);
    a.mask_row = mask->nb[1];
    a.out = static_cast<char *>(op->data);
    a.out_row = op->nb[2];
    a.out_head = op->nb[1];
    a.rows = static_cast<int32_t>(q->ne[1]);
    a.heads = static_cast<int32_t>(q->ne[2]);
    a.kv_heads = static_cast<int32_t>(k->ne[2]);
    a.cells = static_cast<int32_t>(k->ne[1]);
    a.k_width = static_cast<int32_t>(k->ne[0]);
    a.v_width = static_cast<int32_t>(v->ne[0]);
    memcpy(&a.scale, op->op_params, sizeof(a.scale));
    return a;
}

int32_t quotient_up(int32_t a, int32_t b) {
    return (a + b - 1) / b;
}

/* How a call is cut into parts: by K/V head, rows and, where that gives few, cells. */
struct cut {
    int32_t rows; /* of a part */
    int32_t row_blocks;
    int32_t cells; /* of a part */
    int32_t cell_parts;
    int32_t parts;

    cut(const attention &a, int32_t threads) {
        row_blocks = quotient_up(a.rows, QUERY_BLOCK / a.group());
        rows = quotient_up(a.rows, row_blocks);
        const int32_t whole = a.kv_heads * row_blocks;
        const int32_t wanted = std::min(quotient_up(threads == 1 ? 1 : threads * PARTS_PER_THREAD, whole),
                                        std::max(a.cells / LEAST_CELLS, 1));
        cells = quotient_up(quotient_up(a.cells, wanted), CELL_BLOCK) * CELL_BLOCK;
        cell_parts = quotient_up(a.cells, cells);
        parts = whole * cell_parts;
    }

    attention_part part(const attention &a, int32_t i) const {
        const int32_t cell = i % cell_parts * cells;
        const int32_t row = i / cell_parts % row_blocks * rows;
        return {i / cell_parts / row_blocks, row, std::min(row + rows, a.rows), cell, std::min(cell + cells, a.cells)};
    }
};

size_t line_up(size_t bytes) {
    return (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

size_t scratch_bytes(const attention &a) {
    return line_up(attention_scratch(a.k_width, a.v_width) * sizeof(float));
}

/* A query's part: largest score, weight, weighted sum. */
size_t partial_floats(const attention &a) {
    return static_cast<size_t>(a.v_width) + 2;
}

size_t work_bytes(const attention &a, int32_t threads) {
    size_t bytes = CACHE_LINE + scratch_bytes(a) * static_cast<size_t>(threads);
    const cut c(a, threads);
    if (c.cell_parts > 1) {
        bytes += static_cast<size_t>(a.rows) * static_cast<size_t>(a.heads) * static_cast<size_t>(c.cell_parts) *
                 partial_floats(a) * sizeof(float);
    }
    return bytes;
}

/* Partials lie as [kv_head][row][head of the group][cell part]: the queries of a part follow each other. */
float *partial_of(const attention &a, const cut &c, const attention_part &part, float *partials) {
    const auto query = static_cast<size_t>((part.kv_head * a.rows + part.row_begin) * a.group());
    const auto number = query * static_cast<size_t>(c.cell_parts) + static_cast<size_t>(part.cell_begin / c.cells);
    return partials + number * partial_floats(a);
}

void merge(const attention &a, const cut &c, const float *partials, int32_t ith, int32_t nth) {
    const size_t stride = partial_floats(a);
    for (int32_t query = ith; query < a.rows * a.heads; query += nth) {
        const int32_t row = query / a.group() % a.rows;
        const int32_t head = query / a.group() / a.rows * a.group() + query % a.group();
        char *to = a.out + static_cast<size_t>(row) * a.out_row + static_cast<size_t>(head) * a.out_head;
        merge_attention(partials + static_cast<size_t>(query) * static_cast<size_t>(c.cell_parts) * stride,
                        c.cell_parts, stride, a.v_width, reinterpret_cast<float *>(to));
    }
}

/* What one of the threads that compute a graph does of a call. */
void compute(const compute_params &params, const ggml_tensor *op) {
    const attention a = describe(op);
    const cut c(a, params.nth);
    auto *aligned = reinterpret_cast<char *>(line_up(reinterpret_cast<size_t>(params.wdata)));
    auto *scratch = reinterpret_cast<float *>(aligned + scratch_bytes(a) * static_cast<size_t>(params.ith));
    auto *partials = reinterpret_cast<float *>(aligned + scratch_bytes(a) * static_cast<size_t>(params.nth));
    if (params.ith == 0) {
        cpu.set_chunk(params.threadpool, params.nth);
    }
    cpu.barrier(params.threadpool);
    for (int32_t i = params.ith; i < c.parts; i = cpu.add_chunk(params.threadpool, 1)) {
        const attention_part part = c.part(a, i);
        if (c.cell_parts == 1) {
            kernel(a, part, scratch, nullptr, 0);
        } else {
            kernel(a, part, scratch, partial_of(a, c, part, partials),
                   static_cast<size_t>(c.cell_parts) * partial_floats(a));
        }
    }
    if (c.cell_parts > 1) {
        cpu.barrier(params.threadpool);
        merge(a, c, partials, params.ith, params.nth);
    }
}

class attention_traits final : public tensor_traits {
public:
    bool work_size(int n_threads, const ggml_tensor *op, size_t &size) override {
        if (!fits(op)) {
            return false;
        }
        size = work_bytes(describe(op), n_threads);
        return true;
    }

    bool compute_forward(compute_params *params, ggml_tensor *op) override {
        if (params->use_ref || !fits(op)) {
            return false;
        }
        compute(*params, op);
        return true;
    }
};

class attention_door final : public extra_buffer_type {
public:
    bool supports_op(ggml_backend_dev_t, const ggml_tensor *) override { return false; }

    tensor_traits *get_tensor_traits(const ggml_tensor *op) override {
        return op->op == GGML_OP_FLASH_ATTN_EXT ? &traits : nullptr;
    }

private:
    attention_traits traits;
};

template <typename Function>
bool find(void *library, const char *name, Function &function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    return function != nullptr;
}

/* The file that the CPU backend was loaded from. */
void *open_again(ggml_backend_reg_t backend) {
    Dl_info where;
    if (dladdr(ggml_backend_reg_get_proc_address(backend, "ggml_threadpool_new"), &where) == 0) {
        return nullptr;
    }
    return dlopen(where.dli_fname, RTLD_NOW | RTLD_NOLOAD);
}

bool find_functions(ggml_backend_reg_t backend) {
    void *library = open_again(backend);
    return library != nullptr &&
           find(library, "_Z39ggml_backend_cpu_get_extra_buffer_typesv", cpu.extra_buffer_types) &&
           find(library, "ggml_barrier", cpu.barrier) && find(library, "ggml_threadpool_chunk_set", cpu.set_chunk) &&
           find(library, "ggml_threadpool_chunk_add", cpu.add_chunk);
}

bool unwanted() {
    const char *wish = getenv("MARTLET_ATTENTION");
    return wish != nullptr && strcmp(wish, "ggml") == 0;
}

} // namespace

bool install_attention(ggml_backend_reg_t backend) {
    kernel = find_attention_kernel();
    if (kernel == nullptr || unwanted() || !find_functions(backend)) {
        kernel = nullptr;
        return false;
    }
    /* llama.cpp offers weights to the buffer types in a copy of the list, made at the first call: ours is no place. */
    auto list = reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(
        ggml_backend_reg_get_proc_address(backend, "ggml_backend_dev_get_extra_bufts"));
    if (list == nullptr) {
        kernel = nullptr;
        return false;
    }
    list(ggml_backend_reg_dev_get(backend, 0));
    static attention_door door;
    static ggml_backend_buffer_type entry{};
    entry.device = ggml_backend_reg_dev_get(backend, 0);
    entry.context = static_cast<extra_buffer_type *>(&door);
    cpu.extra_buffer_types().push_back(&entry);
    return true;
}

bool attention_installed() {
    return kernel != nullptr;
}

} // namespace martlet
