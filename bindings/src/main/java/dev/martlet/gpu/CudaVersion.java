package dev.martlet.gpu;

/**
 * A version of CUDA, of a toolkit or the newest that a driver knows.
 *
 * @param major e.g. 13
 * @param minor e.g. 1
 */
public record CudaVersion(int major, int minor) implements Comparable<CudaVersion> {

    /** Reads "13.1"; throws IllegalArgumentException for anything else. */
    public static CudaVersion parse(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 2) {
            throw new IllegalArgumentException("not a version of CUDA: \"" + text + "\"");
        }
        return new CudaVersion(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    @Override
    public int compareTo(CudaVersion other) {
        return major != other.major ? Integer.compare(major, other.major) : Integer.compare(minor, other.minor);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
