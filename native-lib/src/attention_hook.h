/*
 * attention_hook.h: makes ggml's CPU backend compute attention with the kernel of attention.h.
 */
#pragma once

#include "ggml-backend.h"

namespace martlet {

/*
 * From now on every graph of the CPU backend that is loaded uses the kernel where it can: f16 K and V, a mask, one
 * stream of cells, no sinks, no bias by position and no soft cap. Once in a process, before any graph runs.
 * MARTLET_ATTENTION=ggml in the environment leaves ggml its own.
 *
 * Returns whether it does: not every processor has a kernel here, nor every build of ggml the door.
 */
bool install_attention(ggml_backend_reg_t cpu);

/* Whether it was installed. */
bool attention_installed();

} // namespace martlet
