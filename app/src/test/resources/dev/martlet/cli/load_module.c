/* load_module FOLDER MODULE LIBGGML: initialises libmartlet in the folder, has llama.cpp load the module, prints what it logged and
 * which devices there are. Status 0 whether the module could be loaded or not; anything else is a fault. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *open_library(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    return library;
}

static void *function(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (found == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    return found;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        return 2;
    }
    void *martlet = open_library(argv[1], "libmartlet.so");
    void *ggml = open_library(argv[1], argv[3]);
    int32_t (*init)(const char *, int32_t) = function(martlet, "mt_init");
    int32_t (*log_drain)(char *, int32_t, int32_t *, int32_t *) = function(martlet, "mt_log_drain");
    void *(*load)(const char *) = function(ggml, "ggml_backend_load");
    size_t (*count)(void) = function(ggml, "ggml_backend_dev_count");
    void *(*device)(size_t) = function(ggml, "ggml_backend_dev_get");
    const char *(*name)(void *) = function(ggml, "ggml_backend_dev_name");
    size_t (*devices_of)(void *) = function(ggml, "ggml_backend_reg_dev_count");

    if (init(argv[1], (int32_t)strlen(argv[1])) != 0) {
        return 1;
    }
    void *module = load(argv[2]);
    static char log[1 << 16];
    int32_t written = 0;
    int32_t dropped = 0;
    while (log_drain(log, sizeof log, &written, &dropped) == 0 && written > 0) {
        printf("%.*s", (int)written, log);
    }
    if (module == NULL) {
        printf("module not loaded\n");
    } else {
        printf("module loaded, devices: %zu\n", devices_of(module));
    }
    for (size_t i = 0; i < count(); ++i) {
        printf("device %s\n", name(device(i)));
    }
    return 0;
}
