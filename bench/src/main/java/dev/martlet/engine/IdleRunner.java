package dev.martlet.engine;

import java.util.Optional;

/** A model that costs nothing: each row gets the same token. What is left of a step is the scheduler's own work. */
final class IdleRunner implements StepRunner {
    private final Limits limits;

    /** @param sequences most sequences at once */
    IdleRunner(int sequences) {
        limits = new Limits(
                1 << 24,
                1 << 20,
                512,
                sequences,
                sequences,
                true,
                ByteTokens.END + 2,
                Integer.MAX_VALUE,
                Integer.MAX_VALUE);
    }

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public StepStatus step(StepPlan plan, StepResult result) {
        for (int s = 0; s < plan.segments(); s++) {
            result.setRows(s, plan.rows(s));
        }
        for (int row = 0; row < plan.outputs(); row++) {
            result.set(row, 'a', 0);
        }
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
