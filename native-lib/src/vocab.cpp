/*
 * vocab.cpp: text to tokens and back, and the whole vocabulary at once.
 */
#include "containment.h"
#include "model.h"
#include "utf8.h"

#include <climits>
#include <cstring>

namespace martlet {

namespace {

void require_token_array(const int32_t *tokens, int32_t count, const char *name) {
    MARTLET_REQUIRE(count >= 0 && (tokens != nullptr || count == 0), "%s: %d tokens in %s array", name, count,
                    tokens == nullptr ? "no" : "an");
}

/* Appends the bytes of a token, control tokens spelled out where asked for. */
void append_piece(const model &m, int32_t token, bool special, std::string &to) {
    const size_t start = to.size();
    size_t room = 64;
    for (;;) {
        to.resize(start + room);
        const int32_t n =
            llama_token_to_piece(m.vocab, token, to.data() + start, static_cast<int32_t>(room), 0, special);
        if (n >= 0) {
            to.resize(start + static_cast<size_t>(n));
            return;
        }
        room = static_cast<size_t>(-static_cast<int64_t>(n));
    }
}

int32_t flags_of(const model &m, int32_t token) {
    const auto attributes = static_cast<unsigned>(llama_vocab_get_attr(m.vocab, token));
    int32_t flags = 0;
    /* The unknown token, too, stands for no text of its own. */
    if ((attributes & (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN)) != 0) {
        flags |= MT_TOKEN_CONTROL;
    }
    if ((attributes & LLAMA_TOKEN_ATTR_USER_DEFINED) != 0) {
        flags |= MT_TOKEN_USER_DEFINED;
    }
    if ((attributes & LLAMA_TOKEN_ATTR_BYTE) != 0) {
        flags |= MT_TOKEN_BYTE;
    }
    if ((attributes & LLAMA_TOKEN_ATTR_UNUSED) != 0) {
        flags |= MT_TOKEN_UNUSED;
    }
    if (llama_vocab_is_eog(m.vocab, token)) {
        flags |= MT_TOKEN_EOG;
    }
    return flags;
}

} // namespace

} // namespace martlet

using namespace martlet;

extern "C" int32_t mt_tokenize(const mt_model *handle, const char *text, int32_t text_len, int32_t flags,
                               int32_t *tokens, int32_t capacity, int32_t *needed) {
    return wall([&] {
        MARTLET_REQUIRE(text_len >= 0 && (text != nullptr || text_len == 0), "text: %d bytes in %s buffer", text_len,
                        text == nullptr ? "no" : "a");
        MARTLET_REQUIRE((flags & ~(MT_TOKENIZE_ADD_SPECIAL | MT_TOKENIZE_PARSE_SPECIAL)) == 0, "flags is %d", flags);
        require_token_array(tokens, capacity, "tokens");
        MARTLET_REQUIRE(needed != nullptr, "needed is NULL");
        const auto m = find(handle);
        m->require_vocab();
        const std::string clean = valid_utf8(text == nullptr ? "" : text, static_cast<size_t>(text_len));
        MARTLET_REQUIRE(clean.size() <= INT32_MAX, "the text is too long");
        const int32_t n = foreign([&] {
            return llama_tokenize(m->vocab, clean.data(), static_cast<int32_t>(clean.size()), tokens, capacity,
                                  (flags & MT_TOKENIZE_ADD_SPECIAL) != 0, (flags & MT_TOKENIZE_PARSE_SPECIAL) != 0);
        });
        if (n == INT32_MIN) {
            fail(MT_ERR_UNSUPPORTED, "the text has more than 2^31 tokens");
        }
        *needed = n < 0 ? -n : n;
        if (n < 0) {
            fail(MT_ERR_BUFFER, "the array has room for %d tokens, %d are needed", capacity, *needed);
        }
    });
}

extern "C" int32_t mt_detokenize(const mt_model *handle, const int32_t *tokens, int32_t n_tokens, int32_t flags,
                                 char *out, int32_t capacity, int32_t *needed) {
    return wall([&] {
        require_token_array(tokens, n_tokens, "tokens");
        MARTLET_REQUIRE((flags & ~MT_DETOKENIZE_SPECIAL) == 0, "flags is %d", flags);
        const auto m = find(handle);
        m->require_vocab();
        std::string text;
        foreign([&] {
            for (int32_t i = 0; i < n_tokens; ++i) {
                MARTLET_REQUIRE(tokens[i] >= 0 && tokens[i] < m->n_vocab, "token %d is %d, the vocabulary has %d", i,
                                tokens[i], m->n_vocab);
                append_piece(*m, tokens[i], (flags & MT_DETOKENIZE_SPECIAL) != 0, text);
            }
        });
        copy_out(text.data(), text.size(), out, capacity, needed);
    });
}

extern "C" int32_t mt_vocab_export(const mt_model *handle, int32_t *offsets, int32_t *flags, char *bytes,
                                   int32_t capacity, int32_t *needed) {
    return wall([&] {
        const auto m = find(handle);
        m->require_vocab();
        std::string text;
        std::vector<int32_t> ends;
        ends.reserve(static_cast<size_t>(m->n_vocab));
        foreign([&] {
            for (int32_t t = 0; t < m->n_vocab; ++t) {
                append_piece(*m, t, true, text);
                ends.push_back(static_cast<int32_t>(text.size()));
            }
        });
        copy_out(text.data(), text.size(), bytes, capacity, needed);
        MARTLET_REQUIRE(offsets != nullptr && flags != nullptr, "offsets or flags is NULL");
        offsets[0] = 0;
        foreign([&] {
            for (int32_t t = 0; t < m->n_vocab; ++t) {
                offsets[t + 1] = ends[static_cast<size_t>(t)];
                flags[t] = flags_of(*m, t);
            }
        });
    });
}
