/*
 * gguf_check.h: a look over a GGUF file before llama.cpp reads it.
 *
 * Walks header, metadata and tensor table by the GGUF specification (versions 2 and 3, little endian) and checks every
 * count, length, type and offset against the size of the file, so that a file that is no GGUF, is cut short or is
 * damaged there is refused with the place of the fault. The weights themselves are not read.
 */
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace martlet {

/* What the check learned on its way. */
struct gguf_summary {
    std::string architecture;
    uint64_t n_tensors = 0;
    bool rank_head = false; /* it has the weights of one */
    uint32_t split_no = 0;
    uint32_t split_count = 0; /* 0 or 1: a single file */
};

/* Fails with MT_ERR_IO. */
gguf_summary check_gguf(const std::string &path);

/* Checks path and, where it is the first of a split model, the other files too. */
gguf_summary check_gguf_model(const std::string &path);

} // namespace martlet
