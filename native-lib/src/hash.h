/*
 * hash.h: a checksum of bytes at the speed of memory. Four lanes of xor and multiply: any change of a single word
 * changes the result; it guards against damage and mix-ups, not against an adversary.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace martlet {

inline uint64_t mix(uint64_t h) {
    h = (h ^ h >> 32) * 0xD6E8FEB86659FD93u;
    return h ^ h >> 29;
}

inline uint64_t hash(const void *data, size_t size, uint64_t seed) {
    constexpr uint64_t FACTOR = 0x9E3779B97F4A7C15u; /* odd: multiplying loses nothing */
    const auto *bytes = static_cast<const unsigned char *>(data);
    uint64_t lanes[4] = {seed, seed + 1, seed + 2, seed + 3};
    uint64_t words[4];
    size_t i = 0;
    for (; i + sizeof(words) <= size; i += sizeof(words)) {
        memcpy(words, bytes + i, sizeof(words));
        for (int l = 0; l < 4; ++l) {
            lanes[l] = (lanes[l] ^ words[l]) * FACTOR;
            lanes[l] ^= lanes[l] >> 32;
        }
    }
    memset(words, 0, sizeof(words));
    if (i < size) {
        memcpy(words, bytes + i, size - i);
    }
    uint64_t h = mix(seed ^ size * FACTOR);
    for (int l = 0; l < 4; ++l) {
        h = mix(h ^ mix((lanes[l] ^ words[l]) * FACTOR)) * FACTOR;
    }
    return h;
}

} // namespace martlet
