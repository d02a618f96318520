/*
 * library.cpp: initialisation, devices, log and messages of libmartlet.
 */
#include "library.h"

#include "attention_hook.h"
#include "containment.h"
#include "handles.h"
#include "log.h"

#include "llama.h"

#include <algorithm>
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

std::shared_mutex lock; /* guards what is below, and ggml's list of backends */
bool initialised = false;
bool backends_loaded = false;           /* they stay loaded after mt_shutdown() */
std::vector<ggml_backend_dev_t> spared; /* devices that are not to be used */

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

/* Spares all devices of a backend but the chosen ones; none chosen is all. */
void choose_devices(ggml_backend_reg_t backend, const std::vector<int32_t> &chosen) {
    const auto count = static_cast<int32_t>(ggml_backend_reg_dev_count(backend));
    const bool valid =
        std::all_of(chosen.begin(), chosen.end(), [&](int32_t device) { return device >= 0 && device < count; });
    for (int32_t i = 0; i < count; ++i) {
        ggml_backend_dev_t device = ggml_backend_reg_dev_get(backend, static_cast<size_t>(i));
        const bool wanted = chosen.empty() || std::find(chosen.begin(), chosen.end(), i) != chosen.end();
        spared.erase(std::remove(spared.begin(), spared.end(), device), spared.end());
        if (!valid || !wanted) {
            spared.push_back(device);
        }
    }
    if (!valid) {
        fail(MT_ERR_UNSUPPORTED, "%s has %d device%s, and others are asked for", ggml_backend_reg_name(backend), count,
             count == 1 ? "" : "s");
    }
}

void load_backend(const std::string &path, const std::vector<int32_t> &chosen) {
    log_watch watch;
    foreign([&] {
        ggml_backend_reg_t backend = ggml_backend_load(path.c_str());
        if (backend == nullptr) {
            fail(MT_ERR_IO, "cannot load %s: %s", path.c_str(),
                 watch.errors_or("it does not fit this machine").c_str());
        }
        if (ggml_backend_reg_dev_count(backend) == 0) {
            fail(MT_ERR_UNSUPPORTED, "%s has no device: %s", ggml_backend_reg_name(backend),
                 watch.errors_or("it gives no reason").c_str());
        }
        choose_devices(backend, chosen);
    });
}

std::vector<ggml_backend_dev_t> usable_devices() {
    std::vector<ggml_backend_dev_t> devices;
    for (size_t i = 0; i < ggml_backend_dev_count(); ++i) {
        ggml_backend_dev_t device = ggml_backend_dev_get(i);
        if (std::find(spared.begin(), spared.end(), device) == spared.end()) {
            devices.push_back(device);
        }
    }
    return devices;
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

library_use require_initialised() {
    library_use use(lock);
    if (!initialised) {
        fail(MT_ERR_STATE, "mt_init() has not been called");
    }
    return use;
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

std::vector<ggml_backend_dev_t> gpus() {
    std::vector<ggml_backend_dev_t> own;
    std::vector<ggml_backend_dev_t> shared;
    for (ggml_backend_dev_t device : usable_devices()) {
        const enum ggml_backend_dev_type type = ggml_backend_dev_type(device);
        if (type == GGML_BACKEND_DEVICE_TYPE_GPU) {
            own.push_back(device);
        } else if (type == GGML_BACKEND_DEVICE_TYPE_IGPU) {
            shared.push_back(device);
        }
    }
    return own.empty() ? shared : own;
}

int32_t gpu_count() {
    return static_cast<int32_t>(gpus().size());
}

bool spares_devices() {
    return !spared.empty();
}

} // namespace martlet

using namespace martlet;

extern "C" int32_t mt_abi_version(void) {
    return MT_ABI_VERSION;
}

extern "C" int32_t mt_init(const char *backend_dir, int32_t backend_dir_len) {
    return wall([&] {
        const std::string dir = text_argument(backend_dir, backend_dir_len, "backend_dir");
        std::lock_guard<std::shared_mutex> guard(lock);
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
        std::lock_guard<std::shared_mutex> guard(lock);
        const int open = count_handles(kind::model);
        if (open > 0) {
            fail(MT_ERR_STATE, "%d model%s still open", open, open == 1 ? " is" : "s are");
        }
        initialised = false;
    });
}

extern "C" int32_t mt_backend_load(const char *path, int32_t path_len, const int32_t *devices, int32_t n_devices) {
    return wall([&] {
        const std::string file = path_argument(path, path_len);
        MARTLET_REQUIRE(devices == nullptr ? n_devices == 0 : n_devices > 0, "%d devices with %s list", n_devices,
                        devices == nullptr ? "no" : "a");
        std::lock_guard<std::shared_mutex> guard(lock);
        if (!initialised) {
            fail(MT_ERR_STATE, "mt_init() has not been called");
        }
        if (count_handles(kind::model) > 0) {
            fail(MT_ERR_STATE, "a backend must be loaded before models are opened");
        }
        load_backend(file, std::vector<int32_t>(devices, devices + n_devices));
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
        const library_use use = require_initialised();
        *count = static_cast<int32_t>(foreign(usable_devices).size());
    });
}

extern "C" int32_t mt_device_info(int32_t index, mt_device *out) {
    return wall([&] {
        require_block(out, "mt_device");
        const library_use use = require_initialised();
        foreign([&] {
            const std::vector<ggml_backend_dev_t> devices = usable_devices();
            const auto count = static_cast<int32_t>(devices.size());
            MARTLET_REQUIRE(index >= 0 && index < count, "device %d: there are %d", index, count);
            ggml_backend_dev_t device = devices[static_cast<size_t>(index)];
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
        const library_use use = require_initialised();
        const std::string text = foreign(describe_system);
        copy_out(text.data(), text.size(), out, capacity, needed);
    });
}
