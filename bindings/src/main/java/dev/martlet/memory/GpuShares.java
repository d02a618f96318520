package dev.martlet.memory;

import dev.martlet.model.Device;
import dev.martlet.model.GpuSplit;
import java.util.ArrayList;
import java.util.List;

/**
 * The GPUs that take part in running a model, and what share of it each takes, as llama.cpp chooses them.
 *
 * @param gpus in their order; empty where there are none
 * @param shares as many, in any proportion
 */
public record GpuShares(List<Device> gpus, List<Float> shares) {

    public GpuShares {
        gpus = List.copyOf(gpus);
        shares = List.copyOf(shares);
    }

    /**
     * Those of a machine. GPUs that share the host's memory take part only where there are no others.
     *
     * @param devices of the machine; those that are no GPUs do not matter
     * @throws IllegalArgumentException where the split names GPUs that there are not
     */
    public static GpuShares of(List<Device> devices, GpuSplit split) {
        List<Device> own = ofKind(devices, Device.Kind.GPU);
        List<Device> all = own.isEmpty() ? ofKind(devices, Device.Kind.INTEGRATED_GPU) : own;
        if (all.isEmpty()) {
            return new GpuShares(all, List.of());
        }
        if (split.mode() == GpuSplit.Mode.NONE) {
            if (split.mainGpu() >= all.size()) {
                throw new IllegalArgumentException("mainGpu is " + split.mainGpu() + ", there are " + all.size());
            }
            return new GpuShares(List.of(all.get(split.mainGpu())), List.of(1f));
        }
        if (split.shares().size() > all.size()) {
            throw new IllegalArgumentException("shares are " + split.shares() + ", there are " + all.size() + " GPUs");
        }
        List<Float> shares = new ArrayList<>(split.shares());
        for (int i = shares.size(); i < all.size(); i++) {
            shares.add(split.shares().isEmpty() ? (float) all.get(i).memoryFree() : 0f);
        }
        return new GpuShares(all, shares);
    }

    private static List<Device> ofKind(List<Device> devices, Device.Kind kind) {
        return devices.stream().filter(device -> device.kind() == kind).toList();
    }

    /** The split with these shares written out, so that they stay what they are when free memory changes. */
    GpuSplit fixed(GpuSplit split) {
        return split.mode() == GpuSplit.Mode.NONE || gpus.isEmpty()
                ? split
                : new GpuSplit(split.mode(), split.mainGpu(), shares);
    }
}
