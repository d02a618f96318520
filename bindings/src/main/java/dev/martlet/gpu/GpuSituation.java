package dev.martlet.gpu;

import dev.martlet.gpu.GpuDecision.Cause;
import dev.martlet.gpu.GpuDecision.Fetch;
import dev.martlet.gpu.GpuDecision.Ready;
import dev.martlet.gpu.GpuDecision.Refused;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All that decides whether a GPU is used. A value: {@link #decide()} looks at nothing else.
 *
 * @param driver as it was found
 * @param installed modules on this machine, the preferred one first
 * @param offered modules that can be fetched, likewise, with their runtime libraries
 * @param runtimes the runtime libraries on this machine, by their major version
 * @param neededBytes device memory without which a device is of no use
 */
public record GpuSituation(
        CudaDriver driver,
        List<CudaModule> installed,
        List<CudaModule> offered,
        Map<Integer, CudaRuntime> runtimes,
        long neededBytes) {

    private static final int NEWEST_MAJOR = 19;
    private static final int OLDEST_MAJOR = 11;
    private static final double MEGABYTE = 1e6;

    public GpuSituation {
        installed = List.copyOf(installed);
        offered = List.copyOf(offered);
        runtimes = Map.copyOf(runtimes);
    }

    /**
     * Collects what lies on this machine and what can be fetched; fetches nothing.
     *
     * @param files asked only where the driver shows a device
     */
    public static GpuSituation of(CudaDriver driver, Supplier<? extends CudaFiles> files, long neededBytes)
            throws IOException {
        return driver instanceof CudaDriver.Present present
                        && !present.devices().isEmpty()
                ? of(driver, files.get(), neededBytes)
                : new GpuSituation(driver, List.of(), List.of(), Map.of(), neededBytes);
    }

    /** The same, whatever the driver. */
    public static GpuSituation of(CudaDriver driver, CudaFiles files, long neededBytes) throws IOException {
        List<CudaModule> installed = files.installed();
        List<CudaModule> offered = new ArrayList<>();
        for (int major = NEWEST_MAJOR; major >= OLDEST_MAJOR; major--) {
            files.offered(major).ifPresent(offered::add);
        }
        Map<Integer, CudaRuntime> runtimes = new HashMap<>();
        Stream.concat(installed.stream(), offered.stream())
                .map(module -> module.toolkit().major())
                .distinct()
                .forEach(major -> files.runtime(major)
                        .ifPresent(folder -> runtimes.put(major, new CudaRuntime(major, Optional.of(folder)))));
        return new GpuSituation(driver, installed, offered, runtimes, neededBytes);
    }

    /** Whether each device can run a module; empty without a driver that answers. */
    public List<DeviceFit> fits(CudaModule module) {
        return driver instanceof CudaDriver.Present present
                ? present.devices().stream()
                        .map(device -> DeviceFit.of(module, present.cuda(), device))
                        .toList()
                : List.of();
    }

    /** The first module that can be used at once, else the first for which something is to be fetched, else why not. */
    public GpuDecision decide() {
        return switch (driver) {
            case CudaDriver.Absent absent -> withoutDriver(absent);
            case CudaDriver.Failed failed ->
                new Refused(
                        Cause.DRIVER_FAILED,
                        "NVIDIA's driver does not work: " + failed.reason(),
                        Optional.of("see what it says itself: nvidia-smi"));
            case CudaDriver.Present present
            when present.devices().isEmpty() ->
                new Refused(
                        Cause.NO_DEVICE,
                        "NVIDIA's driver (CUDA " + present.cuda() + ") shows no device",
                        Optional.of(
                                "look at CUDA_VISIBLE_DEVICES and nvidia-smi; a container needs --gpus all or the like"));
            case CudaDriver.Present present -> choose(present);
        };
    }

    private static Refused withoutDriver(CudaDriver.Absent absent) {
        return absent.hardware()
                ? new Refused(
                        Cause.NO_DRIVER,
                        "there is an NVIDIA GPU, but not NVIDIA's driver (" + absent.reason() + ")",
                        Optional.of("install the driver, on Ubuntu: sudo ubuntu-drivers install"))
                : new Refused(
                        Cause.NO_DRIVER,
                        "there is no NVIDIA driver on this machine (" + absent.reason() + ")",
                        Optional.empty());
    }

    private GpuDecision choose(CudaDriver.Present present) {
        List<GpuDecision> outcomes = Stream.concat(
                        installed.stream().map(module -> outcome(module, present, true)),
                        offered.stream().map(module -> outcome(module, present, false)))
                .toList();
        return first(outcomes, Ready.class)
                .or(() -> first(outcomes, Fetch.class))
                .or(() -> nearest(outcomes))
                .orElseGet(() -> new Refused(
                        Cause.NO_MODULE,
                        "no module of llama.cpp for CUDA is installed, and none can be fetched for this machine",
                        Optional.of(build(present.devices()))));
    }

    private static Optional<GpuDecision> first(List<GpuDecision> outcomes, Class<? extends GpuDecision> kind) {
        return outcomes.stream().filter(kind::isInstance).findFirst();
    }

    /** The refusal that came farthest: what it lacks is the least. Drivers are asked to be as new as the oldest module. */
    private static Optional<GpuDecision> nearest(List<GpuDecision> outcomes) {
        return outcomes.stream()
                .map(Refused.class::cast)
                .reduce((one, other) -> {
                    int farther = other.cause().compareTo(one.cause());
                    return farther > 0 || farther == 0 && one.cause() == Cause.OLD_DRIVER ? other : one;
                })
                .map(GpuDecision.class::cast);
    }

    private GpuDecision outcome(CudaModule module, CudaDriver.Present present, boolean here) {
        List<DeviceFit> fits = fits(module);
        List<DeviceFit> running =
                fits.stream().filter(fit -> fit.verdict().runs()).toList();
        if (running.isEmpty()) {
            return withoutCode(module, fits);
        }
        List<DeviceFit> roomy = running.stream()
                .filter(fit -> fit.device().memory() >= neededBytes)
                .toList();
        if (roomy.isEmpty()) {
            return withoutMemory(running);
        }
        int major = module.toolkit().major();
        CudaRuntime runtime = runtimes.get(major);
        if (here && runtime != null) {
            return new Ready(module, runtime, roomy, present.devices().size());
        }
        return runtime != null
                        || offered.stream().anyMatch(other -> other.toolkit().major() == major)
                ? new Fetch(module, !here, runtime == null)
                : new Refused(
                        Cause.NO_RUNTIME,
                        "the CUDA module needs " + String.join(", ", CudaRuntime.names(major))
                                + ", and they are not on this machine",
                        Optional.of("install the libraries of CUDA " + major + ", cuBLAS among them"));
    }

    private static Refused withoutCode(CudaModule module, List<DeviceFit> fits) {
        boolean old = fits.getFirst().verdict() == DeviceFit.Verdict.OLD_DRIVER;
        if (old) {
            return new Refused(
                    Cause.OLD_DRIVER,
                    fits.getFirst().reason(),
                    Optional.of("update NVIDIA's driver to one for CUDA "
                            + module.toolkit().major()));
        }
        String each = fits.stream()
                .map(fit -> name(fit.device()) + ": " + fit.reason())
                .collect(Collectors.joining("; "));
        return new Refused(
                Cause.NO_CODE,
                "the CUDA module (CUDA " + module.toolkit() + ", " + module.origin() + ") does not fit " + each,
                Optional.of(build(fits.stream().map(DeviceFit::device).toList())));
    }

    private Refused withoutMemory(List<DeviceFit> running) {
        String each = running.stream()
                .map(DeviceFit::device)
                .map(device -> name(device) + " has " + megabytes(device.memory()) + " of "
                        + megabytes(device.memoryTotal()) + " free")
                .collect(Collectors.joining(", "));
        return new Refused(
                Cause.NO_MEMORY,
                "no device has the memory for even one layer, " + megabytes(neededBytes) + ": " + each,
                Optional.of("see what holds it: nvidia-smi"));
    }

    private static String name(CudaDevice device) {
        return "GPU " + device.index() + " (" + device.name() + ")";
    }

    private static String build(List<CudaDevice> devices) {
        return "./martlet natives build --cuda-arch "
                + devices.stream()
                        .map(device -> device.capability().architecture())
                        .distinct()
                        .sorted()
                        .collect(Collectors.joining(","));
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%,.0f MB", bytes / MEGABYTE);
    }
}
