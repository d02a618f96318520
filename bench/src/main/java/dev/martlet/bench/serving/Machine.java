package dev.martlet.bench.serving;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What is measured on. */
final class Machine {
    private Machine() {}

    /** Cores without their second threads; the processors where the system does not tell. */
    static int physicalCores() {
        int processors = Runtime.getRuntime().availableProcessors();
        int cores = physicalCores(lines("/proc/cpuinfo"));
        return cores == 0 ? processors : Math.min(cores, processors);
    }

    /** Distinct pairs of package and core in a {@code /proc/cpuinfo}; 0 where it has none. */
    static int physicalCores(List<String> cpuinfo) {
        Set<String> cores = new HashSet<>();
        String socket = "";
        for (String line : cpuinfo) {
            if (line.startsWith("physical id")) {
                socket = value(line);
            } else if (line.startsWith("core id")) {
                cores.add(socket + "/" + value(line));
            }
        }
        return cores.size();
    }

    /** Processor, cores, memory and system, where they can be told. */
    static Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        field(lines("/proc/cpuinfo"), "model name").ifPresent(name -> facts.put("processor", name));
        facts.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        facts.put("physical_cores", Integer.toString(physicalCores()));
        field(lines("/proc/meminfo"), "MemTotal").ifPresent(size -> facts.put("memory", size));
        facts.put(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        return facts;
    }

    private static Optional<String> field(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .map(Machine::value)
                .findFirst();
    }

    private static String value(String line) {
        return line.substring(line.indexOf(':') + 1).strip();
    }

    private static List<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file));
        } catch (IOException e) {
            return List.of(); // not Linux
        }
    }
}
