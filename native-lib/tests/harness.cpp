/*
 * harness.cpp: the list of tests and how one fails.
 */
#include "harness.h"

namespace harness {

std::vector<test> &tests() {
    static std::vector<test> all;
    return all;
}

void fail(const char *file, int line, const std::string &what) {
    const char *slash = strrchr(file, '/');
    printf("    %s:%d: %s\n", slash == nullptr ? file : slash + 1, line, what.c_str());
    throw failed{};
}

std::string last_error() {
    char text[4096];
    int32_t needed = 0;
    return mt_last_error(text, sizeof(text), &needed) == MT_OK ? std::string(text, static_cast<size_t>(needed)) : "";
}

} // namespace harness
