package dev.martlet.memory;

import dev.martlet.memory.ModelShape.Layer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What a model and a context on it take in each memory, computed from their shapes alone, as llama.cpp v0.5.0 takes it.
 */
public final class MemoryEstimate {

    private static final long FLOAT = 4;

    /** With several GPUs that hold a whole model, llama.cpp works on up to this many steps at once. */
    private static final int PIPELINE = 4;

    private final ModelShape model;
    private final ContextShape context;

    private MemoryEstimate(ModelShape model, ContextShape context) {
        this.model = model;
        this.context = context;
    }

    /** On the host alone. */
    public static MemoryUse onHost(ModelShape model, ContextShape context) {
        return of(model, context, new GpuShares(List.of(), List.of()), 0).getFirst();
    }

    /**
     * On the host and on GPUs.
     *
     * @param gpuLayers layers on GPUs, the last ones first, the output counted as one; -1 for all
     * @return the host's part, then that of each GPU
     */
    public static List<MemoryUse> of(ModelShape model, ContextShape context, GpuShares gpus, int gpuLayers) {
        MemoryEstimate estimate = new MemoryEstimate(model, context);
        int[] places = estimate.places(gpus.shares(), gpuLayers);
        List<MemoryUse> all = new ArrayList<>();
        all.add(estimate.host(places));
        int count = gpus.gpus().size();
        for (int gpu = 0; gpu < count; gpu++) {
            all.add(estimate.gpu(gpus.gpus().get(gpu).name(), gpu, places, count > 1));
        }
        return Collections.unmodifiableList(all);
    }

    /** The GPU of each layer and, last, of the output; -1 for the host. As llama.cpp spreads them, in its precision. */
    private int[] places(List<Float> shares, int gpuLayers) {
        int all = model.layers().size() + 1;
        int taken = shares.isEmpty() ? 0 : gpuLayers < 0 ? all : Math.min(gpuLayers, all);
        float[] ends = new float[shares.size()];
        float sum = 0;
        for (int i = 0; i < ends.length; i++) {
            sum += shares.get(i);
            ends[i] = sum;
        }
        int[] places = new int[all];
        for (int layer = 0; layer < all; layer++) {
            int number = layer - (all - taken);
            places[layer] = -1;
            for (int i = ends.length - 1; number >= 0 && i >= 0 && (float) number / taken < ends[i] / sum; i--) {
                places[layer] = i;
            }
        }
        return places;
    }

    private MemoryUse host(int[] places) {
        int last = places.length - 1;
        boolean outputHere = places[last] < 0;
        Sum layers = layers(places, -1);
        StepMemory step = new StepMemory(model, context).inputs(1).embeddings();
        walk(step, places, -1);
        return new MemoryUse(
                "CPU",
                true,
                model.embeddingBytes() + layers.weights + (outputHere ? model.outputOnHost() : 0),
                layers.cache,
                step.bytes() + context.logitRows() * model.vocabulary() * FLOAT);
    }

    private MemoryUse gpu(String name, int gpu, int[] places, boolean several) {
        boolean outputHere = places[places.length - 1] == gpu;
        Sum layers = layers(places, gpu);
        if (layers.count == 0 && !outputHere) {
            return new MemoryUse(name, false, 0, 0, 0);
        }
        boolean all = places[0] >= 0;
        int copies = several && all ? PIPELINE : 1;
        StepMemory step = new StepMemory(model, context).inputs(copies).handedOver(copies);
        walk(step, places, gpu);
        return new MemoryUse(
                name,
                false,
                layers.weights + (outputHere ? model.outputBytes() : 0),
                layers.cache,
                step.bytes() + (all ? 0 : largestOnHost(places)));
    }

    private void walk(StepMemory step, int[] places, int place) {
        int layers = model.layers().size();
        for (int i = 0; i < layers; i++) {
            if (places[i] == place) {
                step.layer(model.layers().get(i), i == layers - 1);
            }
        }
        if (places[layers] == place) {
            step.logits();
        }
    }

    private static final class Sum {
        private int count;
        private long weights;
        private long cache;
    }

    private Sum layers(int[] places, int place) {
        Sum sum = new Sum();
        for (int i = 0; i < model.layers().size(); i++) {
            if (places[i] == place) {
                Layer layer = model.layers().get(i);
                sum.count++;
                sum.weights += place < 0 ? layer.onHost() : layer.bytes();
                sum.cache += ModelShape.cacheBytes(layer, context.types()) * context.cells();
            }
        }
        return sum;
    }

    /** Large steps compute the host's layers on the GPU, too, which gets their weights one by one. */
    private long largestOnHost(int[] places) {
        long largest = places[places.length - 1] < 0 ? model.outputBytes() : 0;
        for (int i = 0; i < model.layers().size(); i++) {
            if (places[i] < 0) {
                largest = Math.max(largest, model.layers().get(i).largest());
            }
        }
        return largest;
    }
}
