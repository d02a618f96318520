/*
 * gguf_test.cpp: files that are no models. Damaged ones are opened in a child process, so that one that would end the
 * process is seen as a failure of this test.
 */
#include "support.h"
#include "tiny_model.h"

#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using support::temporary_folder;
using support::tiny;

namespace {

std::string read_file(const std::string &path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string write_file(const std::string &name, const std::string &bytes) {
    const std::string path = temporary_folder() + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

int32_t open_model(const std::string &path, bool vocab_only = false) {
    mt_model_params p{};
    p.struct_size = sizeof(p);
    p.use_mmap = 1;
    p.vocab_only = vocab_only;
    mt_model *m = nullptr;
    const int32_t code = mt_model_open(path.data(), static_cast<int32_t>(path.size()), &p, &m);
    if (code == MT_OK) {
        mt_model_close(m);
    }
    return code;
}

const std::string &good() {
    static const std::string bytes = (tiny(), read_file(temporary_folder() + "/tiny.gguf"));
    return bytes;
}

/* Opens the file and, where that works, runs a step, in a child process; returns how it ended. */
int use_in_child(const std::string &path) {
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        mt_model_params p{};
        p.struct_size = sizeof(p);
        mt_model *m = nullptr;
        if (mt_model_open(path.data(), static_cast<int32_t>(path.size()), &p, &m) == MT_OK) {
            mt_context_params cp = support::context_params();
            cp.n_threads = cp.n_threads_batch = 1;
            mt_context *c = nullptr;
            if (mt_context_open(m, &cp, &c) == MT_OK) {
                int32_t tokens[64];
                int32_t n = 0;
                mt_tokenize(m, "the band <s>", 12, 3, tokens, 64, &n);
                mt_context_close(c);
            }
            mt_model_close(m);
        }
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

template <typename T>
void put(std::string &bytes, size_t at, T value) {
    memcpy(bytes.data() + at, &value, sizeof(value));
}

} // namespace

TEST(files_that_are_not_there_or_no_files) {
    support::init();
    FAILS_WITH(MT_ERR_IO, "No such file", open_model(temporary_folder() + "/none.gguf"));
    FAILS_WITH(MT_ERR_IO, "not a regular file", open_model(temporary_folder()));
    FAILS(MT_ERR_IO, open_model("/dev/zero"));
    FAILS_WITH(MT_ERR_IO, "ends within", open_model(write_file("empty.gguf", "")));
    FAILS_WITH(MT_ERR_IO, "does not start with", open_model(write_file("text.gguf", "This is no model at all.")));
    FAILS(MT_ERR_INVALID_ARG, open_model(""));
    FAILS(MT_ERR_INVALID_ARG, open_model(std::string("a\0b", 3)));
    mt_model *m = nullptr;
    FAILS(MT_ERR_INVALID_ARG, mt_model_open("x", 1, nullptr, &m));
}

TEST(cut_short_anywhere) {
    const std::string &whole = good();
    for (size_t length = 0; length < whole.size(); length += 1 + length / 20) {
        FAILS(MT_ERR_IO, open_model(write_file("cut.gguf", whole.substr(0, length))));
    }
    FAILS_WITH(MT_ERR_IO, "cut short", open_model(write_file("cut.gguf", whole.substr(0, whole.size() - 33))));
}

TEST(impossible_counts) {
    for (const uint64_t count : {uint64_t{1} << 32, uint64_t{1} << 63, ~uint64_t{0}, uint64_t{100000000}}) {
        std::string tensors = good();
        put(tensors, 8, count);
        FAILS_WITH(MT_ERR_IO, "more than the file holds", open_model(write_file("count.gguf", tensors)));
        std::string pairs = good();
        put(pairs, 16, count);
        FAILS_WITH(MT_ERR_IO, "more than the file holds", open_model(write_file("count.gguf", pairs)));
        std::string key = good();
        put(key, 24, count);
        FAILS_WITH(MT_ERR_IO, "length of key 0", open_model(write_file("count.gguf", key)));
        std::string array = good();
        const size_t at = array.find("tokenizer.ggml.tokens") + strlen("tokenizer.ggml.tokens") + 8;
        put(array, at, count);
        FAILS_WITH(MT_ERR_IO, "tokenizer.ggml.tokens", open_model(write_file("count.gguf", array)));
    }
}

TEST(versions_and_types) {
    for (const uint32_t version : {0u, 1u, 4u, 0x03000000u}) {
        std::string bytes = good();
        put(bytes, 4, version);
        FAILS(MT_ERR_IO, open_model(write_file("version.gguf", bytes)));
    }
    std::string type = good();
    put(type, type.find("general.name") + strlen("general.name"), uint32_t{77});
    FAILS_WITH(MT_ERR_IO, "unknown type 77", open_model(write_file("type.gguf", type)));

    std::string tensor = good();
    const size_t at = tensor.find("output_norm.weight") + strlen("output_norm.weight");
    std::string shape = tensor;
    put(shape, at + 4, uint64_t{1} << 62);
    FAILS_WITH(MT_ERR_IO, "output_norm.weight", open_model(write_file("shape.gguf", shape)));
    put(shape, at + 4, uint64_t{0});
    FAILS_WITH(MT_ERR_IO, "impossible shape", open_model(write_file("shape.gguf", shape)));
    std::string dims = tensor;
    put(dims, at, uint32_t{5});
    FAILS_WITH(MT_ERR_IO, "5 dimensions", open_model(write_file("dims.gguf", dims)));
    std::string kind = tensor;
    put(kind, at + 12, uint32_t{9999});
    FAILS_WITH(MT_ERR_IO, "unknown type 9999", open_model(write_file("kind.gguf", kind)));
    std::string offset = tensor;
    put(offset, at + 16, uint64_t{1} << 40);
    FAILS_WITH(MT_ERR_IO, "cut short", open_model(write_file("offset.gguf", offset)));
}

/* A file that is sound in itself, but no model that llama.cpp can use. */
TEST(sound_files_of_no_use) {
    std::string other = good();
    other.replace(other.find("llama"), 5, "lamal");
    FAILS_WITH(MT_ERR_IO, "architecture", open_model(write_file("other.gguf", other)));
    const std::string words = MARTLET_LLAMA_SOURCE "/models/ggml-vocab-gpt-2.gguf";
    FAILS_WITH(MT_ERR_IO, "no weights", open_model(words));
    OK(open_model(words, true));
    tiny_options odd;
    odd.n_head = 3; /* 64 / 3 */
    odd.n_head_kv = 3;
    const std::string path = temporary_folder() + "/odd.gguf";
    write_tiny_model(path, odd);
    CHECK(use_in_child(path) == 0);
}

TEST(split_files) {
    std::string bytes = good();
    const size_t at = bytes.find("general.file_type"); /* as long as two other keys are to be: a scalar to re-use */
    CHECK(at != std::string::npos);
    bytes.replace(at, strlen("general.file_type"), "split.count......");
    OK(open_model(write_file("one.gguf", bytes))); /* no key of that name: one file */
    std::string split = good();
    /* "general.file_type" (17) -> "split.count" (11), and the name is six bytes longer instead. */
    put(split, at - 8, uint64_t{11});
    split.replace(at, 17, "split.count");
    put(split, at + 11 + 4, uint32_t{2});
    const size_t name = split.find("general.name") + strlen("general.name") + 4;
    put(split, name, uint64_t{10});
    split.insert(name + 8, "rather");
    FAILS_WITH(MT_ERR_IO, "-00001-of-00002.gguf", open_model(write_file("part.gguf", split)));
    FAILS_WITH(MT_ERR_IO, "part-00002-of-00002.gguf", open_model(write_file("part-00001-of-00002.gguf", split)));
}

/* Bytes of header, metadata and tensor table changed at random: an error or a model, never the end of the process. */
TEST(damaged_at_random) {
    const uint32_t seed = 99;
    printf("    seed %u\n", seed);
    std::mt19937 random(seed);
    const std::string &whole = good();
    const size_t table_end = whole.find("output.weight") + 64;
    const size_t numbers = whole.find("llama.context_length");
    const size_t numbers_end = whole.find("tokenizer.ggml.tokens");
    int refused = 0;
    constexpr int ROUNDS = 250;
    for (int round = 0; round < ROUNDS; ++round) {
        std::string bytes = whole;
        const bool aimed = round % 2 == 0; /* at the numbers that describe the model */
        for (int i = aimed ? 1 : 1 + static_cast<int>(random() % 3); i > 0; --i) {
            const size_t from = aimed ? numbers : 24;
            const size_t to = aimed ? numbers_end : table_end;
            bytes[from + random() % (to - from)] = static_cast<char>(random());
        }
        const std::string path = write_file("damaged.gguf", bytes);
        const int status = use_in_child(path);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            write_file("../martlet-damaged.gguf", bytes);
            harness::fail(__FILE__, __LINE__,
                          "round " + std::to_string(round) + " ended with status " + std::to_string(status));
        }
        refused += open_model(path) != MT_OK;
    }
    printf("    %d of %d refused\n", refused, ROUNDS);
    CHECK(refused > ROUNDS / 4);
}

TEST(cancel_and_progress) {
    good();
    const std::string path = temporary_folder() + "/tiny.gguf";
    int32_t progress = -1;
    int32_t cancel = 1;
    mt_model_params p{};
    p.struct_size = sizeof(p);
    p.progress_permille = &progress;
    p.cancel = &cancel;
    mt_model *m = nullptr;
    FAILS_WITH(MT_ERR_ABORTED, "cancelled", mt_model_open(path.data(), static_cast<int32_t>(path.size()), &p, &m));
    CHECK(progress >= 0 && progress < 1000);
    cancel = 0;
    p.check_tensors = 1;
    OK(mt_model_open(path.data(), static_cast<int32_t>(path.size()), &p, &m));
    CHECK_EQ(progress, 1000);
    OK(mt_model_close(m));
}
