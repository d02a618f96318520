/*
 * log.h: the log of llama.cpp and of this library, kept until the host drains it (there are no upcalls into the host).
 */
#pragma once

#include <cstdint>
#include <string>

namespace martlet {

/* Directs llama.cpp's and ggml's log here. */
void install_log();

/* Moves whole lines out, as mt_log_drain() says. */
void drain_log(char *out, int32_t capacity, int32_t *written, int32_t *dropped);

/* While one lives, what this thread logs is also looked at by it. One at a time on a thread. */
class log_watch {
public:
    /* unwanted: NULL, or a text; lines with it are dropped */
    explicit log_watch(const char *unwanted = nullptr);
    ~log_watch();
    log_watch(const log_watch &) = delete;
    log_watch &operator=(const log_watch &) = delete;

    /* The errors logged, joined by "; ", or otherwise where there were none. */
    std::string errors_or(const char *otherwise) const;

private:
    friend bool watch_line(char level, const std::string &line);

    const char *unwanted_;
    std::string errors_;
};

} // namespace martlet
