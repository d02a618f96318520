package dev.martlet.gpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.martlet.nativelib.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * NVIDIA's management library, which comes with the driver: it knows how much memory is free without a context on the
 * device, which would take some of it. What it cannot tell is empty; nothing depends on it.
 */
final class Nvml implements AutoCloseable {

    private static final int SUCCESS = 0;
    private static final int VERSION_CAPACITY = 80; // NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE
    private static final long LONG = Long.BYTES;

    private final SharedLibrary library;

    private Nvml(SharedLibrary library) {
        this.library = library;
    }

    /** Opens it by its name or path; empty where it is not there or does not answer. */
    static Optional<Nvml> open(String name) {
        try {
            SharedLibrary library = SharedLibrary.open(name);
            return library.has("nvmlInit_v2") && library.has("nvmlShutdown") && library.call("nvmlInit_v2") == SUCCESS
                    ? Optional.of(new Nvml(library))
                    : Optional.empty();
        } catch (SharedLibrary.NotLoaded e) {
            return Optional.empty();
        }
    }

    /** The driver's own version, e.g. "580.65.06". */
    Optional<String> driverRelease() {
        if (!library.has("nvmlSystemGetDriverVersion")) {
            return Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(VERSION_CAPACITY, 1);
            return library.call("nvmlSystemGetDriverVersion", text, VERSION_CAPACITY) == SUCCESS
                    ? Optional.of(NativeCalls.field(text))
                    : Optional.empty();
        }
    }

    /** @param uuid of a device or of an instance of one (MIG), without the prefix that tells which */
    OptionalLong memoryFree(String uuid) {
        if (!library.has("nvmlDeviceGetHandleByUUID") || !library.has("nvmlDeviceGetMemoryInfo")) {
            return OptionalLong.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment device = arena.allocate(ADDRESS);
            MemorySegment memory = arena.allocate(3 * LONG, LONG); // total, free, used
            boolean found = library.call("nvmlDeviceGetHandleByUUID", SharedLibrary.text("GPU-" + uuid, arena), device)
                            == SUCCESS
                    || library.call("nvmlDeviceGetHandleByUUID", SharedLibrary.text("MIG-" + uuid, arena), device)
                            == SUCCESS;
            return found && library.call("nvmlDeviceGetMemoryInfo", device.get(ADDRESS, 0), memory) == SUCCESS
                    ? OptionalLong.of(memory.get(JAVA_LONG, LONG))
                    : OptionalLong.empty();
        }
    }

    @Override
    public void close() {
        library.call("nvmlShutdown");
    }
}
