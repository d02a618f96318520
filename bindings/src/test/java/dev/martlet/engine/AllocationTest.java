package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the scheduler's thread allocates for each token. */
class AllocationTest {

    /** A token's event, and what its queue takes now and then. */
    private static final long MOST_BYTES_PER_TOKEN = 64;

    /** What a long output's own tokens and their index take, which grow by doubling. */
    private static final long GROWTH = 8;

    private static final int STREAMS = 16;
    private static final int STEPS = 500;
    private static final int[] NOTHING = {};

    /** A step that allocates nothing itself. */
    private static final class ConstantRunner implements StepRunner {
        private static final Limits LIMITS =
                new Limits(1 << 20, 1 << 16, 64, 32, 32, true, ByteTokens.END + 2, Integer.MAX_VALUE, 0);

        @Override
        public Limits limits() {
            return LIMITS;
        }

        @Override
        public StepStatus step(StepPlan plan, StepResult result) {
            for (int s = 0; s < plan.segments(); s++) {
                result.setRows(s, plan.rows(s));
            }
            for (int row = 0; row < plan.outputs(); row++) {
                result.set(row, 'a', 0);
            }
            result.setMicros(10_000 + plan.size(), 0);
            return StepStatus.OK;
        }

        @Override
        public String failure() {
            return "";
        }

        @Override
        public void fork(int source, int target, int length) {}

        @Override
        public void trim(int sequence, int length) {}

        @Override
        public long stateBytes(int sequence, int from) {
            return 0;
        }

        @Override
        public Optional<SavedTail> save(int sequence, int from) {
            return Optional.empty();
        }

        @Override
        public boolean load(int sequence, SavedTail tail) {
            return false;
        }

        @Override
        public int usedCells() {
            return 0;
        }

        @Override
        public long newSampler(Sampling sampling) {
            return 1;
        }

        @Override
        public void feed(long sampler, int[] tokens, int from, int to, boolean output) {}

        @Override
        public void freeSampler(long sampler) {}

        @Override
        public void recreate() {}

        @Override
        public void abort() {}

        @Override
        public void close() {}
    }

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Counters counters = new Counters(1);
    private final List<GenerationStream> streams = new ArrayList<>();
    private Scheduler scheduler;

    /** Every step takes as long as any other: whether drafts are worth their time does not hang on this machine's load. */
    private long clock;

    @Test
    void shouldAllocateNoMoreThanAnEventPerToken() {
        start(EngineOptions.defaults().withMaxSequences(STREAMS).withDrafts(1), STREAMS, NOTHING);
        allocated(STEPS);
        long tokensBefore = counters.snapshot().decodeTokens();
        long bytes = allocated(STEPS);
        long tokens = counters.snapshot().decodeTokens() - tokensBefore;
        assertThat(tokens).as("with a draft each").isEqualTo(2L * STREAMS * STEPS);
        assertThat(bytes / tokens).as("bytes a token").isLessThanOrEqualTo(MOST_BYTES_PER_TOKEN);
    }

    @Test
    void shouldAllocateNothingMoreForAPrediction() {
        int steps = GenerationStream.CAPACITY / ConstantRunner.LIMITS.outputs();
        int[] foretold =
                IntStream.range(0, 50_000).map(i -> i % 64 > 2 ? 'a' : 'b').toArray();
        start(EngineOptions.defaults().withMaxSequences(1), 1, foretold);
        for (int i = 0; i < 20; i++) {
            allocated(steps);
        }
        long tokensBefore = counters.snapshot().decodeTokens();
        long bytes = 0;
        for (int i = 0; i < 20; i++) {
            bytes += allocated(steps);
        }
        long tokens = counters.snapshot().decodeTokens() - tokensBefore;
        assertThat(tokens).as("with many drafts each").isGreaterThan(20L * 10 * steps);
        assertThat(bytes / tokens).as("bytes a token").isLessThanOrEqualTo(MOST_BYTES_PER_TOKEN + GROWTH);
    }

    private void start(EngineOptions options, int requests, int[] prediction) {
        Inbox inbox = new Inbox(options, counters);
        Constraints constraints = new Constraints(ByteTokens.vocabulary(), new ByteTokens());
        scheduler = new Scheduler(
                new ConstantRunner(),
                ByteTokens.vocabulary(),
                options,
                inbox,
                counters,
                constraints,
                () -> clock += 1_000);
        for (int i = 0; i < requests; i++) {
            streams.add(new GenerationStream(() -> {}));
            GenerationRequest request = GenerationRequest.of(new int[] {i}, 50_000);
            inbox.submit(request.withPrediction(prediction), streams.get(i), 0);
        }
    }

    /** What some steps allocate. What the readers of these steps allocate is not counted: the streams hold them all. */
    private long allocated(int steps) {
        long thread = Thread.currentThread().threadId();
        long before = threads.getThreadAllocatedBytes(thread);
        for (int step = 0; step < steps; step++) {
            scheduler.doWork();
        }
        long bytes = threads.getThreadAllocatedBytes(thread) - before;
        for (GenerationStream stream : streams) {
            while (stream.poll().isPresent()) {
                assertThat(stream.hasEnded()).isFalse();
            }
        }
        return bytes;
    }
}
