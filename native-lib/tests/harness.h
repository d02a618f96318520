/*
 * harness.h: as much of a test framework as these tests need. TEST(name) { CHECK(...); } in any number of files; the
 * executable runs all tests, or those named on its command line, and exits with 1 where one failed.
 */
#pragma once

#include "martlet.h"

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace harness {

struct test {
    const char *name;
    void (*body)();
};

std::vector<test> &tests();

struct registration {
    registration(const char *name, void (*body)()) { tests().push_back({name, body}); }
};

/* Ends the running test. */
struct failed {};

[[noreturn]] void fail(const char *file, int line, const std::string &what);

std::string last_error();

template <typename A, typename B>
void check_equal(const char *file, int line, const char *text, const A &actual, const B &expected) {
    if (!(actual == expected)) {
        if constexpr (std::is_arithmetic_v<A>) {
            fail(file, line, std::string(text) + ": " + std::to_string(actual) + ", not " + std::to_string(expected));
        } else {
            fail(file, line, std::string(text) + " differ");
        }
    }
}

inline void check_code(const char *file, int line, const char *text, int32_t actual, int32_t expected) {
    if (actual != expected) {
        fail(file, line,
             std::string(text) + ": code " + std::to_string(actual) + ", not " + std::to_string(expected) + ": " +
                 (actual == MT_OK ? "" : last_error()));
    }
}

} // namespace harness

#define TEST(name)                                                                                                     \
    static void test_##name();                                                                                         \
    static const harness::registration registration_##name(#name, test_##name);                                        \
    static void test_##name()

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            harness::fail(__FILE__, __LINE__, #condition);                                                             \
        }                                                                                                              \
    } while (0)

#define CHECK_EQ(actual, expected) harness::check_equal(__FILE__, __LINE__, #actual " == " #expected, actual, expected)

/* The call returns MT_OK. */
#define OK(call) harness::check_code(__FILE__, __LINE__, #call, call, MT_OK)

/* The call returns this code. */
#define FAILS(code, call) harness::check_code(__FILE__, __LINE__, #call, call, code)

/* ... and its message holds this text. */
#define FAILS_WITH(code, text, call)                                                                                   \
    do {                                                                                                               \
        harness::check_code(__FILE__, __LINE__, #call, call, code);                                                    \
        if (harness::last_error().find(text) == std::string::npos) {                                                   \
            harness::fail(__FILE__, __LINE__, #call ": the message is \"" + harness::last_error() + "\"");             \
        }                                                                                                              \
    } while (0)
