/*
 * encoders.cpp: see encoders.h.
 */
#include "encoders.h"

#include <random>

namespace encoders {

std::string file(const std::string &name, const tiny_encoder_options &options) {
    const std::string path = support::temporary_folder() + "/" + name + ".gguf";
    write_tiny_encoder(path, options);
    return path;
}

support::model &encoder() {
    static support::model m(file("encoder", {}));
    return m;
}

support::model &mamba() {
    static support::model m([] {
        const std::string path = support::temporary_folder() + "/mamba.gguf";
        write_tiny_mamba(path);
        return path;
    }());
    return m;
}

sequences random_sequences(size_t n, size_t longest, uint32_t seed) {
    std::mt19937 random(seed);
    sequences all(n);
    for (auto &s : all) {
        s.resize(1 + random() % longest);
        for (int32_t &t : s) {
            t = static_cast<int32_t>(random() % 260);
        }
    }
    return all;
}

} // namespace encoders
