/*
 * tiny_model.h: writes a complete model file of a few hundred KB: llama architecture, byte-level BPE, random weights
 * from a fixed seed.
 */
#pragma once

#include <cstdint>
#include <string>

struct tiny_options {
    int32_t n_layer = 2;
    int32_t n_embd = 64;
    int32_t n_head = 4;
    int32_t n_head_kv = 2;
    int32_t n_ff = 96;
    uint32_t seed = 20260101;
    bool nan_output = false; /* an output matrix that gives no number at all */
};

/* Tokens: 0..255 the bytes, then merges, then <s>, </s>, <|user|> (control) and <think> (user-defined). */
void write_tiny_model(const std::string &path, const tiny_options &options);

/* The same of a recurrent architecture, two layers of Mamba: no attention, one state per sequence. */
void write_tiny_mamba(const std::string &path);
