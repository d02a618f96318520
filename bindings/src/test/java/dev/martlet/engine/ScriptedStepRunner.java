package dev.martlet.engine;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * A model that is a function, behind the native step's interface: every rule of martlet.h is checked, a broken one is an
 * {@link AssertionError}. Cells are counted exactly, forks share theirs.
 *
 * <p>A mask is kept by taking another token; a script that gives -1 finds none to choose.
 *
 * <p>The next token depends on the sequence's tokens and on how many outputs its sampler has counted, so that a wrong
 * position, a mixed-up sequence or a sampler that was fed twice changes the text.
 */
public final class ScriptedStepRunner implements StepRunner {

    /** What the next steps are to run into, one a step. */
    public enum Fault {
        /** The step runs as usual. */
        NONE,
        NO_SPACE,
        ABORTED,
        /** The context breaks before anything was done. */
        FAILED,
        /** The context breaks when half of the samplers have already counted a token. */
        FAILED_HALFWAY,
        /** An exception comes out of the step. */
        EXCEPTION
    }

    /** Chooses the token after these. */
    public interface Script {
        /**
         * @param prompt the tokens of the prompt
         * @param output number of tokens chosen so far
         */
        int next(int[] prompt, int[] tokens, int length, int output);
    }

    private static final class Sampler {
        private final Sampling sampling;
        private int outputs;
        private int prompt;

        private Sampler(Sampling sampling) {
            this.sampling = sampling;
        }
    }

    /** Tokens of a sequence and the cell of each. */
    private static final class Row {
        private int[] tokens = new int[16];
        private int[] cells = new int[16];
        private int length;
    }

    /** What a saved token is said to take. */
    public static final long STATE_BYTES = 8_192;

    private final Limits limits;
    private final Script script;
    private final Row[] rows;
    private final int[] cellUsers;
    private final ArrayDeque<Integer> freeCells = new ArrayDeque<>();
    private final Map<Long, Sampler> samplers = new HashMap<>();
    private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
    private long nextSampler = 1;
    private boolean failed;
    private int steps;
    private int openTails;
    private long fedTokens;
    private volatile boolean closed;
    private volatile Runnable beforeStep = () -> {};
    private volatile boolean recreatable = true;
    private volatile long microsPerToken = 1;
    private volatile long microsPerStep;

    public ScriptedStepRunner(Limits limits, Script script) {
        this.limits = limits;
        this.script = script;
        rows = new Row[limits.sequences()];
        Arrays.setAll(rows, i -> new Row());
        cellUsers = new int[limits.contextTokens()];
        for (int cell = 0; cell < cellUsers.length; cell++) {
            freeCells.add(cell);
        }
    }

    /** Limits of a small machine: this many cells, 8 sequence ids, steps of 16 tokens. */
    public static Limits limits(int cells) {
        return new Limits(cells, cells, 16, 8, 8, true, ByteTokens.END + 2, Integer.MAX_VALUE, 0);
    }

    /** Limits that fit {@link EngineOptions#defaults()}, with room for 16,384 tokens. */
    public static Limits generousLimits() {
        return new Limits(16_384, 16_384, 512, 128, 32, true, ByteTokens.END + 2, Integer.MAX_VALUE, 0);
    }

    /** Lower-case letters by a hash of all tokens before; now and then it ends. */
    public static Script babble() {
        return (prompt, tokens, length, output) -> {
            int hash = output * 31 + 7;
            for (int i = 0; i < length; i++) {
                hash = hash * 31 + tokens[i];
            }
            hash ^= hash >>> 15;
            hash *= 0x85EBCA6B;
            hash ^= hash >>> 13;
            int choice = Math.floorMod(hash, 40);
            return choice == 39 ? ByteTokens.END : 'a' + choice % 26;
        };
    }

    /** A text that mostly follows from its last two tokens, and so comes back to what it said, with some babble in between. */
    public static Script refrain() {
        Script babble = babble();
        return (prompt, tokens, length, output) -> {
            if (length < 2 || output % 13 == 12) {
                return babble.next(prompt, tokens, length, output);
            }
            int pair = (tokens[length - 2] * 31 + tokens[length - 1] * 7 + prompt[0]) * 0x9E3779B1;
            return 'a' + (pair >>> 16) % 5;
        };
    }

    /** Answers a prompt with a text, then ends. */
    public static Script answering(Function<String, String> answer) {
        return (prompt, tokens, length, output) -> {
            int[] text = ByteTokens.tokens(answer.apply(ByteTokens.text(prompt, prompt.length)));
            return output < text.length ? text[output] : ByteTokens.END;
        };
    }

    /** Queues what the next step runs into. From any thread. */
    public void inject(Fault fault) {
        faults.add(fault);
    }

    /** Runs before each step on the engine's thread, e.g. to hold it. From any thread. */
    public void beforeStep(Runnable action) {
        beforeStep = action;
    }

    /** Makes {@link #recreate()} fail from now on. */
    public void breakForGood() {
        recreatable = false;
    }

    /** What each token of a step is said to cost; 1 unless set. */
    public void microsPerToken(long micros) {
        microsPerToken = micros;
    }

    /** What a step is said to cost beside its tokens; 0 unless set. */
    public void microsPerStep(long micros) {
        microsPerStep = micros;
    }

    public int steps() {
        return steps;
    }

    /** Tokens fed in all steps. */
    public long fedTokens() {
        return fedTokens;
    }

    public int openSamplers() {
        return samplers.size();
    }

    public boolean isClosed() {
        return closed;
    }

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public StepStatus step(StepPlan plan, StepResult result) {
        beforeStep.run();
        rule(!closed && !failed, "the context is not usable");
        validate(plan);
        Fault fault = Objects.requireNonNullElse(faults.poll(), Fault.NONE);
        switch (fault) {
            case NONE, FAILED_HALFWAY -> {}
            case NO_SPACE -> {
                return StepStatus.NO_SPACE;
            }
            case ABORTED -> {
                return StepStatus.ABORTED;
            }
            case FAILED -> {
                failed = true;
                return StepStatus.FAILED;
            }
            case EXCEPTION -> {
                failed = true;
                throw new EngineException(EngineException.Kind.NATIVE, "injected");
            }
        }
        if (plan.size() > freeCells.size()) {
            return StepStatus.NO_SPACE;
        }
        steps++;
        fedTokens += plan.size();
        int at = 0;
        int output = 0;
        for (int s = 0; s < plan.segments(); s++) {
            Row row = rows[plan.sequence(s)];
            int count = plan.tokenCount(s);
            for (int i = 0; i < count; i++) {
                push(row, plan.token(at + i));
            }
            int scored = score(plan, s, at, row, output, result);
            output += scored;
            int rows = plan.rows(s) == scored ? 0 : sample(plan, s, at, row, output, result);
            result.setRows(s, scored + rows);
            at += count;
            output += rows;
            if (fault == Fault.FAILED_HALFWAY && output * 2 >= plan.outputs()) {
                failed = true;
                return StepStatus.FAILED;
            }
        }
        result.setMicros(microsPerStep + plan.size() * microsPerToken, output);
        return StepStatus.OK;
    }

    private void validate(StepPlan plan) {
        rule(plan.segments() > 0, "no segment");
        rule(plan.size() <= limits.batchTokens(), "more tokens than a batch");
        rule(plan.outputs() <= limits.outputs(), "more outputs than allowed");
        boolean[] seen = new boolean[rows.length];
        int tokens = 0;
        for (int s = 0; s < plan.segments(); s++) {
            int sequence = plan.sequence(s);
            rule(sequence >= 0 && sequence < rows.length, "sequence out of range");
            rule(!seen[sequence], "sequence " + sequence + " twice in a step");
            seen[sequence] = true;
            rule(plan.tokenCount(s) > 0, "an empty segment");
            rule(plan.position(s) == rows[sequence].length, "position " + plan.position(s) + " is not the length");
            rule(plan.position(s) + plan.tokenCount(s) <= limits.sequenceTokens(), "more tokens than a sequence");
            rule(plan.topLogprobs(s) <= StepResult.MAX_TOP + 1, "too many logprobs");
            rule(plan.sampler(s) == 0 || samplers.containsKey(plan.sampler(s)), "unknown sampler");
            int sampled = plan.rows(s) - plan.scored(s);
            rule(sampled == 0 == (plan.sampler(s) == 0), "a sampler and no row, or a row and none");
            rule(plan.rows(s) <= 1 || plan.scored(s) > 0 || sampled == plan.tokenCount(s), "a wrong verification");
            rule(plan.scored(s) == 0 || sampled <= 1, "scores and drafts together");
            rule(plan.scored(s) == 0 || plan.topLogprobs(s) > 0, "scores without log probabilities");
            rule(
                    plan.scored(s) == 0
                            || plan.scored(s) == plan.tokenCount(s) - (sampled == 0 && plan.next(s) >= 0 ? 0 : 1),
                    "scores of other tokens");
            rule(plan.drafted(s) == 0 || limits.partialPrefix(), "drafts that cannot be taken back");
            tokens += plan.tokenCount(s);
        }
        rule(tokens == plan.size(), "the counts do not add up");
        for (int i = 0; i < tokens; i++) {
            rule(plan.token(i) >= 0 && plan.token(i) < limits.vocabulary(), "token out of range");
        }
    }

    private void push(Row row, int token) {
        if (row.length == row.tokens.length) {
            row.tokens = Arrays.copyOf(row.tokens, row.length * 2);
            row.cells = Arrays.copyOf(row.cells, row.length * 2);
        }
        int cell = freeCells.poll();
        cellUsers[cell] = 1;
        row.tokens[row.length] = token;
        row.cells[row.length++] = cell;
    }

    /** What a token's log probability is said to be behind these. */
    public static float score(int[] tokens, int length, int token) {
        int hash = token;
        for (int i = 0; i < length; i++) {
            hash = hash * 31 + tokens[i];
        }
        return -Math.floorMod(hash, 1_000) / 16f;
    }

    private static int score(StepPlan plan, int segment, int firstToken, Row row, int output, StepResult result) {
        int scored = plan.scored(segment);
        int before = row.length - plan.tokenCount(segment);
        for (int r = 0; r < scored; r++) {
            boolean inside = r + 1 < plan.tokenCount(segment);
            int token = inside ? plan.token(firstToken + r + 1) : plan.next(segment);
            result.set(output + r, token, score(row.tokens, before + r + 1, token));
            for (int rank = 0; rank < StepResult.MAX_TOP; rank++) {
                boolean wanted = rank < plan.topLogprobs(segment) - 1;
                result.setTop(output + r, rank, wanted ? (token + rank) % 256 : -1, wanted ? -rank : 0);
            }
        }
        return scored;
    }

    /** Samples a segment's rows until one does not confirm the draft behind it, which is taken back with those after it. */
    private int sample(StepPlan plan, int segment, int firstToken, Row row, int output, StepResult result) {
        int rows = plan.rows(segment) - plan.scored(segment);
        int kept = row.length - rows;
        int done = 0;
        boolean more = true;
        while (more) {
            int token = sampleRow(plan, segment, row, ++kept, output + done++, result);
            more = done < rows && plan.token(firstToken + done) == token;
        }
        trim(plan.sequence(segment), kept);
        return done;
    }

    private int sampleRow(StepPlan plan, int segment, Row row, int length, int output, StepResult result) {
        Sampler sampler = samplers.get(plan.sampler(segment));
        int promptLength = length - sampler.outputs;
        rule(sampler.prompt == 0 || sampler.prompt == promptLength, "the sampler was fed another prompt");
        int[] prompt = Arrays.copyOf(row.tokens, promptLength);
        int token = script.next(prompt, row.tokens, length, sampler.outputs);
        if (token == ByteTokens.END && sampler.outputs < sampler.sampling.minTokens()) {
            token = '.';
        }
        if (token < 0) {
            result.set(output, -1, 0);
            return token;
        }
        token = allowed(token, limits.vocabulary(), t -> plan.allows(segment, t));
        sampler.outputs++;
        int top = plan.topLogprobs(segment);
        result.set(output, token, top == 0 ? 0 : -0.5f);
        for (int rank = 0; rank < StepResult.MAX_TOP; rank++) {
            boolean wanted = rank < top - 1;
            result.setTop(output, rank, wanted ? (token + rank) % limits.vocabulary() : -1, wanted ? -0.5f - rank : 0);
        }
        return token;
    }

    /** The token, or where it is not allowed one that is and depends on it alone. */
    static int allowed(int token, int vocabulary, IntPredicate mask) {
        if (mask.test(token)) {
            return token;
        }
        int[] others = IntStream.range(0, vocabulary).filter(mask).toArray();
        rule(others.length > 0, "the mask allows no token");
        return others[token * 31 % others.length];
    }

    @Override
    public String failure() {
        return "injected";
    }

    @Override
    public void fork(int source, int target, int length) {
        rule(!closed && !failed, "the context is not usable");
        Row from = rows[source];
        rule(source != target, "fork onto itself");
        rule(length > 0 && length <= from.length, "fork of " + length + " of " + from.length);
        rule(limits.partialPrefix() || length == from.length, "fork of a part");
        trim(target, 0);
        Row to = rows[target];
        to.tokens = Arrays.copyOf(from.tokens, Math.max(16, length));
        to.cells = Arrays.copyOf(from.cells, Math.max(16, length));
        to.length = length;
        for (int i = 0; i < length; i++) {
            cellUsers[to.cells[i]]++;
        }
    }

    @Override
    public void trim(int sequence, int length) {
        rule(!closed && !failed, "the context is not usable");
        Row row = rows[sequence];
        rule(length >= 0 && length <= row.length, "trim to " + length + " of " + row.length);
        rule(limits.partialPrefix() || length == 0 || length == row.length, "trim to a part");
        while (row.length > length) {
            int cell = row.cells[--row.length];
            if (--cellUsers[cell] == 0) {
                freeCells.add(cell);
            }
        }
    }

    @Override
    public long stateBytes(int sequence, int from) {
        return (rows[sequence].length - from) * STATE_BYTES;
    }

    @Override
    public Optional<SavedTail> save(int sequence, int from) {
        rule(!closed && !failed, "the context is not usable");
        Row row = rows[sequence];
        rule(from >= 0 && from < row.length, "save from " + from + " of " + row.length);
        rule(limits.partialPrefix() || from == 0, "save of a part");
        openTails++;
        return Optional.of(new Tail(Arrays.copyOf(row.tokens, row.length), from));
    }

    @Override
    public boolean load(int sequence, SavedTail tail) {
        rule(!closed && !failed, "the context is not usable");
        Tail saved = (Tail) tail;
        Row row = rows[sequence];
        rule(saved.open, "load of a tail that was closed");
        rule(row.length == saved.from, "load behind " + row.length + ", saved behind " + saved.from);
        rule(Arrays.equals(row.tokens, 0, row.length, saved.tokens, 0, row.length), "load behind other tokens");
        if (saved.to() - saved.from > freeCells.size()) {
            return false;
        }
        for (int i = saved.from; i < saved.to(); i++) {
            push(row, saved.tokens[i]);
        }
        return true;
    }

    /** Saved tails that were not closed yet. */
    public int openTails() {
        return openTails;
    }

    private final class Tail implements SavedTail {
        private final int[] tokens;
        private final int from;
        private boolean open = true;

        private Tail(int[] tokens, int from) {
            this.tokens = tokens;
            this.from = from;
        }

        @Override
        public int from() {
            return from;
        }

        @Override
        public int to() {
            return tokens.length;
        }

        @Override
        public long bytes() {
            return (tokens.length - from) * STATE_BYTES;
        }

        @Override
        public void close() {
            openTails -= open ? 1 : 0;
            open = false;
        }
    }

    @Override
    public int usedCells() {
        return cellUsers.length - freeCells.size();
    }

    @Override
    public long newSampler(Sampling sampling) {
        if (sampling.bias().containsValue(Float.NaN)) {
            throw new EngineException(EngineException.Kind.NATIVE, "bias is not a number");
        }
        samplers.put(nextSampler, new Sampler(sampling));
        return nextSampler++;
    }

    @Override
    public void feed(long handle, int[] tokens, int from, int to, boolean output) {
        Sampler sampler = samplers.get(handle);
        rule(sampler != null, "unknown sampler");
        rule(from >= 0 && from < to && to <= tokens.length, "a range of nothing");
        if (output) {
            sampler.outputs += to - from;
        } else {
            sampler.prompt += to - from;
        }
    }

    @Override
    public void freeSampler(long sampler) {
        rule(samplers.remove(sampler) != null, "sampler freed twice");
    }

    @Override
    public void recreate() {
        if (!recreatable) {
            throw new EngineException(EngineException.Kind.NATIVE, "no memory for a context");
        }
        failed = false;
        for (int sequence = 0; sequence < rows.length; sequence++) {
            trim(sequence, 0);
        }
    }

    @Override
    public void abort() {}

    @Override
    public void close() {
        rule(!closed, "closed twice");
        closed = true;
    }

    private static void rule(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("a rule of martlet.h is broken: " + what);
        }
    }
}
