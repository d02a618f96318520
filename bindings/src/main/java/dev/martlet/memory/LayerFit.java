package dev.martlet.memory;

import dev.martlet.model.Device;
import dev.martlet.model.GpuSplit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How many layers of a model go onto GPUs, so that weights, cache and what a step needs fit there. Nothing is taken.
 *
 * @param layers layers on GPUs, the output counted as one: what {@code ModelOptions.gpuLayers} takes
 * @param of layers there are, the output counted as one
 * @param fits whether they fit. False where no layer does, and where those demanded do not
 * @param split how GPUs then share them, their shares written out: what {@code ModelOptions.split} takes
 * @param memory what then lies where, by {@link MemoryEstimate}: the host's part, then that of each GPU in use
 * @param sentence says it with figures, for people
 */
public record LayerFit(int layers, int of, boolean fits, GpuSplit split, List<MemoryUse> memory, String sentence) {

    /** Kept free on each GPU for what no formula knows: workspaces of kernels, a screen, other programs. In bytes. */
    public static final long MARGIN = 1L << 30;

    private static final double MEGABYTE = 1e6;

    public LayerFit {
        memory = List.copyOf(memory);
    }

    /**
     * As many layers as fit.
     *
     * @param devices of this machine ({@link Device#list}); those that are no GPUs do not matter
     * @param split how GPUs share the layers. Rows are reckoned like layers
     * @param margin bytes to keep free on each GPU, e.g. {@link #MARGIN}
     * @throws IllegalArgumentException where the split names GPUs that there are not
     */
    public static LayerFit of(
            ModelShape model, ContextShape context, List<Device> devices, GpuSplit split, long margin) {
        Fitting fitting = new Fitting(model, context, devices, split, margin);
        if (fitting.gpus.isEmpty()) {
            return fitting.fit(0, false, "there is no GPU");
        }
        int all = model.layers().size() + 1;
        for (int layers = all; layers > 0; layers--) {
            if (fitting.holds(layers)) {
                String rest = layers < all ? "; all of them need " + fitting.needs(all) : "";
                String what = layers < all ? layers + " of " + all + " layers fit: " : "all " + all + " layers fit: ";
                return fitting.fit(layers, true, what + fitting.needs(layers) + rest);
            }
        }
        return fitting.fit(0, false, "no layer fits: the last alone needs " + fitting.needs(1));
    }

    /**
     * Whether as many layers as demanded fit.
     *
     * @param layers layers on GPUs, the output counted as one; more than there are, or -1, are all
     * @see #of
     */
    public static LayerFit demanded(
            ModelShape model, ContextShape context, List<Device> devices, GpuSplit split, int layers, long margin) {
        Fitting fitting = new Fitting(model, context, devices, split, margin);
        int all = model.layers().size() + 1;
        int wanted = layers < 0 ? all : Math.min(layers, all);
        if (wanted == 0) {
            return fitting.fit(0, true, "no layer is to go onto a GPU");
        }
        if (fitting.gpus.isEmpty()) {
            return fitting.fit(wanted, false, wanted + " layers cannot go onto a GPU: there is none");
        }
        if (fitting.holds(wanted)) {
            return fitting.fit(wanted, true, wanted + " of " + all + " layers fit: " + fitting.needs(wanted));
        }
        LayerFit most = of(model, context, devices, split, margin);
        String instead = most.layers() == 0 ? "not even one would" : most.layers() + " would";
        return fitting.fit(
                wanted, false, wanted + " of " + all + " layers do not fit: " + fitting.needs(wanted) + "; " + instead);
    }

    /** The GPUs that take part and what they would hold. */
    private static final class Fitting {
        private final ModelShape model;
        private final ContextShape context;
        private final GpuShares shares;
        private final List<Device> gpus;
        private final GpuSplit split;
        private final long margin;

        Fitting(ModelShape model, ContextShape context, List<Device> devices, GpuSplit split, long margin) {
            this.model = model;
            this.context = context;
            this.margin = margin;
            shares = GpuShares.of(devices, split);
            gpus = shares.gpus();
            this.split = shares.fixed(split);
        }

        private List<MemoryUse> memory(int layers) {
            return MemoryEstimate.of(model, context, shares, layers);
        }

        private boolean holds(int layers) {
            List<MemoryUse> memory = memory(layers);
            for (int i = 0; i < gpus.size(); i++) {
                long needed = memory.get(i + 1).total();
                if (needed > 0 && needed + margin > gpus.get(i).memoryFree()) {
                    return false;
                }
            }
            return true;
        }

        private String needs(int layers) {
            List<MemoryUse> memory = memory(layers);
            List<String> parts = new ArrayList<>();
            for (int i = 0; i < gpus.size(); i++) {
                long needed = memory.get(i + 1).total();
                if (needed > 0) {
                    parts.add(megabytes(needed) + " on " + gpus.get(i).name() + " with "
                            + megabytes(gpus.get(i).memoryFree()) + " free");
                }
            }
            return parts.stream().collect(Collectors.joining(" and ")) + ", where " + megabytes(margin)
                    + " are to stay free";
        }

        LayerFit fit(int layers, boolean fits, String sentence) {
            return new LayerFit(layers, model.layers().size() + 1, fits, split, memory(layers), sentence);
        }

        private static String megabytes(long bytes) {
            return String.format(Locale.ROOT, "%,.0f MB", bytes / MEGABYTE);
        }
    }
}
