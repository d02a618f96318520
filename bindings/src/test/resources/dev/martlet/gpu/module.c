/*
 * module.c: a library in the place of llama.cpp's CUDA backend, which notes beside itself that it was loaded: a file with
 * its own name and ".loaded" at the end. With DEVICES it registers a backend with as many GPUs, each the CPU in
 * disguise, so that models run on them. The layouts are those of ggml-backend-impl.h of llama.cpp v0.5.0.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>

__attribute__((constructor)) static void note(void) {
    Dl_info self;
    char path[4096];
    dladdr((void *)note, &self);
    snprintf(path, sizeof path, "%s.loaded", self.dli_fname);
    FILE *mark = fopen(path, "w");
    if (mark) {
        fclose(mark);
    }
}

#ifdef DEVICES
struct registration;

struct properties {
    const char *name, *description;
    size_t memory_free, memory_total;
    int type;
    const char *device_id;
    unsigned char capabilities[8];
};

struct device {
    const char *(*get_name)(struct device *);
    const char *(*get_description)(struct device *);
    void (*get_memory)(struct device *, size_t *, size_t *);
    int (*get_type)(struct device *);
    void (*get_props)(struct device *, struct properties *);
    void *others[10];
    struct registration *registration;
    void *context;
};

struct registration {
    int api_version;
    const char *(*get_name)(struct registration *);
    size_t (*get_device_count)(struct registration *);
    struct device *(*get_device)(struct registration *, size_t);
    void *(*get_proc_address)(struct registration *, const char *);
    void *context;
};

static struct device devices[DEVICES + 1];

static const char *name(struct device *d) {
    static char names[DEVICES + 1][16];
    snprintf(names[d - devices], sizeof names[0], "CUDA%d", (int)(d - devices));
    return names[d - devices];
}

static void memory(struct device *d, size_t *free, size_t *total) {
    (void)d;
    *free = *total = (size_t)4 << 30;
}

static int type(struct device *d) {
    (void)d;
    return 1; /* GGML_BACKEND_DEVICE_TYPE_GPU */
}

static void props(struct device *d, struct properties *out) {
    *out = (struct properties){name(d), "disguise", (size_t)4 << 30, (size_t)4 << 30, type(d), NULL, {0}};
}

static const char *backend(struct registration *r) {
    (void)r;
    return "CUDA";
}

static size_t count(struct registration *r) {
    (void)r;
    return DEVICES;
}

static struct device *get(struct registration *r, size_t i) {
    (void)r;
    return &devices[i];
}

static void *address(struct registration *r, const char *function) {
    (void)r;
    (void)function;
    return NULL;
}

struct registration *ggml_backend_init(void) {
    static struct registration self = {2, backend, count, get, address, NULL};
    void *ggml = dlopen("libggml.v0.5.0.so", RTLD_NOLOAD | RTLD_LAZY);
    struct device *(*by_type)(int) = ggml ? (struct device * (*)(int)) dlsym(ggml, "ggml_backend_dev_by_type") : NULL;
    if (!by_type) {
        return NULL;
    }
    for (int i = 0; i < DEVICES; i++) {
        devices[i] = *by_type(0);
        devices[i].get_name = name;
        devices[i].get_memory = memory;
        devices[i].get_type = type;
        devices[i].get_props = props;
        devices[i].registration = &self;
    }
    return &self;
}
#endif
