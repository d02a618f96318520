package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Four times as many requests as can be served, by a clock that only steps and tokens move: what is taken is served in
 * time, and what is refused is told a wait that proves right.
 */
class FourfoldLoadTest {
    private static final long STEP = 4_000_000;
    private static final long OUTPUT_TOKEN = 1_000_000;
    private static final long PROMPT_TOKEN = 100_000;
    private static final int RUNNING = 16;
    private static final int QUEUE = 48;

    /** Requests a second that can be served: 16 at once of 160 prompt tokens and 50 of output in the mean. */
    private static final double CAPACITY = 1e9 / (160 * PROMPT_TOKEN + 50 * OUTPUT_TOKEN + 50.0 / RUNNING * STEP);

    private static final double SECONDS = 40;

    /** A client's request, at its first arrival or when it comes again. */
    private static final class Client {
        private final String prompt;
        private long arrives;
        private long firstToken = -1;
        private int tries;
        private GenerationStream stream;
        private long accepted;

        private Client(String prompt, long arrives) {
            this.prompt = prompt;
            this.arrives = arrives;
        }

        /** Looks for tokens; true at the end. */
        private boolean read(long now) {
            Optional<TokenEvent> event = stream.poll();
            while (event.isPresent() && event.get() instanceof TokenEvent.Token) {
                firstToken = firstToken < 0 ? now : firstToken;
                event = stream.poll();
            }
            return event.isPresent();
        }
    }

    /** A refusal: the wait that was told, and who stood last in the queue then. */
    private record Refusal(Client client, long at, long told, Client last) {
        /** How long one that came then would have waited for its first token. */
        private long proven() {
            return last.firstToken - at;
        }
    }

    private final Random random;
    private final Rig rig;
    private final PriorityQueue<Client> arrivals = new PriorityQueue<>(Comparator.comparingLong(c -> c.arrives));
    private final List<Client> served = new ArrayList<>();
    private final List<Client> open = new ArrayList<>();
    private final List<Refusal> refusals = new ArrayList<>();
    private Client last;

    FourfoldLoadTest() {
        long seed = Long.getLong("martlet.test.seed", System.nanoTime());
        System.out.println("FourfoldLoadTest: martlet.test.seed=" + seed);
        random = new Random(seed);
        Rig[] self = new Rig[1];
        StepRunner.Limits limits =
                new StepRunner.Limits(32_768, 8_192, 512, 128, 32, true, ByteTokens.END + 2, Integer.MAX_VALUE, 0);
        EngineOptions options = EngineOptions.defaults()
                .withMaxSequences(RUNNING)
                .withQueueLimit(QUEUE)
                .withPrefixCache(false)
                .withDrafts(0);
        rig = self[0] = new Rig(limits, options, (prompt, tokens, length, output) -> {
            self[0].clock.addAndGet(output == 0 ? prompt.length * PROMPT_TOKEN : OUTPUT_TOKEN);
            return output < 10 + prompt[0] * 31 % 81 ? 'a' : ByteTokens.END;
        });
        rig.runner.beforeStep(() -> rig.clock.addAndGet(STEP));
    }

    private String prompt() {
        StringBuilder text = new StringBuilder();
        for (int letters = 20 + random.nextInt(280); letters > 0; letters--) {
            text.append((char) ('!' + random.nextInt(90)));
        }
        return text.toString();
    }

    private void arrive() {
        while (!arrivals.isEmpty() && arrivals.peek().arrives <= rig.clock.get()) {
            Client client = arrivals.poll();
            client.tries++;
            try {
                client.stream = rig.submit(client.prompt, 400);
                client.accepted = rig.clock.get();
                open.add(client);
                last = client;
            } catch (EngineException e) {
                assertThat(e.kind()).isEqualTo(EngineException.Kind.QUEUE_FULL);
                long told = e.retryAfter().orElseThrow().toNanos();
                refusals.add(new Refusal(client, rig.clock.get(), told, last));
                client.arrives = rig.clock.get() + Math.max(told, 100_000_000);
                arrivals.add(client);
            }
        }
    }

    private void run() {
        while (!arrivals.isEmpty() || !open.isEmpty()) {
            arrive();
            if (rig.scheduler.doWork() == 0) {
                rig.clock.set(Math.max(rig.clock.get(), arrivals.peek().arrives));
            }
            for (int i = open.size() - 1; i >= 0; i--) {
                if (open.get(i).read(rig.clock.get())) {
                    served.add(open.remove(i));
                }
            }
        }
    }

    private static double percentile(List<Double> values, double share) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get((int) Math.min(sorted.size() - 1, share * sorted.size()));
    }

    @Test
    void shouldServeInTimeWhatItTakesAndForetellTheWaitOfTheRest() {
        int count = (int) (4 * CAPACITY * SECONDS);
        for (int i = 0; i < count; i++) {
            arrivals.add(new Client(prompt(), (long) (random.nextDouble() * SECONDS * 1e9)));
        }
        run();
        assertThat(served).hasSize(count);
        List<Double> firstTokens = served.stream()
                .map(client -> (client.firstToken - client.accepted) / 1e9)
                .toList();
        List<Double> off = refusals.stream()
                .filter(refusal -> refusal.at() > TimeUnit.SECONDS.toNanos(5))
                .map(refusal -> (double) refusal.told() / refusal.proven())
                .toList();
        double bound = (RUNNING + QUEUE) / CAPACITY;
        long right = off.stream().filter(ratio -> ratio > 0.5 && ratio < 2).count();
        System.out.printf(
                "FourfoldLoadTest: %d requests, capacity %.1f/s, offered %.1f/s, refused %d times; first token of what was"
                        + " taken p50 %.2f s, p95 %.2f s, most %.2f s of %.2f s; told/proven wait p5 %.2f, p50 %.2f, p95"
                        + " %.2f, within a factor of two %.1f %%; tries in the mean %.1f%n",
                count,
                CAPACITY,
                4 * CAPACITY,
                refusals.size(),
                percentile(firstTokens, 0.5),
                percentile(firstTokens, 0.95),
                percentile(firstTokens, 1),
                bound,
                percentile(off, 0.05),
                percentile(off, 0.5),
                percentile(off, 0.95),
                100.0 * right / off.size(),
                served.stream().mapToInt(client -> client.tries).average().orElseThrow());
        assertThat(percentile(firstTokens, 1)).isLessThan(1.5 * bound);
        assertThat(right).isGreaterThan((long) (0.9 * off.size()));
    }
}
