package dev.martlet.engine;

import dev.martlet.memory.CacheTypes;
import dev.martlet.model.Device;
import dev.martlet.model.Machine;
import dev.martlet.model.Model;
import dev.martlet.model.ModelInfo;
import java.util.List;
import java.util.Map;
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
    private final Map<String, String> metadata;

    EngineSizing(ModelInfo model, Map<String, String> metadata) {
        this.model = model;
        this.metadata = metadata;
    }

    /** Options with nothing left open, for this model on this machine. */
    static EngineOptions fit(EngineOptions options, Model model) {
        return new EngineSizing(model.info(), model.metadata()).fit(options, Machine.current(), Device.list());
    }

    /** Options with nothing left open. */
    EngineOptions fit(EngineOptions options, Machine machine, List<Device> devices) {
        EngineOptions fitted = options.threads() > 0 ? options : options.withThreads(machine.cores());
        return fitted.contextTokens() > 0
                ? fitted
                : fitted.withContextTokens(
                        contextTokens(fitted.maxSequences(), freeMemory(machine, devices), fitted.cacheTypes()));
    }

    /**
     * Room for every running request at the length the model was trained for, at most {@link #MOST_CELLS}, and no more
     * than fits into half of the memory that is free.
     */
    int contextTokens(int sequences, OptionalLong freeMemory, CacheTypes types) {
        long cells = Math.min((long) model.trainedContext() * sequences, MOST_CELLS);
        long bytes = cacheBytesPerToken(types);
        if (freeMemory.isPresent() && bytes > 0) {
            cells = Math.min(cells, freeMemory.getAsLong() / 2 / bytes);
        }
        cells = Math.max(cells / CELL_BLOCK * CELL_BLOCK, Math.min(LEAST_CELLS, model.trainedContext()));
        return (int) cells;
    }

    /** Keys and values of all layers for one token; 0 for a model that keeps none. */
    long cacheBytesPerToken(CacheTypes types) {
        int head = model.heads() == 0 ? 0 : model.embedding() / model.heads();
        long keys = model.kvHeads() * headSize("key_length", head);
        long values = model.kvHeads() * headSize("value_length", head);
        return model.layers() * (types.keys().bytes(keys) + types.values().bytes(values));
    }

    private long headSize(String name, int otherwise) {
        String key = metadata.getOrDefault("general.architecture", "") + ".attention." + name;
        String value = metadata.getOrDefault(key, "");
        return value.matches("\\d{1,9}") ? Long.parseLong(value) : otherwise;
    }

    /** Of the GPUs where there are any. On the host the mapped weights count as free, but are needed. */
    private OptionalLong freeMemory(Machine machine, List<Device> devices) {
        List<Device> gpus = devices.stream()
                .filter(device -> device.kind() == Device.Kind.GPU)
                .toList();
        if (!gpus.isEmpty()) {
            return OptionalLong.of(gpus.stream().mapToLong(Device::memoryFree).sum());
        }
        OptionalLong available = machine.availableMemory();
        return available.isEmpty()
                ? available
                : OptionalLong.of(Math.max(0, available.getAsLong() - model.sizeBytes()));
    }
}
