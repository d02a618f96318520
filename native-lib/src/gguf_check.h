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

/* A tensor as the header describes it. */
struct gguf_tensor {
    std::string name;
    uint32_t type = 0; /* a ggml_type */
    std::vector<uint64_t> shape;
    uint64_t offset = 0;
    uint64_t bytes = 0;
};

/* What the check learned on its way. */
struct gguf_summary {
    std::string architecture;
    std::vector<std::pair<std::string, std::string>> values; /* metadata as mt_model_header() gives it */
    std::vector<gguf_tensor> tensors;
    bool rank_head = false; /* it has the weights of one */
    uint32_t split_no = 0;
    uint32_t split_count = 0; /* 0 or 1: a single file */
};

/* Fails with MT_ERR_IO. */
gguf_summary check_gguf(const std::string &path);

/* Checks path and, where it is the first of a split model, the other files too. */
gguf_summary check_gguf_model(const std::string &path);

} // namespace martlet
