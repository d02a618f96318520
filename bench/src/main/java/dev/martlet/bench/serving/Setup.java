package dev.martlet.bench.serving;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A server in one configuration.
 *
 * @param name for readers
 * @param ours whether it is Martlet
 * @param program what is started, with the arguments that never change
 * @param flags of this configuration
 */
record Setup(String name, boolean ours, List<String> program, List<String> flags) {

    /** Requests at once that the peer's larger configurations are set to, at least. */
    private static final int SLOTS = 16;

    /** Requests that Martlet runs at once unless told. */
    private static final int OUR_DEFAULT = 32;

    private static final int CELL_STEP = 256;

    Setup {
        program = List.copyOf(program);
        flags = List.copyOf(flags);
    }

    /**
     * Martlet, then the peer's configurations, for so many clients.
     *
     * @param launcher the script {@code martlet}
     * @param peer the program {@code llama-server}
     */
    static List<Setup> all(Path launcher, Path peer, int clients) {
        String slots = Integer.toString(slots(clients));
        List<String> martlet = List.of(launcher.toString(), "serve");
        List<String> llama = List.of(peer.toString());
        // The peer drafts nothing unless told to; nor does Martlet here, so that a text that repeats itself tells
        // nothing.
        List<String> flags = new ArrayList<>(List.of("--drafts", "0"));
        if (clients > OUR_DEFAULT) {
            flags.addAll(List.of("--parallel", Integer.toString(clients)));
        }
        return List.of(
                new Setup("martlet", true, martlet, flags),
                new Setup("default", false, llama, List.of()),
                new Setup("-np " + slots + " --kv-unified", false, llama, List.of("-np", slots, "--kv-unified")),
                new Setup("-np " + slots + " --no-kv-unified", false, llama, List.of("-np", slots, "--no-kv-unified")));
    }

    /** Cells of a cache in which every slot has room for one such client, also where each has its own part. */
    static int cells(Workload workload) {
        int each = Math.ceilDiv(workload.tokensPerClient(), CELL_STEP) * CELL_STEP;
        return slots(workload.clients()) * each;
    }

    List<String> command(Path model, int port, int threads, int cells) {
        List<String> command = new ArrayList<>(program);
        command.addAll(List.of(
                "--model",
                model.toString(),
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--threads",
                Integer.toString(threads),
                "--ctx-size",
                Integer.toString(cells)));
        command.addAll(flags);
        return command;
    }

    private static int slots(int clients) {
        return Math.max(SLOTS, clients);
    }
}
