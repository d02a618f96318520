/*
 * library.h: the state of the library as a whole.
 */
#pragma once

#include "ggml-backend.h"
#include "ggml-cpu.h"

#include <shared_mutex>
#include <vector>

namespace martlet {

/* While one lives, no backend is loaded: ggml's list of them has no lock of its own. */
using library_use = std::shared_lock<std::shared_mutex>;

/* Fails with MT_ERR_STATE before mt_init(). */
[[nodiscard]] library_use require_initialised();

/* The CPU backend's thread pool functions: the backend is loaded at run time, so they are looked up by name. */
struct threadpool_api {
    decltype(&ggml_threadpool_new) create;
    decltype(&ggml_threadpool_free) destroy;
};

threadpool_api threadpool_functions();

/* GPUs that a model may use: those with a memory of their own, otherwise those that share the host's. */
std::vector<ggml_backend_dev_t> gpus();

int32_t gpu_count();

/* Whether a backend has devices that must not be used: llama.cpp takes all it finds unless it is told. */
bool spares_devices();

} // namespace martlet
