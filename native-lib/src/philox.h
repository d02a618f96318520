/*
 * philox.h: Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
 * easy as 1, 2, 3" (SC 2011). A draw is a pure function of key and counter: there is no state to save, roll back or
 * hand on.
 */
#pragma once

#include <array>
#include <cstdint>

namespace martlet {

inline std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const uint64_t a = uint64_t{0xD2511F53} * counter[0];
        const uint64_t b = uint64_t{0xCD9E8D57} * counter[2];
        counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
                   static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
        key[0] += 0x9E3779B9;
        key[1] += 0xBB67AE85;
    }
    return counter;
}

/* The uniform draw in [0, 1) of output token index under seed. */
inline double uniform_draw(int64_t seed, int64_t index) {
    const auto s = static_cast<uint64_t>(seed);
    const auto i = static_cast<uint64_t>(index);
    const auto r = philox({static_cast<uint32_t>(i), static_cast<uint32_t>(i >> 32), 0, 0},
                          {static_cast<uint32_t>(s), static_cast<uint32_t>(s >> 32)});
    const uint64_t bits = uint64_t{r[0]} << 32 | r[1];
    return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

} // namespace martlet
