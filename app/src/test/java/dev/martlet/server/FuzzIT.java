package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.ByteTokens;
import dev.martlet.engine.Engine;
import dev.martlet.engine.EngineMetrics;
import dev.martlet.engine.EngineOptions;
import dev.martlet.model.Model;
import dev.martlet.model.TestModel;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random and damaged requests over all endpoints. {@code -Dmartlet.test.fuzz=20000} sends that many,
 * {@code -Dmartlet.test.seed=S} repeats a run, and with {@code -Dmartlet.test.fuzz.only=N} just its case N.
 */
@Timeout(3_600)
class FuzzIT {
    private static final int CASES = Integer.getInteger("martlet.test.fuzz", 1_500);
    private static final long SEED = Long.getLong("martlet.test.seed", System.nanoTime());
    private static final int ONLY = Integer.getInteger("martlet.test.fuzz.only", -1);
    private static final int CLIENTS = 8;

    /** What the heap may grow by over a run, beyond what caches of bounded size take. */
    private static final long HEAP_ROOM = 24_000_000;

    /** What the scripted model says: text, calls, thoughts, and what is none of them. */
    private static final List<String> SAYINGS = List.of(
            "a plain answer",
            "",
            "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Lisbon\"}}\n</tool_call>",
            "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": [1, 2",
            "<think>hm</think>so",
            "<think>never ends",
            "</tool_call></think><tool_call>",
            "{\"a\":[],\"b\":null}",
            "\ud83d\ude00 \u00e9\u0301 \u202e zz x y q");

    @TempDir
    java.nio.file.Path folder;

    /** Bytes, also such as are no UTF-8, that depend on the prompt alone. */
    private static int next(int[] prompt, int[] tokens, int length, int output) {
        int hash = java.util.Arrays.hashCode(prompt);
        byte[] saying = SAYINGS.get(Math.floorMod(hash, SAYINGS.size())).getBytes(StandardCharsets.UTF_8);
        if (output < saying.length) {
            return saying[output] & 0xFF;
        }
        int noise = (hash + output) * 0x9E3779B1 >>> 20;
        return noise % 9 == 0 ? ByteTokens.END : noise & 0xFF;
    }

    @Test
    void shouldSurviveWhateverIsSent() throws Exception {
        EngineOptions options = EngineOptions.defaults().withMaxSequences(8).withPrefixCache(false);
        try (ServerRig rig = new ServerRig(ServerRig.config().withDefaultMaxTokens(64), options, FuzzIT::next)) {
            new Run(rig.server, rig.engine).all(CASES);
            assertThat(rig.runner.openSamplers()).isZero();
            assertThat(rig.runner.usedCells()).isZero();
            assertThat(rig.post(ServerRig.body("hi", "\"max_tokens\":2")).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void shouldSurviveItWithARealModel() throws Exception {
        EngineOptions options = EngineOptions.defaults()
                .withContextTokens(512)
                .withThreads(1)
                .withMaxSequences(8)
                .withBatchTokens(256)
                .withPrefixCache(false);
        try (Model model = Model.open(TestModel.path());
                Engine engine = Engine.start(model, options);
                MartletServer server = MartletServer.start(
                        ServerRig.config().withDefaultMaxTokens(16),
                        ServedModel.of(ServerRig.MODEL, model, engine, Optional.empty(), Optional.empty()))) {
            server.observe(engine);
            new Run(server, engine).all(CASES / 10);
        }
    }

    /** One server under fire. */
    private final class Run {
        private final MartletServer server;
        private final Engine engine;
        private final FuzzClient client;
        private final Map<Integer, Throwable> failures = new ConcurrentSkipListMap<>();
        private final Map<Integer, AtomicInteger> statuses = new ConcurrentSkipListMap<>();
        private final AtomicInteger slowest = new AtomicInteger();

        Run(MartletServer server, Engine engine) {
            this.server = server;
            this.engine = engine;
            this.client = new FuzzClient(server.port());
        }

        void all(int cases) throws Exception {
            System.out.println("FuzzIT: " + cases + " cases, martlet.test.seed=" + SEED);
            if (ONLY >= 0) {
                send(ONLY);
            } else {
                send(0, cases / 5);
                settle();
                long heap = heap();
                int threads = virtualThreads();
                send(cases / 5, cases);
                settle();
                ServerRig.await("the threads' end", () -> virtualThreads() <= threads);
                long grown = heap() - heap;
                System.out.println("FuzzIT: statuses " + statuses + ", slowest " + slowest + " ms, heap grown by "
                        + grown / 1_000 + " kB");
                assertThat(grown).isLessThan(HEAP_ROOM);
            }
            assertThat(failures).as("martlet.test.seed=%s", SEED).isEmpty();
        }

        private void send(int from, int to) throws InterruptedException {
            AtomicInteger next = new AtomicInteger(from);
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(Thread.ofPlatform().start(() -> {
                    for (int number = next.getAndIncrement(); number < to; number = next.getAndIncrement()) {
                        send(number);
                    }
                }));
            }
            for (Thread thread : clients) {
                thread.join();
            }
        }

        private void send(int number) {
            FuzzCase fuzz = FuzzCase.next(new Random(SEED * 1_000_003 + number), server.answered());
            long start = System.nanoTime();
            try {
                int status = client.run(fuzz);
                statuses.computeIfAbsent(status, s -> new AtomicInteger()).incrementAndGet();
                slowest.accumulateAndGet((int) ((System.nanoTime() - start) / 1_000_000), Math::max);
            } catch (Exception | AssertionError e) {
                failures.put(number, new AssertionError("case " + number + ", " + shown(fuzz), e));
                if (failures.size() < 30) {
                    System.out.println(
                            "FuzzIT: case " + number + " " + e + "\n" + shown(fuzz) + "\n" + engine.metrics());
                }
            }
        }

        private static String shown(FuzzCase fuzz) {
            String text = new String(FuzzCase.joined(fuzz.bytes()), StandardCharsets.ISO_8859_1);
            return fuzz.what() + " " + fuzz.ending() + " " + fuzz.requests() + "\n"
                    + text.substring(0, Math.min(text.length(), 1_500));
        }

        /** Everything that was begun comes to its end, and the server is as before. */
        private void settle() {
            ServerRig.await("the last answer's end", () -> server.running() == 0);
            ServerRig.await("an idle engine", () -> {
                EngineMetrics metrics = engine.metrics();
                return metrics.running() == 0 && metrics.waiting() == 0 && metrics.usedCells() == 0;
            });
            assertThat(engine.metrics().ended()).isEqualTo(engine.metrics().submitted());
            assertThat(engine.metrics().waitingTokens()).isZero();
        }

        private long heap() {
            long least = Long.MAX_VALUE;
            for (int i = 0; i < 3; i++) {
                System.gc();
                least = Math.min(
                        least,
                        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
            }
            return least;
        }

        /** Virtual threads that are alive, whatever they wait for. */
        private int virtualThreads() {
            try {
                java.nio.file.Path file = folder.resolve("threads-" + System.nanoTime() + ".json");
                ManagementFactory.getPlatformMXBean(com.sun.management.HotSpotDiagnosticMXBean.class)
                        .dumpThreads(
                                file.toString(),
                                com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
                try (var lines = java.nio.file.Files.lines(file)) {
                    return (int) lines.filter(line -> line.matches("#[0-9]+ .*virtual.*"))
                            .count();
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
