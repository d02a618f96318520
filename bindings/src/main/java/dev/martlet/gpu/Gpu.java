package dev.martlet.gpu;

import java.nio.file.Path;

/**
 * Whether this machine has a GPU for Martlet. Safe from any thread.
 *
 * <p>The system properties {@code martlet.libcuda} and {@code martlet.libnvml} name other libraries than the driver's
 * {@value #DRIVER} and {@value #MANAGEMENT}, for tests.
 */
public final class Gpu {

    private static final String DRIVER = "libcuda.so.1";
    private static final String MANAGEMENT = "libnvidia-ml.so.1";

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
}
