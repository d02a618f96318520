package dev.martlet.gpu;

import java.util.List;
import java.util.Optional;

/** What comes of comparing driver, devices and modules, before anything is loaded. */
public sealed interface GpuDecision {

    /**
     * All is there, and it fits.
     *
     * @param module the one to load
     * @param runtime the libraries it needs
     * @param fits the devices that take part, in the driver's order
     * @param devices how many the driver shows; those beyond {@code fits} must be left alone
     */
    record Ready(CudaModule module, CudaRuntime runtime, List<DeviceFit> fits, int devices) implements GpuDecision {
        public Ready {
            fits = List.copyOf(fits);
        }
    }

    /**
     * It would fit, but something must be fetched first.
     *
     * @param module the one to load then
     * @param withModule whether the module itself is to be fetched
     * @param withRuntime whether the libraries it needs are to be fetched
     */
    record Fetch(CudaModule module, boolean withModule, boolean withRuntime) implements GpuDecision {}

    /**
     * No GPU can be used.
     *
     * @param reason a sentence without capital and full stop
     * @param remedy what mends it, a command where there is one
     */
    record Refused(Cause cause, String reason, Optional<String> remedy) implements GpuDecision {}

    /** What stands in the way, from what is missed first to what is missed last. */
    enum Cause {
        NO_DRIVER,
        DRIVER_FAILED,
        NO_DEVICE,
        NO_MODULE,
        OLD_DRIVER,
        NO_CODE,
        NO_MEMORY,
        NO_RUNTIME
    }
}
