package dev.martlet.cli;

import dev.martlet.gpu.CudaDevice;
import dev.martlet.gpu.CudaFiles;
import dev.martlet.gpu.CudaModule;
import dev.martlet.gpu.DeviceFit;
import dev.martlet.gpu.Gpu;
import dev.martlet.gpu.GpuDecision;
import dev.martlet.gpu.GpuDecision.Fetch;
import dev.martlet.gpu.GpuDecision.Ready;
import dev.martlet.gpu.GpuDecision.Refused;
import dev.martlet.gpu.GpuSituation;
import dev.martlet.nativelib.NativeException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** Brings the GPU into play before {@code serve} opens its model, or says why it stays out. */
final class GpuStart {
    private static final double MEGABYTE = 1e6;
    private static final int ALL = -1;
    private static final int NONE = 0;

    /** Why no GPU takes part, in words. */
    private static final class NoGpu extends Exception {
        private static final long serialVersionUID = 1;

        NoGpu(String reason) {
            super(reason);
        }

        NoGpu(Exception cause) {
            super(cause.getMessage(), cause);
        }
    }

    private final Supplier<? extends CudaFiles> files;
    private final PrintStream say;

    /**
     * @param files asked only where there is a device
     * @param say gets a line for each device, or why there is none
     */
    GpuStart(Supplier<? extends CudaFiles> files, PrintStream say) {
        this.files = files;
        this.say = say;
    }

    /**
     * Finds, fetches and loads what the choice asks for.
     *
     * @return layers for the GPU, -1 for all
     * @throws CommandFailure where layers are asked for by number and there is no GPU for them
     */
    int layers(GpuChoice choice, Path gguf) {
        return switch (choice) {
            case GpuChoice.Off off -> NONE;
            case GpuChoice.Auto auto -> {
                try {
                    yield fitting(gguf, load());
                } catch (NoGpu e) {
                    say.println("martlet: on the CPU: " + e.getMessage());
                    yield ALL; // of whatever else there is: backends for other systems need no module
                }
            }
            case GpuChoice.Layers layers -> {
                try {
                    load();
                    yield layers.count();
                } catch (NoGpu e) {
                    throw new CommandFailure("--gpu " + layers.count() + ": " + e.getMessage(), e);
                }
            }
        };
    }

    /** How many layers of a model the devices take. All: llama.cpp spreads them over the devices by their free memory. */
    private static int fitting(Path gguf, List<CudaDevice> devices) {
        return ALL;
    }

    private List<CudaDevice> load() throws NoGpu {
        try {
            return switch (decide()) {
                case Ready ready -> load(ready);
                case Fetch fetch ->
                    throw new NoGpu("what was fetched for CUDA "
                            + fetch.module().toolkit().major() + " is not there");
                case Refused refused -> throw new NoGpu(sentence(refused));
            };
        } catch (IOException | NativeException e) {
            throw new NoGpu(e);
        }
    }

    private GpuDecision decide() throws IOException {
        GpuSituation situation = GpuSituation.of(Gpu.probe(), files, Gpu.LEAST_MEMORY);
        GpuDecision decision = situation.decide();
        if (!(decision instanceof Fetch fetch)) {
            return decision;
        }
        int major = fetch.module().toolkit().major();
        if (fetch.withModule()) {
            files.get().fetch(major);
        }
        if (fetch.withRuntime()) {
            files.get().fetchRuntime(major);
        }
        return GpuSituation.of(situation.driver(), files, Gpu.LEAST_MEMORY).decide();
    }

    private List<CudaDevice> load(Ready ready) throws NoGpu {
        if (Gpu.load(ready) instanceof Refused refused) {
            throw new NoGpu(sentence(refused));
        }
        CudaModule module = ready.module();
        for (DeviceFit fit : ready.fits()) {
            say.println("martlet: " + line(fit) + "; module for CUDA " + module.toolkit() + " (" + module.origin()
                    + "), " + fit.reason());
        }
        return ready.fits().stream().map(DeviceFit::device).toList();
    }

    private static String line(DeviceFit fit) {
        CudaDevice device = fit.device();
        return String.format(
                Locale.ROOT,
                "GPU %d %s, compute capability %s, %,.0f MB of %,.0f MB free",
                device.index(),
                device.name(),
                device.capability(),
                device.memory() / MEGABYTE,
                device.memoryTotal() / MEGABYTE);
    }

    private static String sentence(Refused refused) {
        return refused.reason() + refused.remedy().map(text -> "; " + text).orElse("");
    }
}
