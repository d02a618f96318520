package dev.martlet.gpu;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Whether a device can run a module, as far as driver and code go.
 *
 * @param verdict how it ends
 * @param reason why, in words
 */
public record DeviceFit(CudaDevice device, Verdict verdict, String reason) {

    /** How it ends. */
    public enum Verdict {
        /** The module has machine code for the device. */
        RUNS,
        /** The module has PTX, which the driver compiles when it is first used and then keeps. */
        COMPILES,
        /** The driver is of an older major version of CUDA than the module. */
        OLD_DRIVER,
        /** Nothing in the module is for the device, or only PTX that this driver cannot read. */
        NO_CODE;

        /** Whether it is a yes. */
        public boolean runs() {
            return this == RUNS || this == COMPILES;
        }
    }

    /**
     * Compares what a module holds with a driver and a device. Machine code needs a driver of the same major version at
     * least (minor version compatibility), PTX one that knows the very version it was made with.
     */
    public static DeviceFit of(CudaModule module, CudaVersion driver, CudaDevice device) {
        if (driver.major() < module.toolkit().major()) {
            return new DeviceFit(
                    device,
                    Verdict.OLD_DRIVER,
                    "the driver knows CUDA up to " + driver + ", the module needs "
                            + module.toolkit().major() + ".0 or newer");
        }
        Optional<Architecture> code = architectures(module.sass())
                .filter(architecture -> architecture.machineCodeRunsOn(device.capability()))
                .findFirst();
        if (code.isPresent()) {
            return new DeviceFit(device, Verdict.RUNS, "machine code for " + code.get());
        }
        Optional<Architecture> ptx = architectures(module.ptx())
                .filter(architecture -> architecture.ptxRunsOn(device.capability()))
                .reduce((older, newer) -> newer);
        String lacks = "there is no machine code for compute capability " + device.capability() + " in it";
        if (ptx.isEmpty()) {
            return new DeviceFit(device, Verdict.NO_CODE, lacks + ", and no PTX either");
        }
        return driver.compareTo(module.toolkit()) < 0
                ? new DeviceFit(
                        device,
                        Verdict.NO_CODE,
                        lacks + ", and its PTX needs a driver that knows CUDA " + module.toolkit() + "; this one knows "
                                + driver)
                : new DeviceFit(
                        device, Verdict.COMPILES, "PTX of " + ptx.get() + ", compiled by the driver at its first use");
    }

    private static Stream<Architecture> architectures(List<String> names) {
        return names.stream().map(Architecture::parse);
    }
}
