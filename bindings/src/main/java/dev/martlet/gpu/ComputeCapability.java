package dev.martlet.gpu;

/**
 * What a device can do, in NVIDIA's numbers: 9.0 is a Hopper, 12.0 a consumer Blackwell.
 *
 * @param major the generation
 * @param minor the variant within it
 */
public record ComputeCapability(int major, int minor) implements Comparable<ComputeCapability> {

    /** As compilers name it: "90" for 9.0. */
    public String architecture() {
        return major + "" + minor;
    }

    @Override
    public int compareTo(ComputeCapability other) {
        return major != other.major ? Integer.compare(major, other.major) : Integer.compare(minor, other.minor);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
