/*
 * log.cpp: a bounded queue of log lines.
 */
#include "log.h"

#include "error.h"

#include "llama.h"

#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>

namespace martlet {

namespace {

constexpr size_t MAX_LINES = 4096;
constexpr size_t MAX_LINE_BYTES = 2048;

std::mutex lock;               /* guards the two below */
std::deque<std::string> lines; /* "L message\n", oldest first */
int32_t lost = 0;

thread_local log_watch *watch = nullptr;
thread_local std::string unfinished; /* the start of a line that is logged in pieces */
thread_local char unfinished_level = 'I';

char letter(ggml_log_level level) {
    switch (level) {
    case GGML_LOG_LEVEL_DEBUG:
        return 'D';
    case GGML_LOG_LEVEL_WARN:
        return 'W';
    case GGML_LOG_LEVEL_ERROR:
        return 'E';
    case GGML_LOG_LEVEL_NONE:
    case GGML_LOG_LEVEL_INFO:
    case GGML_LOG_LEVEL_CONT:
        break;
    }
    return 'I';
}

} // namespace

/* Whether the line is to be kept. */
bool watch_line(char level, const std::string &line) {
    if (watch == nullptr) {
        return true;
    }
    if (watch->unwanted_ != nullptr && line.find(watch->unwanted_) != std::string::npos) {
        return false;
    }
    if (level == 'E') {
        if (!watch->errors_.empty()) {
            watch->errors_ += "; ";
        }
        watch->errors_ += line;
    }
    return true;
}

namespace {

void add_line(char level, std::string line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) {
        line.pop_back();
    }
    if (line.empty() || line == ".") { /* llama.cpp draws its progress with dots */
        return;
    }
    if (line.size() > MAX_LINE_BYTES) {
        line.resize(MAX_LINE_BYTES);
    }
    if (!watch_line(level, line)) {
        return;
    }

    std::lock_guard<std::mutex> guard(lock);
    if (lines.size() >= (level == 'D' ? MAX_LINES / 2 : MAX_LINES)) { /* chatter must not crowd the news out */
        if (lost < INT32_MAX) {
            ++lost;
        }
        return;
    }
    lines.push_back(std::string(1, level) + ' ' + line + '\n');
}

void on_log(ggml_log_level level, const char *text, void *) {
    try {
        if (level != GGML_LOG_LEVEL_CONT) {
            if (!unfinished.empty()) {
                add_line(unfinished_level, std::move(unfinished));
                unfinished.clear();
            }
            unfinished_level = letter(level);
        }
        for (const char *end; (end = strchr(text, '\n')) != nullptr; text = end + 1) {
            unfinished.append(text, end);
            add_line(unfinished_level, std::move(unfinished));
            unfinished.clear();
        }
        unfinished += text;
    } catch (const std::bad_alloc &) {
        unfinished.clear();
        std::lock_guard<std::mutex> guard(lock);
        ++lost;
    }
}

} // namespace

void install_log() {
    llama_log_set(on_log, nullptr);
}

void drain_log(char *out, int32_t capacity, int32_t *written, int32_t *dropped) {
    MARTLET_REQUIRE(written != nullptr && dropped != nullptr, "written or dropped is NULL");
    MARTLET_REQUIRE(capacity >= 0 && (out != nullptr || capacity == 0), "capacity is %d with %s buffer", capacity,
                    out == nullptr ? "no" : "a");
    *written = 0;
    *dropped = 0;
    std::lock_guard<std::mutex> guard(lock);
    if (!lines.empty() && lines.front().size() > static_cast<size_t>(capacity)) {
        fail(MT_ERR_BUFFER, "the buffer has %d bytes, the next line %zu", capacity, lines.front().size());
    }
    while (!lines.empty() && lines.front().size() <= static_cast<size_t>(capacity - *written)) {
        memcpy(out + *written, lines.front().data(), lines.front().size());
        *written += static_cast<int32_t>(lines.front().size());
        lines.pop_front();
    }
    *dropped = lost;
    lost = 0;
}

log_watch::log_watch(const char *unwanted) : unwanted_(unwanted) {
    watch = this;
}

log_watch::~log_watch() {
    watch = nullptr;
}

std::string log_watch::errors_or(const char *otherwise) const {
    return errors_.empty() ? otherwise : errors_;
}

} // namespace martlet
