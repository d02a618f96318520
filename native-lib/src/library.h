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

/* Whether any device other than a CPU is there. */
bool has_gpu();

} // namespace martlet
