package dev.martlet.gpu;

import java.util.OptionalLong;

/**
 * A device as NVIDIA's driver shows it to this process: what CUDA_VISIBLE_DEVICES hides is not there.
 *
 * @param index its number for the driver, from 0
 * @param name e.g. "NVIDIA H100 80GB HBM3"
 * @param capability what it can do
 * @param memoryTotal bytes
 * @param memoryFree bytes; empty where nobody tells, as on chips that share the host's memory
 */
public record CudaDevice(
        int index, String name, ComputeCapability capability, long memoryTotal, OptionalLong memoryFree) {

    /** Bytes that may be counted on: the free ones, all where these are not known. */
    public long memory() {
        return memoryFree.orElse(memoryTotal);
    }
}
