/*
 * vocab_test.cpp: the vocabularies that come with llama.cpp, of every tokenizer type: text goes to tokens and comes
 * back, the exported table says the same as detokenising, odd bytes do no harm.
 */
#include "support.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

namespace {

struct table {
    std::vector<int32_t> offsets, flags;
    std::string bytes;

    explicit table(support::model &m)
        : offsets(static_cast<size_t>(m.info.n_vocab) + 1), flags(static_cast<size_t>(m.info.n_vocab)) {
        int32_t needed = 0;
        FAILS(MT_ERR_BUFFER, mt_vocab_export(m, offsets.data(), flags.data(), nullptr, 0, &needed));
        bytes.resize(static_cast<size_t>(needed));
        OK(mt_vocab_export(m, offsets.data(), flags.data(), bytes.data(), needed, &needed));
        CHECK_EQ(offsets.front(), 0);
        CHECK_EQ(offsets.back(), needed);
        CHECK(std::is_sorted(offsets.begin(), offsets.end()));
    }

    std::string piece(int32_t token) const {
        const auto t = static_cast<size_t>(token);
        return bytes.substr(static_cast<size_t>(offsets[t]), static_cast<size_t>(offsets[t + 1] - offsets[t]));
    }
};

std::vector<std::string> files() {
    std::vector<std::string> all;
    for (const auto &entry : std::filesystem::directory_iterator(MARTLET_LLAMA_SOURCE "/models")) {
        const std::string name = entry.path().filename().string();
        if (name.rfind("ggml-vocab-", 0) == 0 && entry.path().extension() == ".gguf") {
            all.push_back(entry.path().string());
        }
    }
    std::sort(all.begin(), all.end());
    CHECK(all.size() >= 15);
    return all;
}

/* Texts that every byte-complete tokenizer gives back as they were. */
const std::vector<std::string> TEXTS = {"Hello, world!", "  two  spaces and\ttabs\n\n",
                                        "caf\xC3\xA9 \xE6\xBC\xA2\xE5\xAD\x97 \xF0\x9F\x90\xA6",
                                        "for (int i = 0; i < 10; ++i) { x += 3.14159; }\r\n", "{\"a\": [1, 2, null]}"};

bool starts_with_space(const std::string &text) {
    return !text.empty() && text[0] == ' ';
}

} // namespace

namespace {

int texts_come_back(support::model &m, const std::string &file) {
    int lossless = 0;
    const bool word_piece = m.info.vocab_type == 3, unigram = m.info.vocab_type == 4;
    for (const std::string &text : TEXTS) {
        std::string back = support::detokenize(m, support::tokenize(m, text, 0), 0);
        if (!starts_with_space(text) && starts_with_space(back)) {
            back.erase(0, 1); /* the space that SentencePiece vocabularies put in front */
        } else if (m.info.vocab_type == 1 && back.size() == text.size() + 1) {
            back.erase(0, 1);
        }
        if (word_piece || unigram) { /* these normalise: no more than that something comes back */
            CHECK(!back.empty());
        } else if (back != text) {
            harness::fail(__FILE__, __LINE__, file + ": \"" + text + "\" came back as \"" + back + "\"");
        } else {
            ++lossless;
        }
    }
    return lossless;
}

void exported_table_is_what_detokenising_says(support::model &m) {
    const table t(m);
    int controls = 0, ends = 0;
    for (int32_t id = 0; id < m.info.n_vocab; ++id) {
        const int32_t flags = t.flags[static_cast<size_t>(id)];
        controls += (flags & MT_TOKEN_CONTROL) != 0;
        ends += (flags & MT_TOKEN_EOG) != 0;
        if (id % 97 == 0 || (flags & MT_TOKEN_CONTROL) != 0) {
            CHECK(support::detokenize(m, {id}, MT_DETOKENIZE_SPECIAL) == t.piece(id));
            const std::string plain = support::detokenize(m, {id}, 0);
            CHECK((flags & MT_TOKEN_CONTROL) != 0 ? plain.empty() : plain == t.piece(id));
        }
        if ((flags & MT_TOKEN_BYTE) != 0 && m.info.vocab_type == 1) {
            CHECK_EQ(t.piece(id).size(), size_t{1});
        }
    }
    CHECK(controls > 0 || ends > 0);
    if (m.info.token_eos >= 0) {
        CHECK((t.flags[static_cast<size_t>(m.info.token_eos)] & MT_TOKEN_EOG) != 0);
    }
    std::string joined;
    const auto tokens = support::tokenize(m, TEXTS[0], 0);
    for (const int32_t id : tokens) {
        joined += t.piece(id);
    }
    CHECK(joined == support::detokenize(m, tokens, 0));
}

void any_bytes_are_text(support::model &m) {
    std::mt19937 random(5);
    for (int i = 0; i < 40; ++i) {
        std::string text(random() % 200, '\0');
        for (char &c : text) {
            c = static_cast<char>(random());
        }
        support::tokenize(m, text, i % 4); /* no crash, no error */
    }
    int32_t needed = -1;
    OK(mt_tokenize(m, nullptr, 0, 0, nullptr, 0, &needed));
    CHECK(needed >= 0);
}

} // namespace

TEST(every_vocabulary) {
    int lossless = 0;
    for (const std::string &file : files()) {
        support::model m(file, true);
        lossless += texts_come_back(m, file);
        exported_table_is_what_detokenising_says(m);
        any_bytes_are_text(m);
    }
    printf("    %d texts came back\n", lossless);
    CHECK(lossless >= 60);
}

TEST(special_tokens_on_request) {
    support::model &m = support::tiny();
    const auto plain = support::tokenize(m, "<|user|>", 0);
    CHECK(plain.size() > 1);
    const auto special = support::tokenize(m, "<|user|>", MT_TOKENIZE_PARSE_SPECIAL);
    CHECK_EQ(special.size(), size_t{1});
    CHECK(support::detokenize(m, special, 0).empty());
    CHECK(support::detokenize(m, special, MT_DETOKENIZE_SPECIAL) == "<|user|>");
    const auto begun = support::tokenize(m, "a", MT_TOKENIZE_ADD_SPECIAL);
    CHECK_EQ(begun.size(), size_t{2});
    CHECK_EQ(begun[0], m.info.token_bos);
    CHECK_EQ(support::tokenize(m, "<think>", MT_TOKENIZE_PARSE_SPECIAL).size(), size_t{1});
    const table t(m);
    CHECK_EQ(t.flags[static_cast<size_t>(m.info.n_vocab) - 1], MT_TOKEN_USER_DEFINED);
    CHECK_EQ(t.flags[static_cast<size_t>(m.info.token_eos)], MT_TOKEN_CONTROL | MT_TOKEN_EOG);
}

TEST(what_is_no_utf8_is_the_replacement_character) {
    support::model &m = support::tiny();
    const auto replaced = [&](const std::string &text) {
        return support::detokenize(m, support::tokenize(m, text, 0), 0);
    };
    const std::string mark = "\xEF\xBF\xBD";
    CHECK(replaced("a\xFFz") == "a" + mark + "z");
    CHECK(replaced("\xC3") == mark);
    CHECK(replaced("\xC0\xAF") == mark + mark);                       /* overlong */
    CHECK(replaced("\xED\xA0\x80") == mark + mark + mark);            /* a surrogate */
    CHECK(replaced("\xF4\x90\x80\x80") == mark + mark + mark + mark); /* beyond Unicode */
    CHECK(replaced("\xF0\x9F\x90\xA6") == "\xF0\x9F\x90\xA6");
    CHECK(replaced(std::string("a\0b", 3)) == std::string("a\0b", 3));
}

TEST(buffers_and_arguments) {
    support::model &m = support::tiny();
    int32_t needed = 0;
    int32_t tokens[4] = {-7, -7, -7, -7};
    FAILS(MT_ERR_BUFFER, mt_tokenize(m, "abcdef", 6, 0, tokens, 3, &needed));
    CHECK_EQ(needed, 6);
    CHECK_EQ(tokens[0], -7);
    FAILS(MT_ERR_INVALID_ARG, mt_tokenize(m, nullptr, 6, 0, tokens, 4, &needed));
    FAILS(MT_ERR_INVALID_ARG, mt_tokenize(m, "a", -1, 0, tokens, 4, &needed));
    FAILS(MT_ERR_INVALID_ARG, mt_tokenize(m, "a", 1, 8, tokens, 4, &needed));
    FAILS(MT_ERR_INVALID_ARG, mt_tokenize(m, "a", 1, 0, nullptr, 4, &needed));
    FAILS(MT_ERR_INVALID_ARG, mt_tokenize(m, "a", 1, 0, tokens, 4, nullptr));
    FAILS(MT_ERR_INVALID_ARG, mt_detokenize(m, nullptr, 3, 0, nullptr, 0, &needed));
    OK(mt_detokenize(m, nullptr, 0, 0, nullptr, 0, &needed));
    CHECK_EQ(needed, 0);
}

TEST(metadata_and_template) {
    support::model &m = support::tiny();
    int32_t count = 0;
    OK(mt_model_meta_count(m, &count));
    bool named = false;
    for (int32_t i = 0; i < count; ++i) {
        char key[256], value[4096];
        int32_t key_length = 0, value_length = 0;
        OK(mt_model_meta_key(m, i, key, sizeof(key), &key_length));
        OK(mt_model_meta_value(m, i, value, sizeof(value), &value_length));
        named = named || (std::string(key, static_cast<size_t>(key_length)) == "general.name" &&
                          std::string(value, static_cast<size_t>(value_length)) == "tiny");
    }
    CHECK(named);
    int32_t needed = 0;
    FAILS(MT_ERR_INVALID_ARG, mt_model_meta_key(m, -1, nullptr, 0, &needed));
    FAILS(MT_ERR_INVALID_ARG, mt_model_meta_key(m, count, nullptr, 0, &needed));
    char text[64];
    OK(mt_model_chat_template(m, nullptr, 0, text, sizeof(text), &needed));
    CHECK(std::string(text, static_cast<size_t>(needed)) == "{{ messages[0].content }}");
    OK(mt_model_chat_template(m, "tool_use", 8, text, sizeof(text), &needed));
    CHECK_EQ(needed, 0);
    CHECK_EQ(m.info.n_embd, 64);
    CHECK_EQ(m.info.n_layer, 2);
    CHECK_EQ(m.info.n_head, 4);
    CHECK_EQ(m.info.n_head_kv, 2);
    CHECK_EQ(m.info.n_ctx_train, 4096);
    CHECK_EQ(m.info.add_bos, 1);
    CHECK_EQ(m.info.pooling_type, 0);
    CHECK(m.info.n_params > 50000 && m.info.size_bytes == m.info.n_params * 4);
}
