package dev.martlet.cli;

import dev.martlet.engine.EngineOptions;
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
import dev.martlet.memory.ContextShape;
import dev.martlet.memory.LayerFit;
import dev.martlet.memory.ModelShape;
import dev.martlet.model.Device;
import dev.martlet.model.ModelOptions;
import dev.martlet.nativelib.NativeException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;

/** Brings the GPU into play before {@code serve} opens its model, or says why it stays out. */
final class GpuStart {
    private static final double MEGABYTE = 1e6;
    private static final int NONE = 0;

    /** Tokens for all requests together that a context should have before a model is spread over GPU and host. */
    private static final int SHORT_CONTEXT = 8_192;

    /** Who asks for a number of layers has reckoned himself. */
    private static final long NO_MARGIN = 0;

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
     * Finds, fetches and loads what the choice asks for, and says how a model goes onto it.
     *
     * @param gguf the model, which must be there
     * @param options for opening it; layers and shares are filled in
     * @param engine for running it
     * @throws CommandFailure where layers are asked for by number and there is no GPU, or no room, for them
     */
    ModelOptions place(GpuChoice choice, Path gguf, ModelOptions options, EngineOptions engine) {
        try {
            return placed(choice, gguf, options, engine);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("a setting is out of range: " + e.getMessage(), e);
        }
    }

    private ModelOptions placed(GpuChoice choice, Path gguf, ModelOptions options, EngineOptions engine) {
        return switch (choice) {
            case GpuChoice.Off off -> options.withGpuLayers(NONE);
            case GpuChoice.Auto auto -> {
                try {
                    load();
                    yield fitting(gguf, options, engine);
                } catch (NoGpu e) {
                    say.println("martlet: on the CPU: " + e.getMessage());
                    yield options; // where other systems have GPUs, these need no module
                }
            }
            case GpuChoice.Layers layers -> {
                try {
                    load();
                    yield demanded(layers.count(), gguf, options, engine);
                } catch (NoGpu e) {
                    throw new CommandFailure("--gpu " + layers.count() + ": " + e.getMessage(), e);
                }
            }
        };
    }

    /** As many layers as fit. Where not all do, a shorter context may make the room: that costs less than layers on the host. */
    private ModelOptions fitting(Path gguf, ModelOptions options, EngineOptions engine) {
        ModelShape model = shape(gguf);
        ContextShape context = engine.contextShape(model);
        LayerFit fit = LayerFit.of(model, context, Device.list(), options.split(), LayerFit.MARGIN);
        if (fit.layers() < fit.of() && engine.contextTokens() == 0 && context.tokens() > SHORT_CONTEXT) {
            fit = LayerFit.of(
                    model, context.withTokens(SHORT_CONTEXT), Device.list(), options.split(), LayerFit.MARGIN);
        }
        say.println("martlet: " + fit.sentence());
        return options.withGpuLayers(fit.layers()).withSplit(fit.split());
    }

    private static ModelOptions demanded(int layers, Path gguf, ModelOptions options, EngineOptions engine)
            throws NoGpu {
        ModelShape model = shape(gguf);
        LayerFit fit =
                LayerFit.demanded(model, engine.contextShape(model), Device.list(), options.split(), layers, NO_MARGIN);
        if (!fit.fits()) {
            throw new NoGpu(fit.sentence() + "; fewer layers, or a smaller --ctx-size");
        }
        return options.withGpuLayers(fit.layers()).withSplit(fit.split());
    }

    private static ModelShape shape(Path gguf) {
        try {
            return ModelShape.read(gguf);
        } catch (NativeException e) {
            throw new CommandFailure(e.getMessage(), e);
        }
    }

    private void load() throws NoGpu {
        try {
            switch (decide()) {
                case Ready ready -> load(ready);
                case Fetch fetch ->
                    throw new NoGpu("what was fetched for CUDA "
                            + fetch.module().toolkit().major() + " is not there");
                case Refused refused -> throw new NoGpu(sentence(refused));
            }
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

    private void load(Ready ready) throws NoGpu {
        if (Gpu.load(ready) instanceof Refused refused) {
            throw new NoGpu(sentence(refused));
        }
        CudaModule module = ready.module();
        for (DeviceFit fit : ready.fits()) {
            say.println("martlet: " + line(fit) + "; module for CUDA " + module.toolkit() + " (" + module.origin()
                    + "), " + fit.reason());
        }
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
