/*
 * library.h: the state of the library as a whole.
 */
#pragma once

#include "ggml-backend.h"
#include "ggml-cpu.h"

namespace martlet {

/* Fails with MT_ERR_STATE before mt_init(). */
void require_initialised();

/* The CPU backend's thread pool functions: the backend is loaded at run time, so they are looked up by name. */
struct threadpool_api {
    decltype(&ggml_threadpool_new) create;
    decltype(&ggml_threadpool_free) destroy;
};

threadpool_api threadpool_functions();

/* GPUs that a model may use: those with a memory of their own, otherwise those that share the host's. */
int32_t gpu_count();

} // namespace martlet
