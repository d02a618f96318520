/*
 * backend_test.cpp: backends that are loaded beside those of mt_init(). One process, so one backend: the tests are in
 * the order in which such a process would meet them.
 */
#include "support.h"
#include "tiny_model.h"

#include <fstream>

namespace {

int32_t load(const std::string &path, const std::vector<int32_t> &devices = {}) {
    return mt_backend_load(path.data(), static_cast<int32_t>(path.size()), devices.empty() ? nullptr : devices.data(),
                           static_cast<int32_t>(devices.size()));
}

std::vector<std::string> gpus() {
    int32_t count = 0;
    OK(mt_device_count(&count));
    std::vector<std::string> names;
    for (int32_t i = 0; i < count; ++i) {
        mt_device d{};
        d.struct_size = sizeof(d);
        OK(mt_device_info(i, &d));
        if (d.kind == 1) {
            CHECK(std::string(d.backend) == "STUB");
            names.push_back(d.name);
        }
    }
    return names;
}

} // namespace

TEST(nothing_is_loaded_before_init) {
    FAILS_WITH(MT_ERR_STATE, "mt_init", load(MARTLET_STUB_BACKEND));
}

TEST(arguments_are_checked) {
    support::init();
    const int32_t device = 0;
    FAILS(MT_ERR_INVALID_ARG, mt_backend_load(nullptr, 3, nullptr, 0));
    FAILS(MT_ERR_INVALID_ARG, mt_backend_load("x", -1, nullptr, 0));
    FAILS_WITH(MT_ERR_INVALID_ARG, "path is empty", mt_backend_load("", 0, nullptr, 0));
    FAILS_WITH(MT_ERR_INVALID_ARG, "NUL", mt_backend_load("a\0b", 3, nullptr, 0));
    FAILS_WITH(MT_ERR_INVALID_ARG, "1 devices with no list", mt_backend_load("x", 1, nullptr, 1));
    FAILS_WITH(MT_ERR_INVALID_ARG, "0 devices with a list", mt_backend_load("x", 1, &device, 0));
}

TEST(what_is_no_backend_is_refused) {
    support::init();
    FAILS_WITH(MT_ERR_IO, "/does/not/exist.so", load("/does/not/exist.so"));
    const std::string text = support::temporary_folder() + "/text.so";
    std::ofstream(text) << "no library";
    FAILS_WITH(MT_ERR_IO, "file too short", load(text));
    FAILS_WITH(MT_ERR_IO, "ggml_backend_init", load(MARTLET_BACKEND_DIR "/libggml-base.so"));
    CHECK(gpus().empty());
}

TEST(devices_that_are_not_there_spare_all) {
    support::init();
    FAILS_WITH(MT_ERR_UNSUPPORTED, "3 devices, and others are asked for", load(MARTLET_STUB_BACKEND, {0, 3}));
    FAILS(MT_ERR_UNSUPPORTED, load(MARTLET_STUB_BACKEND, {-1}));
    CHECK(gpus().empty());
}

/* The model's weights go to the chosen devices, and it computes there what it computes without them. */
TEST(chosen_devices_alone_are_used) {
    support::init();
    OK(load(MARTLET_STUB_BACKEND, {0, 2}));
    CHECK((gpus() == std::vector<std::string>{"STUB0", "STUB2"}));

    const std::string path = support::temporary_folder() + "/split.gguf";
    write_tiny_model(path, {});
    std::vector<int32_t> answers[2];
    for (const int32_t layers : {0, -1}) {
        support::drain();
        mt_model_params p{};
        p.struct_size = sizeof(p);
        p.gpu_layers = layers;
        mt_model *m = nullptr;
        OK(mt_model_open(path.data(), static_cast<int32_t>(path.size()), &p, &m));
        const std::string log = support::drain();
        CHECK_EQ(log.find("assigned to device STUB0") != std::string::npos, layers != 0);
        CHECK_EQ(log.find("assigned to device STUB2") != std::string::npos, layers != 0);
        CHECK(log.find("STUB1") == std::string::npos);
        {
            support::context c(m);
            answers[layers == 0] = support::greedy(c, m, 0, {5, 6, 7}, 8);
        }
        OK(mt_model_close(m));
    }
    CHECK(answers[0] == answers[1]);
}

TEST(open_models_are_not_disturbed) {
    support::tiny();
    FAILS_WITH(MT_ERR_STATE, "before models are opened", load(MARTLET_STUB_BACKEND));
}
