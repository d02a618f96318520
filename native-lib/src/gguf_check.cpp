/*
 * gguf_check.cpp: the walk over header, metadata and tensor table.
 */
#include "gguf_check.h"

#include "error.h"

#include "ggml.h"
#include "llama.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace martlet {

namespace {

constexpr uint64_t MIN_KV_BYTES = 8 + 1 + 4 + 1;         /* key length, key, type, value */
constexpr uint64_t MIN_TENSOR_BYTES = 8 + 1 + 4 + 4 + 8; /* name length, name, dimensions, type, offset */
constexpr uint64_t MAX_KEY_BYTES = 65535;                /* by the specification */
constexpr uint64_t MAX_KEPT = 4096;                      /* elements of a list whose value is kept */
constexpr uint64_t MAX_KEPT_BYTES = 255;                 /* of a text that is kept */
constexpr uint32_t TYPE_INT8 = 1, TYPE_INT16 = 3, TYPE_INT32 = 5, TYPE_FLOAT32 = 6, TYPE_STRING = 8, TYPE_ARRAY = 9,
                   TYPE_INT64 = 11, TYPE_FLOAT64 = 12, TYPE_COUNT = 13;

/* Bytes of a scalar of each metadata type; 0 for string and array. */
constexpr uint64_t SCALAR_BYTES[TYPE_COUNT] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

/* A file read forward through a buffer, which knows how much is left. */
class reader {
public:
    explicit reader(const std::string &path) : path_(path), fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (fd_ < 0) {
            fail(MT_ERR_IO, "cannot open %s: %s", path.c_str(), strerror(errno));
        }
        struct stat status;
        if (fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) {
            close(fd_);
            fail(MT_ERR_IO, "%s is not a regular file", path.c_str());
        }
        size_ = static_cast<uint64_t>(status.st_size);
        buffer_.resize(1 << 16);
    }

    ~reader() { close(fd_); }
    reader(const reader &) = delete;
    reader &operator=(const reader &) = delete;

    uint64_t position() const { return position_; }
    uint64_t size() const { return size_; }
    uint64_t left() const { return size_ - position_; }

    [[noreturn]] void bad(const std::string &what) const {
        fail(MT_ERR_IO, "%s is damaged or no GGUF file: %s (at byte %llu of %llu)", path_.c_str(), what.c_str(),
             static_cast<unsigned long long>(position_), static_cast<unsigned long long>(size_));
    }

    void need(uint64_t bytes, const std::string &what) const {
        if (bytes > left()) {
            bad("the file ends within " + what);
        }
    }

    void skip(uint64_t bytes, const std::string &what) {
        need(bytes, what);
        position_ += bytes;
    }

    void read(void *out, uint64_t bytes, const std::string &what) {
        need(bytes, what);
        auto *to = static_cast<char *>(out);
        while (bytes > 0) {
            if (position_ < start_ || position_ >= start_ + filled_) {
                fill();
            }
            const uint64_t at = position_ - start_;
            const uint64_t n = std::min(bytes, filled_ - at);
            memcpy(to, buffer_.data() + at, n);
            to += n;
            position_ += n;
            bytes -= n;
        }
    }

    template <typename T>
    T number(const std::string &what) {
        T value;
        read(&value, sizeof(value), what);
        return value;
    }

    std::string string(uint64_t most, const std::string &what) {
        const auto length = number<uint64_t>("the length of " + what);
        if (length > most) {
            bad("the length of " + what + " is " + std::to_string(length));
        }
        need(length, what);
        std::string text(length, '\0');
        read(text.data(), length, what);
        return text;
    }

private:
    void fill() {
        start_ = position_;
        const ssize_t n = pread(fd_, buffer_.data(), buffer_.size(), static_cast<off_t>(start_));
        if (n <= 0) {
            fail(MT_ERR_IO, "cannot read %s: %s", path_.c_str(), n < 0 ? strerror(errno) : "it became shorter");
        }
        filled_ = static_cast<uint64_t>(n);
    }

    std::string path_;
    int fd_;
    uint64_t size_ = 0;
    uint64_t position_ = 0;
    std::vector<char> buffer_; /* holds filled_ bytes from start_ on */
    uint64_t start_ = 0;
    uint64_t filled_ = 0;
};

uint64_t read_unsigned(reader &in, uint32_t type, const std::string &what) {
    switch (SCALAR_BYTES[type]) {
    case 1:
        return in.number<uint8_t>(what);
    case 2:
        return in.number<uint16_t>(what);
    case 4:
        return in.number<uint32_t>(what);
    default:
        return in.number<uint64_t>(what);
    }
}

/* A number of a type, read as the unsigned one of its length, as text. */
std::string number_text(uint32_t type, uint64_t bits) {
    char text[32];
    float f = 0;
    double d = 0;
    switch (type) {
    case TYPE_INT8:
        return std::to_string(static_cast<int8_t>(bits));
    case TYPE_INT16:
        return std::to_string(static_cast<int16_t>(bits));
    case TYPE_INT32:
        return std::to_string(static_cast<int32_t>(bits));
    case TYPE_INT64:
        return std::to_string(static_cast<int64_t>(bits));
    case TYPE_FLOAT32:
        memcpy(&f, &bits, sizeof(f));
        snprintf(text, sizeof(text), "%.9g", static_cast<double>(f));
        return text;
    case TYPE_FLOAT64:
        memcpy(&d, &bits, sizeof(d));
        snprintf(text, sizeof(text), "%.17g", d);
        return text;
    default:
        return std::to_string(bits);
    }
}

/* Returns the elements where they are few numbers, otherwise nothing. */
std::string read_array(reader &in, const std::string &what) {
    const auto type = in.number<uint32_t>("the type of " + what);
    const auto count = in.number<uint64_t>("the count of " + what);
    if (type >= TYPE_COUNT || type == TYPE_ARRAY) {
        in.bad(what + " has elements of the unknown type " + std::to_string(type));
    }
    const uint64_t least = type == TYPE_STRING ? 8 : SCALAR_BYTES[type];
    if (count > in.left() / least) {
        in.bad(what + " claims " + std::to_string(count) + " elements, more than the file holds");
    }
    if (type != TYPE_STRING && count > MAX_KEPT) {
        in.skip(count * least, what);
        return "";
    }
    std::string elements;
    for (uint64_t i = 0; i < count; ++i) {
        if (type != TYPE_STRING) {
            elements += (i == 0 ? "" : ",") + number_text(type, read_unsigned(in, type, what));
            continue;
        }
        const auto length = in.number<uint64_t>("an element of " + what);
        if (length > in.left()) {
            in.bad("element " + std::to_string(i) + " of " + what + " claims " + std::to_string(length) + " bytes");
        }
        in.skip(length, what);
    }
    return elements;
}

/* Whether a text is short and has nothing in it that would end a line or word of mt_model_header(). */
bool is_kept(const std::string &text) {
    return text.size() <= MAX_KEPT_BYTES &&
           std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

/* Reads one pair; alignment is set where the pair says it. */
void read_pair(reader &in, std::set<std::string> &keys, gguf_summary &summary, uint64_t &alignment) {
    const std::string key = in.string(MAX_KEY_BYTES, "key " + std::to_string(keys.size()) + " of the metadata");
    const std::string what = "metadata \"" + key + "\"";
    if (key.empty() || !keys.insert(key).second) {
        in.bad(key.empty() ? "a key of the metadata is empty" : what + " is there twice");
    }
    const auto type = in.number<uint32_t>("the type of " + what);
    if (type >= TYPE_COUNT) {
        in.bad(what + " has the unknown type " + std::to_string(type));
    }
    std::string text;
    if (type == TYPE_ARRAY) {
        text = read_array(in, what);
    } else if (type == TYPE_STRING) {
        text = in.string(std::numeric_limits<uint64_t>::max(), what);
        if (key == "general.architecture") {
            summary.architecture = text;
        }
    } else {
        const uint64_t value = read_unsigned(in, type, what);
        text = number_text(type, value);
        if (key == "general.alignment") {
            if (type != 4 || value == 0 || (value & (value - 1)) != 0) {
                in.bad("general.alignment is no power of two");
            }
            alignment = value;
        } else if (key == "split.no") {
            summary.split_no = static_cast<uint32_t>(value);
        } else if (key == "split.count") {
            summary.split_count = static_cast<uint32_t>(value);
        }
    }
    if (is_kept(key) && is_kept(text)) {
        summary.values.emplace_back(key, text);
    }
}

gguf_tensor read_tensor(reader &in, uint64_t number) {
    gguf_tensor t;
    t.name = in.string(GGML_MAX_NAME - 1, "the name of tensor " + std::to_string(number));
    const std::string what = "tensor \"" + t.name + "\"";
    const auto dims = in.number<uint32_t>("the dimensions of " + what);
    if (dims > GGML_MAX_DIMS) {
        in.bad(what + " has " + std::to_string(dims) + " dimensions");
    }
    uint64_t ne[GGML_MAX_DIMS] = {1, 1, 1, 1};
    uint64_t elements = 1;
    for (uint32_t d = 0; d < dims; ++d) {
        ne[d] = in.number<uint64_t>("the shape of " + what);
        if (ne[d] == 0 || ne[d] > INT64_MAX || elements > INT64_MAX / ne[d]) {
            in.bad(what + " has an impossible shape");
        }
        elements *= ne[d];
    }
    const auto type = in.number<uint32_t>("the type of " + what);
    const auto block = type < GGML_TYPE_COUNT ? ggml_blck_size(static_cast<ggml_type>(type)) : 0;
    if (block <= 0 || ggml_type_size(static_cast<ggml_type>(type)) == 0) {
        in.bad(what + " has the unknown type " + std::to_string(type));
    }
    if (ne[0] % static_cast<uint64_t>(block) != 0) {
        in.bad(what + " has rows that are no whole number of blocks");
    }
    const uint64_t blocks = elements / static_cast<uint64_t>(block);
    const uint64_t block_bytes = ggml_type_size(static_cast<ggml_type>(type));
    if (blocks > std::numeric_limits<uint64_t>::max() / 2 / block_bytes) {
        in.bad(what + " is impossibly large");
    }
    t.type = type;
    t.shape.assign(ne, ne + dims);
    t.bytes = blocks * block_bytes;
    t.offset = in.number<uint64_t>("the offset of " + what);
    return t;
}

} // namespace

gguf_summary check_gguf(const std::string &path) {
    reader in(path);
    char magic[4];
    in.read(magic, sizeof(magic), "the first four bytes");
    if (memcmp(magic, "GGUF", 4) != 0) {
        fail(MT_ERR_IO, "%s is no GGUF file: it does not start with \"GGUF\"", path.c_str());
    }
    const auto version = in.number<uint32_t>("the version");
    if (version != 2 && version != 3) {
        in.bad((version & 0xffffu) == 0 ? "it was written for a big-endian machine"
                                        : "GGUF version " + std::to_string(version) + " is not 2 or 3");
    }
    gguf_summary summary;
    const auto n_tensors = in.number<uint64_t>("the number of tensors");
    const auto pairs = in.number<uint64_t>("the number of metadata pairs");
    if (pairs > in.left() / MIN_KV_BYTES) {
        in.bad("it claims " + std::to_string(pairs) + " metadata pairs, more than the file holds");
    }
    if (n_tensors > in.left() / MIN_TENSOR_BYTES) {
        in.bad("it claims " + std::to_string(n_tensors) + " tensors, more than the file holds");
    }

    uint64_t alignment = 32;
    std::set<std::string> keys;
    for (uint64_t i = 0; i < pairs; ++i) {
        read_pair(in, keys, summary, alignment);
    }
    if (summary.architecture.empty() && summary.split_no == 0) {
        in.bad("the metadata does not name an architecture (general.architecture)");
    }

    std::set<std::string> names;
    for (uint64_t i = 0; i < n_tensors; ++i) {
        summary.tensors.push_back(read_tensor(in, i));
        if (!names.insert(summary.tensors.back().name).second) {
            in.bad("tensor \"" + summary.tensors.back().name + "\" is there twice");
        }
    }
    summary.rank_head = names.count("cls.weight") > 0 || names.count("cls.output.weight") > 0;
    const uint64_t data = (in.position() + alignment - 1) & ~(alignment - 1);
    for (const gguf_tensor &t : summary.tensors) {
        if (t.offset % alignment != 0) {
            in.bad("tensor \"" + t.name + "\" is not aligned");
        }
        if (data > in.size() || t.offset > in.size() - data || t.bytes > in.size() - data - t.offset) {
            in.bad("tensor \"" + t.name + "\" needs bytes up to " + std::to_string(data + t.offset + t.bytes) +
                   ": the file was cut short");
        }
    }
    return summary;
}

gguf_summary check_gguf_model(const std::string &path) {
    gguf_summary first = check_gguf(path);
    if (first.split_count <= 1) {
        return first;
    }
    if (first.split_no != 0 || first.split_count > 65535) {
        fail(MT_ERR_IO, "%s is part %u of %u of a split model: give the first part", path.c_str(), first.split_no + 1,
             first.split_count);
    }
    std::vector<char> prefix(path.size() + 1);
    const auto count = static_cast<int32_t>(first.split_count);
    if (llama_split_prefix(prefix.data(), prefix.size(), path.c_str(), 0, count) <= 0) {
        fail(MT_ERR_IO, "%s is the first of %d parts, but its name does not end in -00001-of-%05d.gguf", path.c_str(),
             count, count);
    }
    std::vector<char> name(path.size() + 64);
    for (int32_t i = 1; i < count; ++i) {
        llama_split_path(name.data(), name.size(), prefix.data(), i, count);
        const gguf_summary part = check_gguf(name.data());
        first.tensors.insert(first.tensors.end(), part.tensors.begin(), part.tensors.end());
        first.rank_head = first.rank_head || part.rank_head;
    }
    return first;
}

} // namespace martlet

using namespace martlet;

extern "C" int32_t mt_model_header(const char *path, int32_t path_len, char *out, int32_t capacity, int32_t *needed) {
    return wall([&] {
        const gguf_summary summary = check_gguf_model(path_argument(path, path_len));
        std::string text;
        for (const auto &[key, value] : summary.values) {
            text += "meta\t" + key + "\t" + value + "\n";
        }
        for (const gguf_tensor &t : summary.tensors) {
            text += "tensor\t" + t.name + "\t" + ggml_type_name(static_cast<ggml_type>(t.type)) + "\t" +
                    std::to_string(t.bytes);
            for (const uint64_t n : t.shape) {
                text += "\t" + std::to_string(n);
            }
            text += "\n";
        }
        copy_out(text.data(), text.size(), out, capacity, needed);
    });
}
