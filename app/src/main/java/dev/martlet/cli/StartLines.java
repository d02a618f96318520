package dev.martlet.cli;

import dev.martlet.engine.EngineOptions;
import dev.martlet.engine.EngineSetup;
import dev.martlet.memory.MemoryUse;
import dev.martlet.model.CpuVariant;
import dev.martlet.model.Device;
import dev.martlet.model.Machine;
import dev.martlet.model.ModelInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@code serve} says of its set-up before it is ready: on which hardware it runs what, and what makes it slow. */
final class StartLines {
    private static final double MEGABYTE = 1e6;

    private StartLines() {}

    static List<String> of(
            ModelInfo model,
            EngineOptions options,
            EngineSetup setup,
            CpuVariant cpu,
            Machine machine,
            List<Device> devices) {
        List<Device> gpus = devices.stream()
                .filter(device -> device.kind() == Device.Kind.GPU)
                .toList();
        List<String> lines = new ArrayList<>();
        lines.add("model " + model.description() + ", weights " + model.weightType() + ", "
                + megabytes(model.sizeBytes()));
        lines.add("CPU kernels " + cpu.name() + ", " + setup.threads() + " threads for " + machine.cores() + " cores ("
                + machine.processors() + " processors)");
        gpus.forEach(gpu -> lines.add(
                "GPU " + gpu.name() + ", " + gpu.description() + ", " + megabytes(gpu.memoryFree()) + " free"));
        lines.add("context " + setup.contextTokens() + " tokens for up to " + options.maxSequences()
                + " requests at once, " + setup.sequenceTokens() + " for one; KV cache " + setup.cacheTypes() + ", "
                + megabytes(setup.cacheBytes()));
        if (setup.memory().size() > 1) {
            setup.memory().forEach(use -> lines.add(placed(use)));
        }
        if (gpus.isEmpty() && !cpu.hasFastKernel(model.weightType())) {
            lines.add("warning: weights of type " + model.weightType() + " have no fast kernel on this CPU ("
                    + cpu.name() + "); the same model as Q4_0, Q4_K or Q8_0 would read prompts about twice as fast");
        }
        if (setup.threads() > machine.cores()) {
            lines.add("warning: " + setup.threads() + " threads on " + machine.cores()
                    + " cores disturb each other; the default is one for each core");
        }
        return List.copyOf(lines);
    }

    private static String placed(MemoryUse use) {
        return "in the memory of " + (use.host() ? "the host" : use.device()) + ": weights " + megabytes(use.weights())
                + ", KV cache " + megabytes(use.cache()) + ", for a step " + megabytes(use.compute());
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%,.0f MB", bytes / MEGABYTE);
    }
}
