package dev.martlet.bench.serving;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The memory that a server needs beyond what every server needs: after a mixed load, its resident memory (Rss of all
 * mappings in {@code /proc/PID/smaps}, which is VmRSS) less the resident pages of the model's file, less the KV cache.
 * The cache counts whole, since llama.cpp fills it with zeros: cells times layers times the widths of keys and values of
 * a layer times two bytes.
 *
 * @param cellBytes bytes of the KV cache for a token
 * @param cells of the KV cache, with that the servers are started
 */
record Resident(Mixed load, Path model, long cellBytes, long cells) implements Workload {
    private static final double MEGABYTE = 1e6;
    private static final int KILO = 1024;

    @Override
    public String id() {
        return "memory";
    }

    @Override
    public String title() {
        return "resident memory beyond model and cache, after " + load.clients() + " mixed clients";
    }

    @Override
    public List<Figure> figures() {
        return List.of(Figure.RESIDENT);
    }

    @Override
    public int clients() {
        return load.clients();
    }

    @Override
    public int tokensPerClient() {
        return load.tokensPerClient();
    }

    @Override
    public Run run(ServerProcess server, long seed) throws InterruptedException {
        if (cellBytes == 0) {
            return Run.failed("the model's file does not tell how large its KV cache is: leave this row out");
        }
        Run run = load.run(server, seed);
        try {
            List<String> smaps = Files.readAllLines(Path.of("/proc/" + server.pid() + "/smaps"));
            double all = resident(smaps, "");
            double weights = resident(smaps, model.toRealPath().toString());
            double cache = (double) cellBytes * cells;
            return run.withDetails(Map.of(
                            "resident_mb",
                            all / MEGABYTE,
                            "model_mb",
                            weights / MEGABYTE,
                            "cache_mb",
                            cache / MEGABYTE))
                    .with(Figure.RESIDENT, (all - weights - cache) / MEGABYTE);
        } catch (IOException e) {
            return Run.failed("cannot read the server's memory: " + e.getMessage());
        }
    }

    /** Resident bytes of the mappings whose file is this; of all mappings where the name is empty. */
    static double resident(List<String> smaps, String file) {
        double kilobytes = 0;
        boolean counted = false;
        for (String line : smaps) {
            String[] words = line.split("\\s+", 6);
            if (words[0].endsWith(":")) {
                if (counted && words[0].equals("Rss:")) {
                    kilobytes += Double.parseDouble(words[1]);
                }
            } else {
                // address perms offset device inode file
                counted = file.isEmpty() || words.length == 6 && words[5].equals(file);
            }
        }
        return kilobytes * KILO;
    }
}
