package dev.martlet.gpu;

import java.util.Set;

/**
 * What code was compiled for, as nvcc names it, and which devices run it. The rules are those of NVIDIA's CUDA programming
 * guide, on compute capabilities and binary compatibility.
 *
 * @param base the least capable device it was meant for
 * @param scope which others may run it
 */
record Architecture(ComputeCapability base, Scope scope) {

    /** NVIDIA's systems on a chip: machine code for them and for plug-in cards is not exchangeable. */
    private static final Set<String> EMBEDDED = Set.of("53", "62", "72", "87", "101", "110");

    enum Scope {
        /** Of the generation for machine code, all that are newer for PTX. */
        ORDINARY,
        /** With the suffix f: of the generation. */
        FAMILY,
        /** With the suffix a: exactly the one. */
        EXACT
    }

    /** Reads "86", "100f" or "120a"; throws IllegalArgumentException for anything else. */
    static Architecture parse(String name) {
        if (!name.matches("[1-9][0-9]{1,2}[af]?")) {
            throw new IllegalArgumentException("not an architecture of CUDA: \"" + name + "\"");
        }
        char last = name.charAt(name.length() - 1);
        Scope scope = last == 'a' ? Scope.EXACT : last == 'f' ? Scope.FAMILY : Scope.ORDINARY;
        int number = Integer.parseInt(scope == Scope.ORDINARY ? name : name.substring(0, name.length() - 1));
        return new Architecture(new ComputeCapability(number / 10, number % 10), scope);
    }

    /** Whether a device runs machine code (SASS) compiled for this. */
    boolean machineCodeRunsOn(ComputeCapability device) {
        return switch (scope) {
            case ORDINARY, FAMILY -> sameGeneration(device);
            case EXACT -> device.equals(base);
        };
    }

    /** Whether PTX made for this can be compiled for a device. */
    boolean ptxRunsOn(ComputeCapability device) {
        return switch (scope) {
            case ORDINARY -> device.compareTo(base) >= 0;
            case FAMILY -> sameGeneration(device);
            case EXACT -> device.equals(base);
        };
    }

    private boolean sameGeneration(ComputeCapability device) {
        boolean alone = EMBEDDED.contains(base.architecture()) || EMBEDDED.contains(device.architecture());
        return alone ? device.equals(base) : device.major() == base.major() && device.minor() >= base.minor();
    }

    @Override
    public String toString() {
        return base.architecture() + (scope == Scope.ORDINARY ? "" : scope == Scope.FAMILY ? "f" : "a");
    }
}
