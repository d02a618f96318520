package dev.martlet.memory;

import java.util.Objects;

/**
 * What lies in one memory, in bytes.
 *
 * @param device e.g. "CUDA0"; "CPU" for the host's memory
 * @param host whether it is the host's
 * @param weights of the model
 * @param cache keys and values
 * @param compute what a step needs beside these, and on the host the logits
 */
public record MemoryUse(String device, boolean host, long weights, long cache, long compute) {

    public MemoryUse {
        Objects.requireNonNull(device, "device");
    }

    /** All of it. */
    public long total() {
        return weights + cache + compute;
    }
}
