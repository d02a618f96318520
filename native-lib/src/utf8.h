/*
 * utf8.h: text that is certainly UTF-8. Some tokenizers of llama.cpp throw on what is not.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace martlet {

/* Length of the well-formed character at text (Unicode 15, table 3-7), 0 where there is none. */
inline size_t utf8_length(const unsigned char *text, size_t left) {
    const unsigned char b = text[0];
    if (b < 0x80) {
        return 1;
    }
    const size_t n = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
    if (b < 0xC2 || b > 0xF4 || left < n) {
        return 0;
    }
    const unsigned char least = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
    const unsigned char most = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
    if (text[1] < least || text[1] > most) {
        return 0;
    }
    for (size_t i = 2; i < n; ++i) {
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return n;
}

/* The text with U+FFFD for each byte that belongs to no character. */
inline std::string valid_utf8(const char *text, size_t length) {
    const auto *bytes = reinterpret_cast<const unsigned char *>(text);
    std::string out;
    out.reserve(length);
    for (size_t i = 0; i < length;) {
        const size_t n = utf8_length(bytes + i, length - i);
        if (n == 0) {
            out += "\xEF\xBF\xBD";
            ++i;
        } else {
            out.append(text + i, n);
            i += n;
        }
    }
    return out;
}

} // namespace martlet
