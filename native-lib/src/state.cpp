/*
 * state.cpp: moving the tail of a sequence to host memory and back.
 *
 * llama.cpp saves and loads whole sequences. A tail is made one: its cells are also given to the id kept aside, which
 * copies nothing, that id is saved, and let go. Loading goes the same way back. The bytes are a header of ours, which
 * says what they are and guards them, and then what llama.cpp wrote.
 */
#include "context.h"
#include "hash.h"
#include "log.h"

#include <cstring>

namespace martlet {

namespace {

constexpr llama_seq_id ASIDE = 0;      /* where first_id is 1 */
constexpr uint32_t MAGIC = 0x5354544d; /* MTTS */
constexpr uint32_t VERSION = 1;

struct state_header {
    uint32_t magic;
    uint32_t version;
    uint64_t shape;
    int32_t from;
    int32_t count;
    int64_t body_bytes;
    uint64_t body_hash;
    uint64_t header_hash; /* of all fields before it */
};

uint64_t header_hash_of(const state_header &h) {
    return hash(&h, offsetof(state_header, header_hash), 0);
}

void require_states(const context &c, int32_t from) {
    if (!c.unified) {
        fail(MT_ERR_UNSUPPORTED, "a context with kv_unified = 0 saves and loads no states");
    }
    if (from > 0 && (c.first_id == 0 || !c.can_trim || c.n_swa > 0)) {
        fail(MT_ERR_UNSUPPORTED, "%s saves whole states only, not from token %d on",
             c.n_swa > 0 ? "a model with sliding windows" : "a model of this kind", from);
    }
}

/* A sequence's tail under an id of its own, for the time of a call. */
class tail {
public:
    tail(context &c, int32_t sequence, int32_t from) : context_(c), id_(c.first_id == 1 ? ASIDE : c.id_of(sequence)) {
        if (c.first_id == 1) {
            c.kernel([&] { llama_memory_seq_cp(llama_get_memory(c.llama), c.id_of(sequence), ASIDE, from, -1); });
        }
    }
    ~tail() {
        if (context_.first_id == 1 && context_.poison.empty()) {
            try {
                context_.drop_tail(ASIDE, 0);
            } catch (...) { /* drop_tail() has poisoned the context: the caller's next call says so */
            }
        }
    }
    tail(const tail &) = delete;
    tail &operator=(const tail &) = delete;

    llama_seq_id id() const { return id_; }

    /* Bytes of the whole state, our header and llama.cpp's part. */
    int64_t bytes() const {
        const size_t n = context_.kernel([&] { return llama_state_seq_get_size_ext(context_.llama, id_, 0); });
        if (n == 0) {
            fail(MT_ERR_INTERNAL, "llama.cpp cannot tell the size of the state");
        }
        return static_cast<int64_t>(sizeof(state_header) + n);
    }

private:
    context &context_;
    llama_seq_id id_;
};

void require_tail(const context &c, int32_t sequence, int32_t from) {
    const int32_t length = c.cells->length(sequence);
    MARTLET_REQUIRE(from >= 0 && from < length, "from is %d, sequence %d holds %d tokens", from, sequence, length);
    require_states(c, from);
}

void save(context &c, int32_t sequence, int32_t from, unsigned char *out, int64_t capacity, int64_t *needed) {
    require_tail(c, sequence, from);
    const tail t(c, sequence, from);
    *needed = t.bytes();
    if (*needed > capacity) {
        fail(MT_ERR_BUFFER, "the buffer has %lld bytes, the state %lld", static_cast<long long>(capacity),
             static_cast<long long>(*needed));
    }
    state_header h{};
    h.magic = MAGIC;
    h.version = VERSION;
    h.shape = c.shape;
    h.from = from;
    h.count = c.cells->length(sequence) - from;
    h.body_bytes = *needed - static_cast<int64_t>(sizeof(h));
    unsigned char *body = out + sizeof(h);
    const auto size = static_cast<size_t>(h.body_bytes);
    log_watch watch;
    if (c.kernel([&] { return llama_state_seq_get_data_ext(c.llama, body, size, t.id(), 0); }) != size) {
        fail(MT_ERR_INTERNAL, "the state could not be saved: %s", watch.errors_or("no reason given").c_str());
    }
    h.body_hash = hash(body, size, h.shape);
    h.header_hash = header_hash_of(h);
    memcpy(out, &h, sizeof(h));
}

/* The header of a state that this context can take, whole and unharmed. */
state_header header_of(const context &c, const unsigned char *state, int64_t bytes) {
    state_header h{};
    MARTLET_REQUIRE(bytes >= static_cast<int64_t>(sizeof(h)), "%lld bytes are no state", static_cast<long long>(bytes));
    memcpy(&h, state, sizeof(h));
    MARTLET_REQUIRE(h.magic == MAGIC && h.version == VERSION && h.header_hash == header_hash_of(h),
                    "the bytes are not a saved state");
    MARTLET_REQUIRE(h.body_bytes == bytes - static_cast<int64_t>(sizeof(h)), "the state has %lld bytes, given are %lld",
                    static_cast<long long>(h.body_bytes) + static_cast<long long>(sizeof(h)),
                    static_cast<long long>(bytes));
    MARTLET_REQUIRE(h.shape == c.shape, "the state was saved with another model or other cache types");
    return h;
}

void load(context &c, int32_t sequence, const unsigned char *state, int64_t bytes) {
    const state_header h = header_of(c, state, bytes);
    const unsigned char *body = state + sizeof(h);
    const auto size = static_cast<size_t>(h.body_bytes);
    require_states(c, h.from);
    const int32_t length = c.cells->length(sequence);
    MARTLET_REQUIRE(length == h.from, "the state continues %d tokens, sequence %d holds %d", h.from, sequence, length);
    if (h.count > c.n_ctx_seq - length || !c.cells->fits(h.count)) {
        fail(MT_ERR_NO_SPACE, "the state needs %d cells, %d of %d are in use", h.count, c.cells->used(), c.n_ctx);
    }
    MARTLET_REQUIRE(h.body_hash == hash(body, size, h.shape), "the state's bytes were changed since it was saved");
    c.cells->append(sequence, h.count);

    /* Whatever fails from here on is nothing that the bytes or the caller can be blamed for. */
    const llama_seq_id into = h.from > 0 ? ASIDE : c.id_of(sequence);
    log_watch watch;
    const size_t read = c.kernel([&] { return llama_state_seq_set_data_ext(c.llama, body, size, into, 0); });
    if (read != size) {
        c.poisoned("a state could not be loaded: " + watch.errors_or("no reason given"));
    }
    const int32_t last = c.kernel([&] { return llama_memory_seq_pos_max(llama_get_memory(c.llama), into); });
    if (last != h.from + h.count - 1) {
        c.poisoned("a loaded state ends at position " + std::to_string(last));
    }
    if (h.from > 0) {
        c.kernel([&] { llama_memory_seq_cp(llama_get_memory(c.llama), ASIDE, c.id_of(sequence), -1, -1); });
        c.drop_tail(ASIDE, 0);
    }
}

} // namespace

} // namespace martlet

using namespace martlet;

extern "C" int32_t mt_sequence_state_size(mt_context *handle, int32_t sequence, int32_t from, int64_t *bytes) {
    return wall([&] {
        MARTLET_REQUIRE(bytes != nullptr, "bytes is NULL");
        context_use c(handle);
        c->require_sequence(sequence);
        require_tail(*c, sequence, from);
        *bytes = tail(*c, sequence, from).bytes();
    });
}

extern "C" int32_t mt_sequence_save(mt_context *handle, int32_t sequence, int32_t from, void *out, int64_t capacity,
                                    int64_t *needed) {
    return wall([&] {
        MARTLET_REQUIRE(needed != nullptr, "needed is NULL");
        MARTLET_REQUIRE(capacity >= 0 && (out != nullptr || capacity == 0), "capacity is %lld with %s buffer",
                        static_cast<long long>(capacity), out == nullptr ? "no" : "a");
        context_use c(handle);
        c->require_sequence(sequence);
        save(*c, sequence, from, static_cast<unsigned char *>(out), capacity, needed);
    });
}

extern "C" int32_t mt_sequence_load(mt_context *handle, int32_t sequence, const void *state, int64_t bytes) {
    return wall([&] {
        MARTLET_REQUIRE(state != nullptr && bytes >= 0, "state is %s with %lld bytes",
                        state == nullptr ? "NULL" : "set", static_cast<long long>(bytes));
        context_use c(handle);
        c->require_sequence(sequence);
        load(*c, sequence, static_cast<const unsigned char *>(state), bytes);
    });
}
