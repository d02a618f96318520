/*
 * error.cpp: messages of failures, and text through callers' buffers.
 */
#include "error.h"

#include <climits>
#include <cstdio>
#include <cstring>

namespace martlet {

namespace {
thread_local char message_of_thread[4096];
}

void fail(int32_t code, const char *format, ...) {
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    throw failure{code, text};
}

int32_t report(int32_t code, const char *message) noexcept {
    snprintf(message_of_thread, sizeof(message_of_thread), "%s", message);
    return code;
}

const char *last_error() noexcept {
    return message_of_thread;
}

void copy_out(const char *text, size_t length, char *out, int32_t capacity, int32_t *needed) {
    MARTLET_REQUIRE(needed != nullptr, "needed is NULL");
    MARTLET_REQUIRE(capacity >= 0 && (out != nullptr || capacity == 0), "capacity is %d with %s buffer", capacity,
                    out == nullptr ? "no" : "a");
    if (length > INT32_MAX) {
        fail(MT_ERR_UNSUPPORTED, "a text of %zu bytes is too long for this interface", length);
    }
    *needed = static_cast<int32_t>(length);
    if (static_cast<size_t>(capacity) < length) {
        fail(MT_ERR_BUFFER, "the buffer has %d bytes, %zu are needed", capacity, length);
    }
    if (length > 0) {
        memcpy(out, text, length);
    }
}

std::string text_argument(const char *text, int32_t length, const char *name) {
    MARTLET_REQUIRE(length >= 0, "%s: the length is %d", name, length);
    MARTLET_REQUIRE(text != nullptr || length == 0, "%s is NULL", name);
    return length == 0 ? std::string() : std::string(text, static_cast<size_t>(length));
}

std::string path_argument(const char *path, int32_t length) {
    std::string file = text_argument(path, length, "path");
    MARTLET_REQUIRE(!file.empty() && file.find('\0') == std::string::npos, "path is empty or holds a NUL");
    return file;
}

} // namespace martlet
