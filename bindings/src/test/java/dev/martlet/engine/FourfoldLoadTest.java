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
 * time, and what is refused is told when to come back, and then there is a place for it.
 */
class FourfoldLoadTest {
    private static final long STEP = 4_000_000;
    private static final long OUTPUT_TOKEN = 1_000_000;
    private static final long PROMPT_TOKEN = 100_000;
    private static final int RUNNING = 16;
    private static final int QUEUE = 48;

    /** Requests a second that can be served: 16 at once of 160 prompt tokens and 50 of output in the mean. */
    private static final double CAPACITY = 1e9 / (160 * PROMPT_TOKEN + 50 * OUTPUT_TOKEN + 50.0 / RUNNING * STEP);

    /** So long that the last ones are told to come back in less than the longest time that is told. */
    private static final double SECONDS = 15;

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

    /** A refusal: the wait that was told. */
    private record Refusal(Client client, long at, long told) {
        /** How long it was until there was a place. */
        private long proven() {
            return client.accepted - at;
        }
    }

    private final Random random;
    private final Rig rig;
    private final PriorityQueue<Client> arrivals = new PriorityQueue<>(Comparator.comparingLong(c -> c.arrives));
    private final List<Client> served = new ArrayList<>();
    private final List<Client> open = new ArrayList<>();
    private final List<Refusal> refusals = new ArrayList<>();

    /** Part of the refused who come back. */
    private double patient = 1;

    private int left;

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
            } catch (EngineException e) {
                assertThat(e.kind()).isEqualTo(EngineException.Kind.QUEUE_FULL);
                long told = e.retryAfter().orElseThrow().toNanos();
                if (random.nextDouble() < patient) {
                    refusals.add(new Refusal(client, rig.clock.get(), told));
                    client.arrives = rig.clock.get() + told;
                    arrivals.add(client);
                } else {
                    left++;
                }
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

    /** The first tokens of what was taken, in seconds after that. */
    private List<Double> firstTokens() {
        return served.stream()
                .map(client -> (client.firstToken - client.accepted) / 1e9)
                .toList();
    }

    private int overload(double load) {
        int count = (int) (load * CAPACITY * SECONDS);
        for (int i = 0; i < count; i++) {
            arrivals.add(new Client(prompt(), (long) (random.nextDouble() * SECONDS * 1e9)));
        }
        run();
        return count;
    }

    @Test
    void shouldServeInTimeWhatItTakesAndHaveAPlaceForWhoComesBackWhenTold() {
        int count = overload(4);
        assertThat(served).hasSize(count);
        List<Double> firstTokens = firstTokens();
        List<Double> off = refusals.stream()
                .filter(refusal -> refusal.at() > TimeUnit.SECONDS.toNanos(2))
                .map(refusal -> (double) refusal.told() / refusal.proven())
                .toList();
        double bound = (RUNNING + QUEUE) / CAPACITY;
        long right = off.stream().filter(ratio -> ratio > 0.5 && ratio < 2).count();
        double took =
                served.stream().mapToLong(client -> client.firstToken).max().orElseThrow() / 1e9;
        System.out.printf(
                "FourfoldLoadTest: %d requests, capacity %.1f/s, offered %.1f/s, all served in %.1f s, refused %d times;"
                        + " first token of what was taken p50 %.2f s, p95 %.2f s, most %.2f s of %.2f s; told/proven wait"
                        + " p1 %.2f, p50 %.2f, p99 %.2f, within a factor of two %.1f %%; tries p50 %d, mean %.2f, most %d%n",
                count,
                CAPACITY,
                4 * CAPACITY,
                took,
                refusals.size(),
                percentile(firstTokens, 0.5),
                percentile(firstTokens, 0.95),
                percentile(firstTokens, 1),
                bound,
                percentile(off, 0.01),
                percentile(off, 0.5),
                percentile(off, 0.99),
                100.0 * right / off.size(),
                served.stream().mapToInt(client -> client.tries).sorted().toArray()[count / 2],
                served.stream().mapToInt(client -> client.tries).average().orElseThrow(),
                served.stream().mapToInt(client -> client.tries).max().orElseThrow());
        assertThat(percentile(firstTokens, 1)).isLessThan(1.5 * bound);
        assertThat(right).isGreaterThan((long) (0.9 * off.size()));
        assertThat(took).as("nothing lies idle meanwhile").isLessThan(1.4 * count / CAPACITY);
    }

    @Test
    void shouldLoseNothingByPlacesForThoseWhoDoNotComeBack() {
        patient = 0.1;
        int count = overload(4);
        long taken = served.stream()
                .filter(client -> client.firstToken < SECONDS * 1e9)
                .count();
        System.out.printf(
                "FourfoldLoadTest: %d requests, %d gone for good; %.1f/s of %.1f/s began%n",
                count, left, taken / SECONDS, CAPACITY);
        assertThat(served.size() + left).isEqualTo(count);
        assertThat(taken / SECONDS).isGreaterThan(0.85 * CAPACITY);
    }
}
