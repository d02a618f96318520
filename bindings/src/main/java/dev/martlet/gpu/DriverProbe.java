package dev.martlet.gpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.martlet.nativelib.NativeCalls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * Asks NVIDIA's driver what there is, through its driver API. Makes no context on any device, and gives a reason for
 * whatever goes wrong.
 */
final class DriverProbe {

    /** A call that did not return 0. */
    private static final class CallFailed extends Exception {
        private static final long serialVersionUID = 1;

        private final int code;

        CallFailed(String message, int code) {
            super(message);
            this.code = code;
        }
    }

    private static final List<String> NEEDED = List.of(
            "cuInit",
            "cuDriverGetVersion",
            "cuDeviceGetCount",
            "cuDeviceGet",
            "cuDeviceGetName",
            "cuDeviceGetAttribute",
            "cuDeviceTotalMem_v2");

    private static final int SUCCESS = 0;
    private static final int NO_DEVICE = 100; // CUDA_ERROR_NO_DEVICE
    private static final int CAPABILITY_MAJOR = 75; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
    private static final int CAPABILITY_MINOR = 76;
    private static final int NAME_CAPACITY = 256;
    private static final int UUID_BYTES = 16;
    private static final int LONGEST_MESSAGE = 1_024;

    private final SharedLibrary cuda;
    private final Optional<Nvml> nvml;

    private DriverProbe(SharedLibrary cuda, Optional<Nvml> nvml) {
        this.cuda = cuda;
        this.nvml = nvml;
    }

    /**
     * @param libcuda the driver's library, a name or a path
     * @param libnvml that for management, which may be missing
     * @param root holds {@code sys}
     */
    static CudaDriver run(String libcuda, String libnvml, Path root) {
        if (!System.getProperty("os.name").startsWith("Linux")) {
            return new CudaDriver.Absent("CUDA is used on Linux only", false);
        }
        SharedLibrary library;
        try {
            library = SharedLibrary.open(libcuda);
        } catch (SharedLibrary.NotLoaded e) {
            return new CudaDriver.Absent(e.getMessage(), hardware(root));
        }
        for (String function : NEEDED) {
            if (!library.has(function)) {
                return new CudaDriver.Failed(libcuda + " has no " + function + ", so it is no driver of CUDA");
            }
        }
        Optional<Nvml> management = Nvml.open(libnvml);
        try {
            return new DriverProbe(library, management).read();
        } catch (CallFailed e) {
            return new CudaDriver.Failed(e.getMessage());
        } finally {
            management.ifPresent(Nvml::close);
        }
    }

    private CudaDriver read() throws CallFailed {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(JAVA_INT);
            check("cuDriverGetVersion", number);
            int version = number.get(JAVA_INT, 0); // 1000 * major + 10 * minor
            List<CudaDevice> devices = new ArrayList<>();
            try {
                check("cuInit", 0);
                check("cuDeviceGetCount", number);
                int count = number.get(JAVA_INT, 0);
                for (int i = 0; i < count; i++) {
                    devices.add(device(i, arena));
                }
            } catch (CallFailed e) {
                if (e.code != NO_DEVICE) {
                    throw e;
                }
            }
            return new CudaDriver.Present(
                    new CudaVersion(version / 1_000, version % 1_000 / 10), nvml.flatMap(Nvml::driverRelease), devices);
        }
    }

    private CudaDevice device(int index, Arena arena) throws CallFailed {
        MemorySegment number = arena.allocate(JAVA_INT);
        check("cuDeviceGet", number, index);
        int device = number.get(JAVA_INT, 0);
        MemorySegment name = arena.allocate(NAME_CAPACITY, 1);
        check("cuDeviceGetName", name, NAME_CAPACITY, device);
        check("cuDeviceGetAttribute", number, CAPABILITY_MAJOR, device);
        int major = number.get(JAVA_INT, 0);
        check("cuDeviceGetAttribute", number, CAPABILITY_MINOR, device);
        int minor = number.get(JAVA_INT, 0);
        MemorySegment bytes = arena.allocate(JAVA_LONG);
        check("cuDeviceTotalMem_v2", bytes, device);
        long total = bytes.get(JAVA_LONG, 0);
        return new CudaDevice(
                index, NativeCalls.field(name), new ComputeCapability(major, minor), total, free(device, total, arena));
    }

    /** Devices are numbered differently by the two libraries; their UUIDs are the same. */
    private OptionalLong free(int device, long total, Arena arena) {
        // The second version tells instances of a device (MIG) apart.
        Optional<String> function = List.of("cuDeviceGetUuid_v2", "cuDeviceGetUuid").stream()
                .filter(cuda::has)
                .findFirst();
        MemorySegment uuid = arena.allocate(UUID_BYTES, 1);
        if (nvml.isEmpty() || function.isEmpty() || cuda.call(function.get(), uuid, device) != SUCCESS) {
            return OptionalLong.empty();
        }
        ByteBuffer bits = ByteBuffer.wrap(uuid.toArray(JAVA_BYTE));
        OptionalLong free = nvml.get().memoryFree(new UUID(bits.getLong(), bits.getLong()).toString());
        return free.isPresent() ? OptionalLong.of(Math.min(free.getAsLong(), total)) : free;
    }

    private void check(String function, Object... arguments) throws CallFailed {
        int code = cuda.call(function, arguments);
        if (code != SUCCESS) {
            throw new CallFailed(function + " of " + cuda.name() + " failed: " + describe(code), code);
        }
    }

    /** The driver's own words for a code, and the code. */
    private String describe(int code) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(ADDRESS);
            if (!cuda.has("cuGetErrorString")
                    || cuda.call("cuGetErrorString", code, text) != SUCCESS
                    || text.get(ADDRESS, 0).equals(MemorySegment.NULL)) {
                return "code " + code;
            }
            return string(text.get(ADDRESS, 0)) + " (code " + code + ")";
        }
    }

    @SuppressWarnings("restricted")
    private static String string(MemorySegment text) {
        return NativeCalls.field(text.reinterpret(LONGEST_MESSAGE));
    }

    // ---- without a driver

    /** Whether a display controller of NVIDIA is on the PCI bus. */
    static boolean hardware(Path root) {
        Path bus = root.resolve("sys/bus/pci/devices");
        if (!Files.isDirectory(bus)) {
            return false;
        }
        try (DirectoryStream<Path> devices = Files.newDirectoryStream(bus)) {
            for (Path device : devices) {
                if (holds(device.resolve("vendor"), "0x10de") && holds(device.resolve("class"), "0x03")) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return false; // what cannot be read is not known to be there
        }
    }

    private static boolean holds(Path file, String beginning) throws IOException {
        return Files.isRegularFile(file) && Files.readString(file).startsWith(beginning);
    }
}
