/*
 * encoders.h: what tests of embedders share: tiny models, and sequences to embed.
 */
#pragma once

#include "support.h"
#include "tiny_model.h"

#include <cstdint>
#include <string>
#include <vector>

namespace encoders {

using sequences = std::vector<std::vector<int32_t>>;

/* Of all their vectors. */
constexpr size_t WIDTH = 64;

/* Writes a tiny encoder to a temporary file of this name and returns its path. */
std::string file(const std::string &name, const tiny_encoder_options &options);

/* A tiny encoder as tiny_encoder_options has it, for the whole process. */
support::model &encoder();

/* The recurrent one. */
support::model &mamba();

/* So many sequences of one to `longest` ordinary tokens. */
sequences random_sequences(size_t n, size_t longest, uint32_t seed = 7);

} // namespace encoders
