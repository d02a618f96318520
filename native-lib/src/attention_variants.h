/* attention_variants.h: the kernel for each instruction set; only for processors that have it. */
#pragma once

#include "attention.h"

namespace martlet {

void attend_avx2(const attention &a, const attention_part &part, float *scratch, float *partial, size_t stride);
void attend_avx512(const attention &a, const attention_part &part, float *scratch, float *partial, size_t stride);

} // namespace martlet
