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
    bool nan_norm = false;   /* a last norm that does the same to embeddings */
};

/* Tokens: 0..255 the bytes, then merges, then <s>, </s>, <|user|> (control) and <think> (user-defined). */
void write_tiny_model(const std::string &path, const tiny_options &options);

/* How a tiny encoder is made. */
struct tiny_encoder_options {
    int32_t n_layer = 2;
    int32_t pooling = 2;    /* llama.cpp's number; -1: the file says nothing of it */
    int32_t n_ctx = 64;     /* its table of positions */
    bool rank_head = false; /* a dense layer and one score */
    bool zeros = false;     /* layers that add nothing: a vector depends on its token and position alone */
    uint32_t seed = 20260202;
};

/* A BERT of width 64 with learned positions, which looks in both directions; the same vocabulary, and </s> as SEP. */
void write_tiny_encoder(const std::string &path, const tiny_encoder_options &options);

/* The same of a recurrent architecture, two layers of Mamba: no attention, one state per sequence. */
void write_tiny_mamba(const std::string &path);
