package dev.martlet.cli;

import dev.martlet.memory.ContextShape;
import dev.martlet.memory.LayerFit;
import dev.martlet.memory.MemoryEstimate;
import dev.martlet.memory.MemoryUse;
import dev.martlet.memory.ModelShape;
import dev.martlet.model.Device;
import dev.martlet.model.GpuSplit;
import dev.martlet.model.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a model and its context take in memory, as lines for people. */
final class ModelEstimate {
    private static final double MEGABYTE = 1e6;

    private ModelEstimate() {}

    static List<String> lines(ModelShape model, ContextShape context, Machine machine, List<Device> devices) {
        List<String> lines = new ArrayList<>();
        lines.add(model.architecture() + ", " + model.layers().size() + " layers, " + model.vocabulary()
                + " tokens; trained for " + model.trainedContext() + " at once");
        MemoryUse host = MemoryEstimate.onHost(model, context);
        lines.add("on the host with a context of " + context.tokens() + " tokens: " + megabytes(host.total())
                + " (weights " + megabytes(host.weights()) + ", KV cache " + context.types() + " "
                + megabytes(host.cache()) + ", for a step " + megabytes(host.compute()) + ")"
                + (machine.availableMemory().isPresent()
                        ? "; free are " + megabytes(machine.availableMemory().getAsLong())
                        : ""));
        LayerFit fit = LayerFit.of(model, context, devices, GpuSplit.byLayers(), LayerFit.MARGIN);
        lines.add("on GPUs: " + fit.sentence());
        if (model.states()) {
            lines.add("beside that come the states of its recurrent layers");
        }
        return List.copyOf(lines);
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%,.0f MB", bytes / MEGABYTE);
    }
}
