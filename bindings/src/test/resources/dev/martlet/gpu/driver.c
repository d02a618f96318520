/*
 * driver.c: as much of libcuda.so.1 and libnvidia-ml.so.1 as the probe asks for. What it says stands in a file beside
 * it, its own name with ".facts" at the end:
 *   driver 13000                     what cuDriverGetVersion tells
 *   init 0                           what cuInit returns
 *   release 580.65.06                what NVML calls the driver
 *   device MAJOR MINOR TOTAL FREE NAME   a device; FREE -1 where NVML does not tell
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

struct device {
    int major, minor;
    long long total, free;
    char name[200];
};

static struct device devices[16];
static int count, version, init_code;
static char release[80];

__attribute__((constructor)) static void read_facts(void) {
    Dl_info self;
    char path[4096], line[512];
    dladdr((void *)read_facts, &self);
    snprintf(path, sizeof path, "%s.facts", self.dli_fname);
    FILE *facts = fopen(path, "r");
    while (facts && fgets(line, sizeof line, facts)) {
        struct device *d = &devices[count];
        if (sscanf(line, "device %d %d %lld %lld %199[^\n]", &d->major, &d->minor, &d->total, &d->free, d->name) == 5) {
            count++;
        }
        sscanf(line, "driver %d", &version);
        sscanf(line, "init %d", &init_code);
        sscanf(line, "release %79s", release);
    }
    if (facts) {
        fclose(facts);
    }
}

#ifndef NO_INIT
int cuInit(unsigned flags) {
    return flags ? 1 : init_code;
}
#endif

int cuDriverGetVersion(int *out) {
    *out = version;
    return 0;
}

int cuDeviceGetCount(int *out) {
    *out = count;
    return 0;
}

/* Not the index itself, so that who mixes the two up is found out. */
int cuDeviceGet(int *out, int index) {
    *out = 100 + index;
    return index < count ? 0 : 101;
}

static struct device *find(int device) {
    return device >= 100 && device < 100 + count ? &devices[device - 100] : NULL;
}

int cuDeviceGetName(char *out, int capacity, int device) {
    if (!find(device)) {
        return 101;
    }
    snprintf(out, capacity, "%s", find(device)->name);
    return 0;
}

int cuDeviceGetAttribute(int *out, int attribute, int device) {
    if (!find(device) || (attribute != 75 && attribute != 76)) {
        return 1;
    }
    *out = attribute == 75 ? find(device)->major : find(device)->minor;
    return 0;
}

int cuDeviceTotalMem_v2(size_t *out, int device) {
    if (!find(device)) {
        return 101;
    }
    *out = find(device)->total;
    return 0;
}

int cuDeviceGetUuid_v2(unsigned char *out, int device) {
    for (int i = 0; i < 16; i++) {
        out[i] = 0xa0 + i;
    }
    out[15] = device;
    return find(device) ? 0 : 101;
}

int cuGetErrorString(int code, const char **out) {
    *out = code == 803 ? "system has unsupported display driver / cuda driver combination" : NULL;
    return code == 803 ? 0 : 1;
}

int nvmlInit_v2(void) {
    return 0;
}

int nvmlShutdown(void) {
    return 0;
}

int nvmlSystemGetDriverVersion(char *out, unsigned capacity) {
    snprintf(out, capacity, "%s", release);
    return release[0] ? 0 : 3;
}

/* The first device is a whole one, the others are instances. */
int nvmlDeviceGetHandleByUUID(const char *uuid, void **out) {
    int device = 0;
    char kind[4];
    if (sscanf(uuid, "%3[A-Z]-a0a1a2a3-a4a5-a6a7-a8a9-aaabacadae%x", kind, &device) != 2 || !find(device) ||
        strcmp(kind, device == 100 ? "GPU" : "MIG") != 0) {
        return 6;
    }
    *out = find(device);
    return 0;
}

int nvmlDeviceGetMemoryInfo(void *handle, unsigned long long *out) {
    struct device *d = handle;
    out[0] = d->total;
    out[1] = d->free;
    out[2] = d->total - d->free;
    return d->free < 0 ? 3 : 0;
}
