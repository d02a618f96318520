/*
 * stub_backend.cpp: a backend library whose three GPUs are the CPU in disguise, so that loading a backend and choosing
 * among its devices can be tried on any machine.
 */
#include "ggml-backend-impl.h"

#include <cstdio>
#include <cstring>

namespace {

constexpr size_t COUNT = 3;
ggml_backend_device devices[COUNT];
char names[COUNT][16];

const char *name(ggml_backend_dev_t device) {
    return names[device - devices];
}

enum ggml_backend_dev_type type(ggml_backend_dev_t) {
    return GGML_BACKEND_DEVICE_TYPE_GPU;
}

void properties(ggml_backend_dev_t device, ggml_backend_dev_props *out) {
    memset(out, 0, sizeof(*out));
    out->name = name(device);
    out->description = "disguise";
    out->memory_free = out->memory_total = size_t{1} << 30;
    out->type = GGML_BACKEND_DEVICE_TYPE_GPU;
}

const char *registration_name(ggml_backend_reg_t) {
    return "STUB";
}

size_t device_count(ggml_backend_reg_t) {
    return COUNT;
}

ggml_backend_dev_t device(ggml_backend_reg_t, size_t index) {
    return &devices[index];
}

void *no_function(ggml_backend_reg_t, const char *) {
    return nullptr;
}

ggml_backend_reg registration = {
    GGML_BACKEND_API_VERSION, {registration_name, device_count, device, no_function}, nullptr};

} // namespace

extern "C" __attribute__((visibility("default"))) ggml_backend_reg_t ggml_backend_init(void) {
    for (size_t i = 0; i < COUNT; ++i) {
        snprintf(names[i], sizeof(names[i]), "STUB%zu", i);
        devices[i] = *ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
        devices[i].iface.get_name = name;
        devices[i].iface.get_type = type;
        devices[i].iface.get_props = properties;
        devices[i].reg = &registration;
    }
    return &registration;
}
