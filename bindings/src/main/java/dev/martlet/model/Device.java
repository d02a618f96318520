package dev.martlet.model;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.martlet.ffi.martlet_h;
import dev.martlet.ffi.mt_device;
import dev.martlet.nativelib.NativeCalls;
import dev.martlet.nativelib.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Something a model can run on.
 *
 * @param kind what it is
 * @param name e.g. "CUDA0"
 * @param description the maker's name for it
 * @param backend the library that drives it, e.g. "CPU" or "CUDA"
 * @param memoryFree bytes
 * @param memoryTotal bytes
 */
public record Device(Kind kind, String name, String description, String backend, long memoryFree, long memoryTotal) {

    /** What a device is. */
    public enum Kind {
        CPU,
        GPU,
        /** A GPU that shares the host's memory. */
        INTEGRATED_GPU,
        /** Works beside the CPU, e.g. a library for matrix products. */
        ACCELERATOR
    }

    /** All devices of this machine that the native library can use. Loads the library. */
    public static List<Device> list() {
        NativeLibrary.ensureLoaded();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_INT);
            NativeCalls.check("count devices", martlet_h.mt_device_count(count));
            MemorySegment info = mt_device.allocate(arena);
            List<Device> devices = new ArrayList<>();
            for (int i = 0; i < count.get(JAVA_INT, 0); i++) {
                mt_device.struct_size(info, (int) mt_device.layout().byteSize());
                NativeCalls.check("read device", martlet_h.mt_device_info(i, info));
                devices.add(new Device(
                        Kind.values()[mt_device.kind(info)],
                        NativeCalls.field(mt_device.name(info)),
                        NativeCalls.field(mt_device.description(info)),
                        NativeCalls.field(mt_device.backend(info)),
                        mt_device.memory_free(info),
                        mt_device.memory_total(info)));
            }
            return List.copyOf(devices);
        }
    }
}
