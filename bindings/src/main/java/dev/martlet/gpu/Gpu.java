package dev.martlet.gpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.martlet.ffi.martlet_h;
import dev.martlet.gpu.GpuDecision.Cause;
import dev.martlet.gpu.GpuDecision.Ready;
import dev.martlet.gpu.GpuDecision.Refused;
import dev.martlet.nativelib.NativeCalls;
import dev.martlet.nativelib.NativeException;
import dev.martlet.nativelib.NativeLibrary;
import dev.martlet.nativelib.Status;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The GPU's part in running models: finding it, and loading llama.cpp's CUDA backend for it. Models that are opened after
 * that put their layers there, as many as their options say.
 *
 * <pre>{@code
 * GpuDecision decision = Gpu.load(CudaModule.read(Path.of("cuda-module")));
 * if (decision instanceof GpuDecision.Refused refused) {
 *     System.err.println("on the CPU: " + refused.reason());
 * }
 * Model model = Model.open(file); // all its layers on the GPU, if there is one now
 * }</pre>
 *
 * <p>Safe from any thread. The system properties {@code martlet.libcuda} and {@code martlet.libnvml} name other libraries
 * than the driver's {@value #DRIVER} and {@value #MANAGEMENT}, for tests.
 */
public final class Gpu {

    /**
     * Bytes of device memory below which no model gains anything: about what CUDA's context on a device, the workspace of
     * cuBLAS and the buffers of one layer take.
     */
    public static final long LEAST_MEMORY = 512L << 20;

    private static final String DRIVER = "libcuda.so.1";
    private static final String MANAGEMENT = "libnvidia-ml.so.1";
    private static final String OPERATION = "load CUDA module";

    /** Guarded by the class. */
    private static Optional<Ready> loaded = Optional.empty();

    private Gpu() {}

    /**
     * Finds out what driver and devices there are. Opens the driver's own libraries and nothing of Martlet, makes no context,
     * takes no device memory, and fails in no way but by what it returns.
     */
    public static CudaDriver probe() {
        return DriverProbe.run(
                System.getProperty("martlet.libcuda", DRIVER),
                System.getProperty("martlet.libnvml", MANAGEMENT),
                Path.of("/"));
    }

    /**
     * Loads the first of these modules that fits driver and devices, with the libraries of CUDA that lie beside it or that the
     * dynamic linker finds. No model may be open.
     *
     * @return Ready where it is loaded, or was before, else Refused; never Fetch
     * @throws NativeException where the module fits and cannot be loaded all the same
     */
    public static GpuDecision load(CudaModule... modules) {
        Map<Integer, CudaRuntime> runtimes = new HashMap<>();
        for (CudaModule module : modules) {
            int major = module.toolkit().major();
            runtimes.putIfAbsent(major, new CudaRuntime(major, beside(module)));
        }
        GpuDecision decision =
                new GpuSituation(probe(), Arrays.asList(modules), List.of(), runtimes, LEAST_MEMORY).decide();
        return decision instanceof Ready ready ? load(ready) : decision;
    }

    private static Optional<Path> beside(CudaModule module) {
        return CudaRuntime.names(module.toolkit().major()).stream()
                        .allMatch(name -> Files.isRegularFile(module.folder().resolve(name)))
                ? Optional.of(module.folder())
                : Optional.empty();
    }

    /**
     * Loads what was decided on: first the libraries of CUDA, then the module, which finds them by their names. Stays loaded
     * until the process ends; a second call does nothing. No model may be open.
     *
     * @return what is loaded, or Refused where CUDA's libraries cannot be opened
     * @throws NativeException where the module cannot be loaded, STATE where models are open
     */
    public static synchronized GpuDecision load(Ready ready) {
        if (loaded.isPresent()) {
            return loaded.get();
        }
        NativeLibrary.ensureLoaded();
        for (String file : ready.runtime().files()) {
            try {
                SharedLibrary.open(file);
            } catch (SharedLibrary.NotLoaded e) {
                return new Refused(
                        Cause.NO_RUNTIME,
                        "a library of CUDA cannot be opened: " + e.getMessage(),
                        Optional.of("install the libraries of CUDA "
                                + ready.runtime().major() + ", cuBLAS among them"));
            }
        }
        loadModule(ready);
        loaded = Optional.of(ready);
        return ready;
    }

    private static void loadModule(Ready ready) {
        byte[] path = ready.module().file().toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
        int[] chosen =
                ready.fits().stream().mapToInt(fit -> fit.device().index()).toArray();
        if (chosen.length == 0) {
            throw new NativeException(OPERATION, Status.INVALID_ARGUMENT, "no device is to take part");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment devices = arena.allocate((long) chosen.length * Integer.BYTES, Integer.BYTES);
            MemorySegment.copy(chosen, 0, devices, JAVA_INT, 0, chosen.length);
            // Where all take part llama.cpp chooses among them itself, e.g. passes over one that is there twice.
            boolean all = chosen.length == ready.devices();
            NativeCalls.check(
                    OPERATION,
                    martlet_h.mt_backend_load(
                            NativeCalls.bytes(path, arena),
                            path.length,
                            all ? MemorySegment.NULL : devices,
                            all ? 0 : chosen.length));
        }
    }

    /** What was loaded; empty as long as nothing is. */
    public static synchronized Optional<Ready> loaded() {
        return loaded;
    }
}
