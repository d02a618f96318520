/*
 * containment.h: keeps an abort() of llama.cpp or ggml from ending the process.
 *
 * Their failed assertions call ggml_abort(), which calls a process-wide callback before it aborts. Ours throws
 * foreign_abort when the thread is inside a foreign_scope; the frames between are unwound and the ABI function returns
 * a code. On a thread that is in no call of ours (a worker of the compute pool) nothing can be unwound: the message is
 * printed and the process ends. With validated input, assertions of that kind are about the graph, not about data, and
 * a context's first (probe) step would already meet them.
 */
#pragma once

#include "error.h"

namespace martlet {

/* Installs the callback; idempotent. */
void install_abort_callback();

/* While one lives, an abort() on this thread becomes foreign_abort. May be nested. */
class foreign_scope {
public:
    foreign_scope() noexcept { ++depth; }
    ~foreign_scope() { --depth; }
    foreign_scope(const foreign_scope &) = delete;
    foreign_scope &operator=(const foreign_scope &) = delete;

    static thread_local int depth;
};

/* Calls into the libraries below. */
template <typename Call>
auto foreign(Call &&call) -> decltype(call()) {
    foreign_scope scope;
    return call();
}

} // namespace martlet
