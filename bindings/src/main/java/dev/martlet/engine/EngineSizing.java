package dev.martlet.engine;

import dev.martlet.memory.ContextShape;
import dev.martlet.memory.GpuShares;
import dev.martlet.memory.LayerFit;
import dev.martlet.memory.MemoryEstimate;
import dev.martlet.memory.MemoryUse;
import dev.martlet.memory.ModelShape;
import dev.martlet.model.Device;
import dev.martlet.model.Machine;
import dev.martlet.model.Model;
import dev.martlet.model.ModelInfo;
import dev.martlet.model.ModelOptions;
import java.util.List;
import java.util.OptionalLong;

/** Chooses what {@link EngineOptions} leave open: threads by the cores, the context by the model and the free memory. */
final class EngineSizing {

    /** Cells a context has at most unless asked for more: a thousand tokens for each of 32 requests. */
    static final int MOST_CELLS = 32_768;

    /** Cells a context has at least, as far as the model was trained for them, however little memory is free. */
    static final int LEAST_CELLS = 2_048;

    /** llama.cpp rounds a context up to these. */
    private static final int CELL_BLOCK = 256;

    private final ModelInfo model;
    private final ModelShape shape;
    private final ModelOptions placed;

    /** @param placed what the model was opened with */
    EngineSizing(ModelInfo model, ModelShape shape, ModelOptions placed) {
        this.model = model;
        this.shape = shape;
        this.placed = placed;
    }

    /** Options with nothing left open, for this model on this machine. Reads the model's file where it must. */
    static EngineOptions fit(EngineOptions options, Model model) {
        Machine machine = Machine.current();
        return options.contextTokens() > 0
                ? withThreads(options, machine)
                : new EngineSizing(model.info(), ModelShape.read(model.path()), model.options())
                        .fit(options, machine, Device.list());
    }

    /** Options with nothing left open. */
    EngineOptions fit(EngineOptions options, Machine machine, List<Device> devices) {
        EngineOptions fitted = withThreads(options, machine);
        return fitted.contextTokens() > 0
                ? fitted
                : fitted.withContextTokens(contextTokens(fitted, machine.availableMemory(), devices));
    }

    private static EngineOptions withThreads(EngineOptions options, Machine machine) {
        return options.threads() > 0 ? options : options.withThreads(machine.cores());
    }

    /** Cells where memory is no matter: every running request at the length the model was trained for. */
    static int wantedCells(int trainedContext, int sequences) {
        return (int) Math.min((long) trainedContext * sequences, MOST_CELLS);
    }

    /**
     * As many of the cells wanted as memory allows.
     *
     * @param available free memory of the host; empty where unknown
     */
    int contextTokens(EngineOptions options, OptionalLong available, List<Device> devices) {
        GpuShares gpus =
                placed.gpuLayers() == 0 ? new GpuShares(List.of(), List.of()) : GpuShares.of(devices, placed.split());
        int wanted = wantedCells(model.trainedContext(), options.maxSequences());
        int cells = wanted / CELL_BLOCK * CELL_BLOCK;
        while (cells > LEAST_CELLS && !fits(options.withContextTokens(cells).contextShape(shape), available, gpus)) {
            cells -= CELL_BLOCK;
        }
        return Math.max(cells, Math.min(LEAST_CELLS, model.trainedContext()));
    }

    /**
     * Whether what a context takes beside the weights, which are there already, leaves the margin on each GPU and half of
     * the host's memory: there the mapped weights count as free, but are needed.
     */
    private boolean fits(ContextShape context, OptionalLong available, GpuShares gpus) {
        List<MemoryUse> memory = MemoryEstimate.of(shape, context, gpus, placed.gpuLayers());
        for (int i = 0; i < gpus.gpus().size(); i++) {
            MemoryUse use = memory.get(i + 1);
            long taken = use.cache() + use.compute();
            if (taken > 0 && taken + LayerFit.MARGIN > gpus.gpus().get(i).memoryFree()) {
                return false;
            }
        }
        MemoryUse host = memory.getFirst();
        long weights = Math.min(model.sizeBytes(), host.weights());
        return available.isEmpty() || host.cache() <= Math.max(0, available.getAsLong() - weights) / 2;
    }
}
