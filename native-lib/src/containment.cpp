/*
 * containment.cpp: the callback that turns ggml_abort() into an exception.
 */
#include "containment.h"

#include "ggml.h"

#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <unwind.h>

namespace martlet {

thread_local int foreign_scope::depth = 0;

namespace {

/* Whether a frame lies in the CPU backend: then a graph may be running there, with other threads waiting for this one.
 */
_Unwind_Reason_Code look_for_kernel(struct _Unwind_Context *frame, void *found) {
    Dl_info where;
    void *address = reinterpret_cast<void *>(_Unwind_GetIP(frame));
    if (dladdr(address, &where) != 0 && where.dli_fname != nullptr && strstr(where.dli_fname, "ggml-cpu") != nullptr) {
        *static_cast<bool *>(found) = true;
        return _URC_NORMAL_STOP;
    }
    return _URC_NO_REASON;
}

void on_abort(const char *message) {
    if (foreign_scope::depth == 0) {
        fprintf(stderr, "libmartlet: a compute thread failed and cannot be unwound: %s\n", message);
        return; /* ggml_abort() goes on to abort() */
    }
    bool in_kernel = false;
    _Unwind_Backtrace(look_for_kernel, &in_kernel);
    throw foreign_abort{message, in_kernel};
}

} // namespace

void install_abort_callback() {
    ggml_set_abort_callback(on_abort);
}

} // namespace martlet
