/* attention_avx512.cpp: a tile of 4 queries and 32 lanes, of 32 registers of 16 floats. */
#include "attention_kernel.h"

#include "attention_variants.h"

namespace martlet {

void attend_avx512(const attention &a, const attention_part &part, float *scratch, float *partial, size_t stride) {
    attend_part<2>(a, part, scratch, partial, stride);
}

} // namespace martlet
