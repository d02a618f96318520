/* attention_avx2.cpp: a tile of 4 queries and 16 lanes fills half of the 16 registers of 8 floats. */
#include "attention_kernel.h"

#include "attention_variants.h"

namespace martlet {

void attend_avx2(const attention &a, const attention_part &part, float *scratch, float *partial, size_t stride) {
    attend_part<1>(a, part, scratch, partial, stride);
}

} // namespace martlet
