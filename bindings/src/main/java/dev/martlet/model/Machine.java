package dev.martlet.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What this process may use of the machine it runs on. On Linux from {@code /proc} and {@code /sys}, with the bounds that
 * affinity and cgroups set; elsewhere only the processors are known.
 *
 * @param processors hardware threads, as {@link Runtime#availableProcessors()} counts them
 * @param cores physical cores among them: siblings that share one (SMT) count once. Threads that compute matrix products
 *     gain nothing from a second one on the same core
 * @param availableMemory bytes that can be taken without swapping; empty where unknown
 */
public record Machine(int processors, int cores, OptionalLong availableMemory) {

    static final long KIB = 1_024;

    /** This machine now. Reads some files. */
    public static Machine current() {
        return read(Path.of("/"), Runtime.getRuntime().availableProcessors());
    }

    /** @param root holds {@code proc} and {@code sys} */
    static Machine read(Path root, int processors) {
        return new Machine(processors, cores(root, processors), memory(root));
    }

    // ---- cores

    private static int cores(Path root, int processors) {
        Set<String> cores = new HashSet<>();
        for (int cpu : allowedCpus(root)) {
            Path topology = root.resolve("sys/devices/system/cpu/cpu" + cpu + "/topology");
            Optional<String> siblings =
                    text(topology.resolve("core_cpus_list")).or(() -> text(topology.resolve("thread_siblings_list")));
            cores.add(siblings.orElse(Integer.toString(cpu)));
        }
        // A quota of the cgroup may be smaller than what the affinity allows.
        return cores.isEmpty() ? processors : Math.min(processors, cores.size());
    }

    private static List<Integer> allowedCpus(Path root) {
        return value(root.resolve("proc/self/status"), "Cpus_allowed_list:")
                .map(Machine::cpuList)
                .orElse(List.of());
    }

    /** From the kernel's form, e.g. "0-3,8". */
    private static List<Integer> cpuList(String list) {
        List<Integer> cpus = new ArrayList<>();
        for (String range : list.split(",")) {
            String[] ends = range.split("-");
            int last = Integer.parseInt(ends[ends.length - 1]);
            for (int cpu = Integer.parseInt(ends[0]); cpu <= last; cpu++) {
                cpus.add(cpu);
            }
        }
        return cpus;
    }

    // ---- memory

    static OptionalLong memory(Path root) {
        Optional<String> available = value(root.resolve("proc/meminfo"), "MemAvailable:");
        if (available.isEmpty()) {
            return OptionalLong.empty();
        }
        long bytes = Long.parseLong(available.get().replace(" kB", "")) * KIB;
        for (Path group : groups(root)) {
            bytes = Math.min(bytes, room(group));
        }
        return OptionalLong.of(Math.max(0, bytes));
    }

    /** The process's cgroup and those above it, of either version; a container may see its own as the topmost. */
    static List<Path> groups(Path root) {
        List<Path> groups = new ArrayList<>();
        Path mount = root.resolve("sys/fs/cgroup");
        for (String line : text(root.resolve("proc/self/cgroup")).orElse("").split("\n")) {
            String[] parts = line.split(":", 3);
            if (parts.length == 3 && parts[0].equals("0")) {
                addWithParents(groups, mount, parts[2]);
            } else if (parts.length == 3 && List.of(parts[1].split(",")).contains("memory")) {
                addWithParents(groups, mount.resolve("memory"), parts[2]);
            }
        }
        return groups;
    }

    private static void addWithParents(List<Path> groups, Path mount, String path) {
        Path group = mount.resolve(path.substring(1)).normalize();
        while (group.startsWith(mount)) {
            groups.add(group);
            group = group.getParent();
        }
    }

    /** What a cgroup may still take; page cache that it can give back counts as free. */
    private static long room(Path group) {
        Optional<Long> limit =
                number(group.resolve("memory.max")).or(() -> number(group.resolve("memory.limit_in_bytes")));
        Optional<Long> used =
                number(group.resolve("memory.current")).or(() -> number(group.resolve("memory.usage_in_bytes")));
        if (limit.isEmpty() || used.isEmpty()) {
            return Long.MAX_VALUE;
        }
        Path stat = group.resolve("memory.stat");
        long cache = value(stat, "total_inactive_file ")
                .or(() -> value(stat, "inactive_file "))
                .map(Long::parseLong)
                .orElse(0L);
        return limit.get() - used.get() + cache;
    }

    static Optional<Long> number(Path file) {
        return text(file).filter(text -> text.matches("\\d{1,18}")).map(Long::parseLong);
    }

    // ---- files

    /** What follows a key at the start of a line. */
    static Optional<String> value(Path file, String key) {
        return text(file)
                .flatMap(text ->
                        text.lines().filter(line -> line.startsWith(key)).findFirst())
                .map(line -> line.substring(key.length()).strip());
    }

    private static Optional<String> text(Path file) {
        try {
            return Files.isRegularFile(file)
                    ? Optional.of(Files.readString(file).strip())
                    : Optional.empty();
        } catch (IOException e) {
            // A file that cannot be read says no more than one that is not there.
            return Optional.empty();
        }
    }
}
