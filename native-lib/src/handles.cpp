/*
 * handles.cpp: slots with generations under one reader-writer lock.
 */
#include "handles.h"

#include <mutex>
#include <shared_mutex>
#include <vector>

namespace martlet {

namespace {

static_assert(sizeof(void *) == 8, "handles need 64 bits");

/* A handle is generation << 32 | slot << 4 | kind. */
struct slot {
    uint32_t generation = 1;
    kind what = kind::model;
    std::shared_ptr<void> object; /* empty: free */
};

std::shared_mutex lock; /* guards the two below */
std::vector<slot> slots;
std::vector<uint32_t> free_slots;

const char *name_of(kind what) {
    switch (what) {
    case kind::model:
        return "model";
    case kind::context:
        return "context";
    case kind::sampler:
        return "sampler";
    case kind::embedder:
        return "embedder";
    }
    return "handle";
}

/* The slot a handle means, or NULL; the lock is held. */
slot *look_up(kind what, const void *handle) {
    const uint64_t value = reinterpret_cast<uintptr_t>(handle);
    const uint64_t index = (value & 0xffffffffu) >> 4;
    if ((value & 15u) != static_cast<uint64_t>(what) || index >= slots.size()) {
        return nullptr;
    }
    slot &s = slots[index];
    return s.object && s.what == what && s.generation == value >> 32 ? &s : nullptr;
}

} // namespace

void *add_handle(kind what, std::shared_ptr<void> object) {
    std::unique_lock<std::shared_mutex> guard(lock);
    if (free_slots.empty()) {
        slots.emplace_back();
        free_slots.reserve(slots.size()); /* so that remove_handle() allocates nothing */
        free_slots.push_back(static_cast<uint32_t>(slots.size() - 1));
    }
    const uint32_t index = free_slots.back();
    free_slots.pop_back();
    slot &s = slots[index];
    s.what = what;
    s.object = std::move(object);
    return reinterpret_cast<void *>(static_cast<uintptr_t>(s.generation) << 32 | index << 4 |
                                    static_cast<uintptr_t>(what));
}

std::shared_ptr<void> find_handle(kind what, const void *handle) {
    std::shared_lock<std::shared_mutex> guard(lock);
    const slot *s = look_up(what, handle);
    MARTLET_REQUIRE(s != nullptr, handle == nullptr ? "%s is NULL" : "not an open %s (closed already?)", name_of(what));
    return s->object;
}

bool remove_handle(kind what, const void *handle) noexcept {
    std::shared_ptr<void> last; /* destroyed after the lock is gone */
    std::unique_lock<std::shared_mutex> guard(lock);
    slot *s = look_up(what, handle);
    if (s == nullptr) {
        return false;
    }
    last.swap(s->object);
    if (++s->generation == 0) {
        s->generation = 1;
    }
    free_slots.push_back(static_cast<uint32_t>(s - slots.data()));
    guard.unlock();
    return true;
}

int count_handles(kind what) noexcept {
    std::shared_lock<std::shared_mutex> guard(lock);
    int n = 0;
    for (const slot &s : slots) {
        n += s.object && s.what == what;
    }
    return n;
}

std::shared_ptr<model> find(const mt_model *handle) {
    return std::static_pointer_cast<model>(find_handle(kind::model, handle));
}

std::shared_ptr<context> find(const mt_context *handle) {
    return std::static_pointer_cast<context>(find_handle(kind::context, handle));
}

std::shared_ptr<sampler_handle> find(const mt_sampler *handle) {
    return std::static_pointer_cast<sampler_handle>(find_handle(kind::sampler, handle));
}

std::shared_ptr<embedder> find(const mt_embedder *handle) {
    return std::static_pointer_cast<embedder>(find_handle(kind::embedder, handle));
}

} // namespace martlet
