package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the scheduler's thread allocates for each token. */
class AllocationTest {

    /** A token's event, and what its queue takes now and then. */
    private static final long MOST_BYTES_PER_TOKEN = 64;

    private static final int STREAMS = 16;
    private static final int STEPS = 500;

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

    @Test
    void shouldAllocateNoMoreThanAnEventPerToken() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        ConstantRunner runner = new ConstantRunner();
        EngineOptions options =
                EngineOptions.defaults().withMaxSequences(STREAMS).withDrafts(1);
        Counters counters = new Counters(1);
        Inbox inbox = new Inbox(options, counters);
        Constraints constraints = new Constraints(ByteTokens.vocabulary(), new ByteTokens());
        Scheduler scheduler =
                new Scheduler(runner, ByteTokens.vocabulary(), options, inbox, counters, constraints, System::nanoTime);
        List<GenerationStream> streams = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            streams.add(new GenerationStream(() -> {}));
            inbox.submit(GenerationRequest.of(new int[] {i}, 10_000), streams.get(i), 0);
        }
        runSteps(scheduler, streams);
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().threadId());
        long tokensBefore = counters.snapshot().decodeTokens();
        // What the readers of these steps allocate is not counted: the streams hold them all.
        for (int step = 0; step < STEPS; step++) {
            scheduler.doWork();
        }
        long bytes = threads.getThreadAllocatedBytes(Thread.currentThread().threadId()) - before;
        long tokens = counters.snapshot().decodeTokens() - tokensBefore;
        assertThat(tokens).as("with a draft each").isEqualTo(2L * STREAMS * STEPS);
        assertThat(bytes / tokens).as("bytes a token").isLessThanOrEqualTo(MOST_BYTES_PER_TOKEN);
    }

    /** Warms up and empties the queues again. */
    private static void runSteps(Scheduler scheduler, List<GenerationStream> streams) {
        for (int step = 0; step < STEPS; step++) {
            scheduler.doWork();
        }
        for (GenerationStream stream : streams) {
            while (stream.poll().isPresent()) {
                // drop it
            }
        }
    }
}
