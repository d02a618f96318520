/*
 * error.h: how libmartlet fails. Inside the library a failure is an exception; wall() turns it into a code and the
 * calling thread's message, so that nothing is ever thrown across the C ABI.
 */
#pragma once

#include "martlet.h"

#include <cstdarg>
#include <exception>
#include <new>
#include <string>

namespace martlet {

/* A failure with the code the caller gets. */
struct failure {
    int32_t code;
    std::string message;
};

[[noreturn]] void fail(int32_t code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fails with MT_ERR_INVALID_ARG unless ok. */
#define MARTLET_REQUIRE(ok, ...)                                                                                       \
    do {                                                                                                               \
        if (!(ok)) {                                                                                                   \
            ::martlet::fail(MT_ERR_INVALID_ARG, __VA_ARGS__);                                                          \
        }                                                                                                              \
    } while (0)

/* An abort() of the libraries below, stopped and unwound (containment.h). Not a std::exception, so that no handler on
 * the way takes it for one of its own. */
struct foreign_abort {
    std::string message;
    bool in_kernel; /* other threads may still be at work on the same graph */
};

/* Remembers the message for mt_last_error() of this thread, cut to its buffer; allocates nothing. */
int32_t report(int32_t code, const char *message) noexcept;

const char *last_error() noexcept;

/* Runs the body of one ABI function. */
template <typename Body>
int32_t wall(Body &&body) noexcept {
    try {
        body();
        return MT_OK;
    } catch (const failure &f) {
        return report(f.code, f.message.c_str());
    } catch (const foreign_abort &a) {
        return report(MT_ERR_INTERNAL, a.message.c_str());
    } catch (const std::bad_alloc &) {
        return report(MT_ERR_OOM, "out of memory");
    } catch (const std::exception &e) {
        return report(MT_ERR_INTERNAL, e.what());
    } catch (...) {
        return report(MT_ERR_INTERNAL, "unknown exception");
    }
}

/* Gives text out through a caller's buffer, by the rule of martlet.h. */
void copy_out(const char *text, size_t length, char *out, int32_t capacity, int32_t *needed);

/* Checks the struct_size of a caller's block. */
template <typename Block>
void require_block(const Block *block, const char *name) {
    MARTLET_REQUIRE(block != nullptr, "%s is NULL", name);
    MARTLET_REQUIRE(block->struct_size >= static_cast<int32_t>(sizeof(Block)),
                    "%s: struct_size is %d, at least %zu expected: was it compiled against another martlet.h?", name,
                    block->struct_size, sizeof(Block));
}

/* Copies text into a fixed field, cut and NUL-terminated. */
template <size_t N>
void copy_field(char (&field)[N], const char *text) {
    size_t i = 0;
    for (; text != nullptr && text[i] != '\0' && i + 1 < N; ++i) {
        field[i] = text[i];
    }
    field[i] = '\0';
}

/* A caller's text as a string; fails where the pointer and the length do not fit. */
std::string text_argument(const char *text, int32_t length, const char *name);

/* The same for the path of a file. */
std::string path_argument(const char *path, int32_t length);

} // namespace martlet
