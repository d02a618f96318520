/*
 * library.cpp: initialisation, devices, log and messages of libmartlet.
 */
#include "library.h"

#include "attention_hook.h"
#include "containment.h"
#include "handles.h"
#include "log.h"

#include "llama.h"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <mutex>

/* These are passed by value across a C boundary that has no version in its symbols: another layout is another release.
 */
static_assert(sizeof(llama_model_params) == 80, "llama.h is not of v0.5.0");
static_assert(sizeof(llama_context_params) == 160, "llama.h is not of v0.5.0");
static_assert(sizeof(llama_batch) == 56, "llama.h is not of v0.5.0");
static_assert(sizeof(ggml_threadpool_params) == 528, "ggml.h is not of llama.cpp v0.5.0");
static_assert(sizeof(ggml_backend_dev_props) == 56, "ggml-backend.h is not of llama.cpp v0.5.0");

namespace martlet {

namespace {

constexpr const char *LLAMA_RELEASE = "0.5.0"; /* a build outside a release commit adds "-dev" */

std::mutex lock; /* guards the two below */
bool initialised = false;
bool backends_loaded = false; /* they stay loaded after mt_shutdown() */

bool same_release(const char *version) {
    const size_t length = strlen(LLAMA_RELEASE);
    return strncmp(version, LLAMA_RELEASE, length) == 0 && (version[length] == '\0' || version[length] == '-');
}

ggml_backend_reg_t cpu_backend() {
    ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    return cpu == nullptr ? nullptr : ggml_backend_dev_backend_reg(cpu);
}

void load_backends(const std::string &dir) {
    if (backends_loaded) {
        return;
    }
    log_watch watch;
    foreign([&] {
        llama_backend_init();
        ggml_backend_load_all_from_path(dir.c_str());
    });
    if (foreign(cpu_backend) == nullptr) {
        fail(MT_ERR_IO, "no CPU backend (libggml-cpu-*.so) could be loaded from \"%s\": %s", dir.c_str(),
             watch.errors_or("there is none for this processor").c_str());
    }
    install_attention(foreign(cpu_backend));
    backends_loaded = true;
}

int32_t kind_of(enum ggml_backend_dev_type type) {
    switch (type) {
    case GGML_BACKEND_DEVICE_TYPE_CPU:
        return 0;
    case GGML_BACKEND_DEVICE_TYPE_GPU:
        return 1;
    case GGML_BACKEND_DEVICE_TYPE_IGPU:
        return 2;
    case GGML_BACKEND_DEVICE_TYPE_ACCEL:
    case GGML_BACKEND_DEVICE_TYPE_META:
        break;
    }
    return 3;
}

/* File name of the CPU variant in use, e.g. libggml-cpu-zen4.so. */
std::string cpu_variant(ggml_backend_reg_t cpu) {
    Dl_info where;
    if (dladdr(ggml_backend_reg_get_proc_address(cpu, "ggml_threadpool_new"), &where) == 0 ||
        where.dli_fname == nullptr) {
        return "unknown";
    }
    const char *slash = strrchr(where.dli_fname, '/');
    return slash == nullptr ? where.dli_fname : slash + 1;
}

std::string describe_system() {
    std::string text = std::string("llama.cpp ") + llama_version();
    ggml_backend_reg_t cpu = cpu_backend();
    text += ", " + cpu_variant(cpu) + ":";
    auto features = reinterpret_cast<ggml_backend_get_features_t>(
        ggml_backend_reg_get_proc_address(cpu, "ggml_backend_get_features"));
    if (features != nullptr) {
        for (const ggml_backend_feature *f = features(cpu); f->name != nullptr; ++f) {
            text += std::string(" ") + f->name + (strcmp(f->value, "1") == 0 ? "" : std::string("=") + f->value);
        }
    }
    text += attention_installed() ? ", attention of libmartlet" : ", attention of ggml";
    return text;
}

} // namespace

void require_initialised() {
    std::lock_guard<std::mutex> guard(lock);
    if (!initialised) {
        fail(MT_ERR_STATE, "mt_init() has not been called");
    }
}

threadpool_api threadpool_functions() {
    ggml_backend_reg_t cpu = cpu_backend();
    threadpool_api api{
        reinterpret_cast<decltype(&ggml_threadpool_new)>(ggml_backend_reg_get_proc_address(cpu, "ggml_threadpool_new")),
        reinterpret_cast<decltype(&ggml_threadpool_free)>(
            ggml_backend_reg_get_proc_address(cpu, "ggml_threadpool_free"))};
    if (api.create == nullptr || api.destroy == nullptr) {
        fail(MT_ERR_INTERNAL, "the CPU backend offers no thread pool");
    }
    return api;
}

int32_t gpu_count() {
    int32_t own = 0;
    int32_t shared = 0;
    for (size_t i = 0; i < ggml_backend_dev_count(); ++i) {
        const auto type = ggml_backend_dev_type(ggml_backend_dev_get(i));
        own += type == GGML_BACKEND_DEVICE_TYPE_GPU;
        shared += type == GGML_BACKEND_DEVICE_TYPE_IGPU;
    }
    return own > 0 ? own : shared;
}

} // namespace martlet

using namespace martlet;

extern "C" int32_t mt_abi_version(void) {
    return MT_ABI_VERSION;
}

extern "C" int32_t mt_init(const char *backend_dir, int32_t backend_dir_len) {
    return wall([&] {
        const std::string dir = text_argument(backend_dir, backend_dir_len, "backend_dir");
        std::lock_guard<std::mutex> guard(lock);
        if (initialised) {
            return;
        }
        /* On a failed assertion ggml would fork a debugger; a host process with many threads must not be forked. */
        setenv("GGML_NO_BACKTRACE", "1", 1);
        if (!same_release(llama_version())) {
            fail(MT_ERR_UNSUPPORTED, "this library was compiled against llama.cpp %s but %s was loaded", LLAMA_RELEASE,
                 llama_version());
        }
        install_log();
        install_abort_callback();
        load_backends(dir);
        initialised = true;
    });
}

extern "C" int32_t mt_shutdown(void) {
    return wall([&] {
        std::lock_guard<std::mutex> guard(lock);
        const int open = count_handles(kind::model);
        if (open > 0) {
            fail(MT_ERR_STATE, "%d model%s still open", open, open == 1 ? " is" : "s are");
        }
        initialised = false;
    });
}

extern "C" int32_t mt_last_error(char *out, int32_t capacity, int32_t *needed) {
    /* No wall: this function must not change the message. */
    const size_t length = strlen(last_error());
    if (needed == nullptr || capacity < 0 || (out == nullptr && capacity > 0)) {
        return MT_ERR_INVALID_ARG;
    }
    *needed = static_cast<int32_t>(length);
    if (static_cast<size_t>(capacity) < length) {
        return MT_ERR_BUFFER;
    }
    if (length > 0) {
        memcpy(out, last_error(), length);
    }
    return MT_OK;
}

extern "C" int32_t mt_log_drain(char *out, int32_t capacity, int32_t *written, int32_t *dropped) {
    return wall([&] { drain_log(out, capacity, written, dropped); });
}

extern "C" int32_t mt_device_count(int32_t *count) {
    return wall([&] {
        MARTLET_REQUIRE(count != nullptr, "count is NULL");
        require_initialised();
        *count = static_cast<int32_t>(foreign(ggml_backend_dev_count));
    });
}

extern "C" int32_t mt_device_info(int32_t index, mt_device *out) {
    return wall([&] {
        require_block(out, "mt_device");
        require_initialised();
        foreign([&] {
            const auto count = static_cast<int32_t>(ggml_backend_dev_count());
            MARTLET_REQUIRE(index >= 0 && index < count, "device %d: there are %d", index, count);
            ggml_backend_dev_t device = ggml_backend_dev_get(static_cast<size_t>(index));
            size_t memory_free = 0;
            size_t memory_total = 0;
            ggml_backend_dev_memory(device, &memory_free, &memory_total);
            out->kind = kind_of(ggml_backend_dev_type(device));
            out->memory_free = static_cast<int64_t>(memory_free);
            out->memory_total = static_cast<int64_t>(memory_total);
            copy_field(out->name, ggml_backend_dev_name(device));
            copy_field(out->description, ggml_backend_dev_description(device));
            copy_field(out->backend, ggml_backend_reg_name(ggml_backend_dev_backend_reg(device)));
        });
    });
}

extern "C" int32_t mt_system_info(char *out, int32_t capacity, int32_t *needed) {
    return wall([&] {
        require_initialised();
        const std::string text = foreign(describe_system);
        copy_out(text.data(), text.size(), out, capacity, needed);
    });
}
