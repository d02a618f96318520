/*
 * library_test.cpp: initialisation, layout, messages, log, devices and handles.
 */
#include "support.h"

#include <atomic>
#include <sstream>
#include <thread>

using support::drain;
using support::tiny;

namespace {

template <typename Get>
std::string text_of(Get &&get) {
    int32_t needed = -1;
    const int32_t code = get(nullptr, 0, &needed);
    CHECK(code == MT_ERR_BUFFER || (code == MT_OK && needed == 0));
    std::string text(static_cast<size_t>(needed), '\0');
    OK(get(text.data(), needed, &needed));
    CHECK_EQ(static_cast<size_t>(needed), text.size());
    return text;
}

} // namespace

TEST(nothing_works_before_init) {
    int32_t n = 0;
    CHECK_EQ(mt_abi_version(), MT_ABI_VERSION);
    FAILS_WITH(MT_ERR_STATE, "mt_init", mt_device_count(&n));
    mt_model_params p{};
    p.struct_size = sizeof(p);
    mt_model *m = nullptr;
    FAILS(MT_ERR_STATE, mt_model_open("x", 1, &p, &m));
    const std::string empty = support::temporary_folder();
    FAILS_WITH(MT_ERR_IO, empty, mt_init(empty.data(), static_cast<int32_t>(empty.size())));
    FAILS(MT_ERR_IO, mt_init("/does/not/exist", 15));
    FAILS(MT_ERR_INVALID_ARG, mt_init(nullptr, 4));
    support::init();
    support::init(); /* does nothing */
    OK(mt_device_count(&n));
    CHECK(n >= 1);
}

TEST(shutdown_and_init_again) {
    int32_t n = 0;
    OK(mt_shutdown());
    FAILS(MT_ERR_STATE, mt_device_count(&n));
    support::init();
    OK(mt_device_count(&n));
    mt_model *handle = tiny();
    FAILS_WITH(MT_ERR_STATE, "1 model is still open", mt_shutdown());
    OK(mt_model_meta_count(handle, &n));
}

TEST(layout_is_the_compilers) {
    const std::string text =
        text_of([](char *out, int32_t capacity, int32_t *needed) { return mt_abi_layout(out, capacity, needed); });
    std::istringstream lines(text);
    std::string name;
    size_t a = 0;
    int structs = 0;
    bool step_input = false;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        CHECK(static_cast<bool>(words >> name >> a));
        structs += name.find('.') == std::string::npos;
        step_input = step_input || line == "mt_step_input " + std::to_string(sizeof(mt_step_input));
    }
    CHECK_EQ(structs, 12);
    CHECK(step_input);
    CHECK(text.find("mt_step_output.sample_micros " + std::to_string(offsetof(mt_step_output, sample_micros)) +
                    " 8\n") != std::string::npos);
    CHECK(text.find("mt_model_info.description " + std::to_string(offsetof(mt_model_info, description)) + " 128\n") !=
          std::string::npos);
}

TEST(last_error_is_of_the_thread) {
    support::init();
    FAILS_WITH(MT_ERR_INVALID_ARG, "device 999", mt_device_info(999, [] {
                   static mt_device d{};
                   d.struct_size = sizeof(d);
                   return &d;
               }()));
    std::string other = "unset";
    std::thread([&] { other = harness::last_error(); }).join();
    CHECK(other.empty());
    char small[4] = {'x', 0, 0, 0};
    int32_t needed = 0;
    CHECK_EQ(mt_last_error(small, 3, &needed), MT_ERR_BUFFER);
    CHECK_EQ(small[0], 'x');
    CHECK(static_cast<size_t>(needed) == harness::last_error().size());
    CHECK(harness::last_error().find("device 999") != std::string::npos); /* reading does not change it */
}

TEST(log_is_drained_in_whole_lines) {
    support::init();
    drain();
    { support::model again(support::temporary_folder() + "/" + (tiny(), "tiny.gguf")); }
    char text[65536];
    int32_t written = 0, dropped = 0;
    FAILS(MT_ERR_BUFFER, mt_log_drain(text, 3, &written, &dropped));
    CHECK_EQ(written, 0);
    OK(mt_log_drain(text, 600, &written, &dropped));
    CHECK(written > 0 && written <= 600 && text[written - 1] == '\n');
    CHECK(strchr("DIWE", text[0]) != nullptr && text[1] == ' ');
    const std::string rest = drain();
    CHECK(rest.find("llama") != std::string::npos);
    CHECK(drain().empty());
    /* Nobody drains: the oldest stay, the rest is counted. */
    for (int i = 0; i < 200; ++i) {
        support::model again(support::temporary_folder() + "/tiny.gguf", true);
    }
    OK(mt_log_drain(text, sizeof(text), &written, &dropped));
    CHECK(dropped > 0);
    drain();
    OK(mt_log_drain(text, sizeof(text), &written, &dropped));
    CHECK_EQ(dropped, 0);
}

TEST(devices_and_system) {
    support::init();
    mt_device d{};
    d.struct_size = sizeof(d);
    OK(mt_device_info(0, &d));
    CHECK_EQ(d.kind, 0);
    CHECK(std::string(d.backend) == "CPU");
    CHECK(d.memory_total > 0);
    d.struct_size = 8;
    FAILS_WITH(MT_ERR_INVALID_ARG, "struct_size", mt_device_info(0, &d));
    const std::string text =
        text_of([](char *out, int32_t capacity, int32_t *needed) { return mt_system_info(out, capacity, needed); });
    CHECK(text.find("llama.cpp 0.5.0") == 0 && text.find("libggml-cpu") != std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
}

TEST(closed_and_foreign_handles_are_refused) {
    support::init();
    const std::string path = support::temporary_folder() + "/tiny.gguf";
    tiny();
    mt_model_params p{};
    p.struct_size = sizeof(p);
    mt_model *m = nullptr;
    OK(mt_model_open(path.data(), static_cast<int32_t>(path.size()), &p, &m));
    mt_sampler_params sp = support::sampler_params();
    mt_sampler *s = nullptr;
    OK(mt_sampler_new(m, &sp, &s));
    const mt_context_params cp = support::context_params();
    mt_context *c = nullptr;
    OK(mt_context_open(m, &cp, &c));

    int32_t n = 0;
    FAILS_WITH(MT_ERR_STATE, "2 contexts, embedders or samplers", mt_model_close(m));
    FAILS_WITH(MT_ERR_INVALID_ARG, "not an open context", mt_abort(reinterpret_cast<mt_context *>(m)));
    FAILS(MT_ERR_INVALID_ARG, mt_abort(reinterpret_cast<mt_context *>(s)));
    FAILS(MT_ERR_INVALID_ARG, mt_model_meta_count(reinterpret_cast<mt_model *>(&n), &n));
    FAILS(MT_ERR_INVALID_ARG, mt_model_meta_count(reinterpret_cast<mt_model *>(~uintptr_t{0}), &n));
    FAILS_WITH(MT_ERR_INVALID_ARG, "NULL", mt_model_meta_count(nullptr, &n));

    OK(mt_context_close(c));
    FAILS_WITH(MT_ERR_INVALID_ARG, "closed", mt_context_close(c));
    FAILS(MT_ERR_INVALID_ARG, mt_abort(c));
    mt_context *next = nullptr;
    OK(mt_context_open(m, &cp, &next)); /* in the same slot, and yet the old handle stays dead */
    CHECK(next != c);
    FAILS(MT_ERR_INVALID_ARG, mt_abort(c));
    FAILS(MT_ERR_STATE, mt_model_close(m));
    OK(mt_context_close(next));
    OK(mt_sampler_free(s));
    FAILS(MT_ERR_INVALID_ARG, mt_sampler_free(s));
    OK(mt_model_close(m));
    FAILS(MT_ERR_INVALID_ARG, mt_model_close(m));
    FAILS(MT_ERR_INVALID_ARG, mt_sampler_new(m, &sp, &s));
    FAILS(MT_ERR_INVALID_ARG, mt_context_open(m, &cp, &c));
}

/* Tokenising in many threads while models open and close around it. */
TEST(threads_use_and_close_at_once) {
    support::init();
    const std::string path = support::temporary_folder() + "/tiny.gguf";
    tiny();
    mt_model_params p{};
    p.struct_size = sizeof(p);
    std::atomic<mt_model *> current{nullptr};
    std::atomic<bool> stop{false};
    std::atomic<int> worked{0}, refused{0}, wrong{0};
    std::vector<std::thread> users;
    for (int i = 0; i < 3; ++i) {
        users.emplace_back([&] {
            int32_t tokens[64];
            int32_t n = 0;
            while (!stop) {
                const int32_t code = mt_tokenize(current, "the band in the", 15, 1, tokens, 64, &n);
                (code == MT_OK ? worked : code == MT_ERR_INVALID_ARG ? refused : wrong)++;
                std::this_thread::yield();
            }
        });
    }
    for (int i = 0; i < 30; ++i) {
        mt_model *m = nullptr;
        OK(mt_model_open(path.data(), static_cast<int32_t>(path.size()), &p, &m));
        current = m;
        for (const int before = worked; worked < before + 3;) {
            std::this_thread::yield();
        }
        OK(mt_model_close(m));
        for (const int before = refused; refused < before + 3;) {
            std::this_thread::yield();
        }
    }
    stop = true;
    for (std::thread &t : users) {
        t.join();
    }
    CHECK_EQ(wrong.load(), 0);
    CHECK(worked > 0 && refused > 0);
}
