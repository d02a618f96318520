package dev.martlet.model;

import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * The host's memory, in bytes; empty where nobody tells. On Linux from {@code /proc} and {@code /sys}.
 *
 * @param total what the machine has
 * @param available what this process can take without swapping, see {@link Machine#availableMemory()}
 * @param limit the smallest bound that its cgroups set; empty where there is none
 */
public record HostMemory(OptionalLong total, OptionalLong available, OptionalLong limit) {

    /** This machine's now. Reads some files. */
    public static HostMemory current() {
        return read(Path.of("/"));
    }

    /** @param root holds {@code proc} and {@code sys} */
    static HostMemory read(Path root) {
        OptionalLong total = Machine.value(root.resolve("proc/meminfo"), "MemTotal:")
                .map(text -> OptionalLong.of(Long.parseLong(text.replace(" kB", "")) * Machine.KIB))
                .orElse(OptionalLong.empty());
        OptionalLong limit = Machine.groups(root).stream()
                .flatMap(group -> Machine.number(group.resolve("memory.max"))
                        .or(() -> Machine.number(group.resolve("memory.limit_in_bytes")))
                        .stream())
                .mapToLong(Long::longValue)
                .min();
        return new HostMemory(total, Machine.memory(root), limit);
    }
}
