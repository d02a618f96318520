package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Whose turn it is. */
class WaitingLineTest {

    private static final long SECOND = 1_000_000_000;

    private final WaitingLine line = new WaitingLine();
    private long arrivals;

    private Sequence sequence(int priority, String tenant, int tokens, long submitted) {
        GenerationRequest request =
                GenerationRequest.of(new int[tokens], 1).withPriority(priority).withTenant(tenant);
        return new Sequence(request, new GenerationStream(() -> {}), arrivals++, submitted, 0);
    }

    private Sequence add(int priority, String tenant, int tokens) {
        return add(priority, tenant, tokens, 0);
    }

    private Sequence add(int priority, String tenant, int tokens, long submitted) {
        Sequence sequence = sequence(priority, tenant, tokens, submitted);
        line.add(sequence);
        return sequence;
    }

    /** Lets the one whose turn it is run, for as many tokens as its prompt has. */
    private Sequence take() {
        line.beginScan();
        Sequence next = line.next();
        if (next != null) {
            line.take(next, next.size);
            next.hasRun = true;
        }
        return next;
    }

    private List<Sequence> takeAll() {
        List<Sequence> taken = new ArrayList<>();
        for (Sequence next = take(); next != null; next = take()) {
            taken.add(next);
        }
        return taken;
    }

    @Test
    void shouldKeepTheOrderOfArrivalWithinATenant() {
        List<Sequence> arrived = IntStream.range(0, 20)
                .mapToObj(i -> add(0, "a", 1 + i * 37 % 11))
                .toList();
        assertThat(takeAll()).isEqualTo(arrived);
        assertThat(line.isEmpty()).isTrue();
    }

    @Test
    void shouldServeTheLowerPriorityFirst() {
        Sequence late = add(5, "a", 10);
        Sequence normal = add(0, "a", 10);
        Sequence urgent = add(-3, "a", 10);
        assertThat(takeAll()).containsExactly(urgent, normal, late);
    }

    @Test
    void shouldLetWaitingMakeUpForPriority() {
        long level = Sequence.LEVEL.toNanos();
        Sequence old = add(2, "a", 10, 0);
        Sequence soon = add(0, "a", 10, 2 * level - 1);
        Sequence tooLate = add(0, "a", 10, 2 * level + 1);
        assertThat(takeAll()).containsExactly(soon, old, tooLate);
    }

    @Test
    void shouldStarveNobodyBehindAStreamOfUrgentOnes() {
        Sequence patient = add(3, "a", 10, 0);
        long now = 0;
        for (int i = 0; i < 1_000; i++) {
            now += SECOND;
            add(0, "b", 10, now);
            if (take() == patient) {
                assertThat(Duration.ofNanos(now)).isBetween(Duration.ofSeconds(90), Duration.ofSeconds(92));
                return;
            }
        }
        throw new AssertionError("it waits still");
    }

    @Test
    void shouldGiveTenantsTheSameTokensInAnyWindow() {
        long seed = Long.getLong("martlet.test.seed", System.nanoTime());
        System.out.println("WaitingLineTest: martlet.test.seed=" + seed);
        for (int round = 0; round < 50; round++) {
            Random random = new Random(seed + round);
            int most = 1 + random.nextInt(400);
            WaitingLineTest test = new WaitingLineTest();
            test.checkShares(random, most, seed + round);
        }
    }

    /** One tenant sends ten times as many requests as the other; both always have some that wait. */
    private void checkShares(Random random, int most, long seed) {
        List<Sequence> served = new ArrayList<>();
        add(0, "few", 1 + random.nextInt(most));
        for (int i = 0; i < 300; i++) {
            for (int k = 0; k < 10; k++) {
                add(0, "many", 1 + random.nextInt(most));
            }
            add(0, "few", 1 + random.nextInt(most));
            served.add(take());
        }
        int bound = 2 * (most + PriorityLevel.QUANTUM);
        for (int from = 0; from < served.size(); from += 17) {
            Map<String, Integer> tokens = new HashMap<>(Map.of("few", 0, "many", 0));
            for (Sequence sequence : served.subList(from, served.size())) {
                tokens.merge(sequence.request.tenant(), sequence.size, Integer::sum);
                assertThat(Math.abs(tokens.get("few") - tokens.get("many")))
                        .as("difference in a window from %d, seed %d", from, seed)
                        .isLessThanOrEqualTo(bound);
            }
        }
    }

    @Test
    void shouldRememberDebtsOfATenantThatHasNothingWaiting() {
        for (int i = 0; i < 100; i++) {
            add(0, "small", 10);
        }
        int others = 0;
        for (int big = 0; big < 2; big++) {
            add(0, "big", 400);
            while (!take().request.tenant().equals("big")) {
                others++;
            }
        }
        assertThat(others).as("small ones before the second big one").isBetween(30, 50);
    }

    @Test
    void shouldSettleWhatWasChargedTooMuchOrTooLittle() {
        for (int i = 0; i < 40; i++) {
            add(0, "a", 10);
            add(0, "b", 10);
        }
        Sequence first = take();
        line.settle(first, 200);
        String other = first.request.tenant().equals("a") ? "b" : "a";
        List<String> next =
                IntStream.range(0, 20).mapToObj(i -> take().request.tenant()).toList();
        assertThat(next).containsOnly(other);
        line.settle(first, -200);
        assertThat(IntStream.range(0, 12).mapToObj(i -> take().request.tenant()))
                .contains(first.request.tenant());
    }

    @Test
    void shouldLetReturningOnesBeginBeforeNewOnes() {
        Sequence returning = add(0, "a", 100);
        take();
        Sequence other = add(0, "b", 10);
        line.add(returning);
        Sequence urgent = add(-1, "c", 10);
        assertThat(takeAll()).containsExactly(urgent, returning, other);
    }

    @Test
    void shouldLetOthersPassOneThatAwaitsAPrefix() {
        Sequence awaited = sequence(0, "a", 50, 0);
        awaited.slot = 1;
        Sequence first = add(0, "a", 50);
        first.awaited = awaited;
        first.awaitedLength = 40;
        Sequence second = add(0, "a", 10);
        assertThat(take()).isSameAs(second);
        assertThat(take()).isNull();
        awaited.seen = 40;
        assertThat(take()).isSameAs(first);
    }

    @Test
    void shouldLetOnlySomePassOneThatDoesNotFit() {
        Sequence big = add(0, "a", 1_000);
        for (int i = 0; i < 20; i++) {
            add(0, "b", 1);
            add(0, "a", 1);
        }
        int passed = 0;
        while (true) {
            line.beginScan();
            Sequence next = line.next();
            if (next == big) {
                if (!line.passOver(next)) {
                    break;
                }
                next = line.next();
            }
            assertThat(next.request.tenant())
                    .as("its own tenant's wait behind it")
                    .isEqualTo("b");
            line.take(next, 1);
            passed += next.arrival > big.arrival ? 1 : 0;
        }
        assertThat(passed).isLessThanOrEqualTo(WaitingLine.MOST_PASSES).isPositive();
        assertThat(big.passes).isEqualTo(WaitingLine.MOST_PASSES);
    }

    @Test
    void shouldForgetWhoIsTakenOut() {
        Sequence gone = add(0, "a", 10);
        Sequence stays = add(1, "a", 10);
        line.remove(gone);
        assertThat(line.size()).isEqualTo(1);
        assertThat(takeAll()).containsExactly(stays);
    }

    @Test
    void shouldLoseNobodyWhateverHappens() {
        long seed = Long.getLong("martlet.test.seed", System.nanoTime());
        System.out.println("WaitingLineTest: martlet.test.seed=" + seed);
        Random random = new Random(seed);
        List<Sequence> inside = new ArrayList<>();
        List<Sequence> ran = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            switch (random.nextInt(5)) {
                case 0, 1 ->
                    inside.add(add(
                            random.nextInt(4) - 2,
                            "t" + random.nextInt(6),
                            1 + random.nextInt(300),
                            random.nextLong(300 * SECOND)));
                case 2, 3 -> {
                    Sequence taken = take();
                    assertThat(taken == null).as("seed %d", seed).isEqualTo(inside.isEmpty());
                    if (taken != null) {
                        assertThat(inside.remove(taken)).as("seed %d", seed).isTrue();
                        ran.add(taken);
                    }
                }
                default -> {
                    if (!inside.isEmpty() && random.nextBoolean()) {
                        line.remove(inside.remove(random.nextInt(inside.size())));
                    } else if (!ran.isEmpty()) {
                        Sequence back = ran.remove(random.nextInt(ran.size()));
                        line.add(back);
                        inside.add(back);
                    }
                }
            }
            assertThat(line.size()).isEqualTo(inside.size());
        }
        assertThat(takeAll()).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(inside);
    }
}
