package dev.martlet.engine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.martlet.ffi.martlet_h;
import dev.martlet.ffi.mt_step_input;
import dev.martlet.ffi.mt_step_output;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The native memory of a step: both parameter structs and their arrays, made once and written over in each step, so that
 * a step allocates nothing.
 */
final class StepBlock {

    private final MemorySegment input;
    private final MemorySegment output;
    private final MemorySegment sequence;
    private final MemorySegment position;
    private final MemorySegment tokenCount;
    private final MemorySegment flags;
    private final MemorySegment topLogprobs;
    private final MemorySegment sampler;
    private final MemorySegment tokens;
    private final MemorySegment next;
    private final MemorySegment maskOfSegment;
    private final MemorySegment rowCount;
    private final MemorySegment outToken;
    private final MemorySegment outLogprob;
    private final MemorySegment outTopToken;
    private final MemorySegment outTopLogprob;
    private final Arena arena;
    private final long maskBytes;

    /** A mask for each output row; made when the first one is needed. */
    private MemorySegment masks = MemorySegment.NULL;

    StepBlock(Arena arena, StepRunner.Limits limits) {
        int segments = Math.min(limits.sequences(), limits.batchTokens());
        int rows = limits.outputs();
        this.arena = arena;
        maskBytes = (limits.vocabulary() + 63L) / 64 * Long.BYTES;
        maskOfSegment = arena.allocate((long) segments * Long.BYTES, Long.BYTES);
        sequence = ints(arena, segments);
        position = ints(arena, segments);
        tokenCount = ints(arena, segments);
        flags = ints(arena, segments);
        topLogprobs = ints(arena, segments);
        sampler = arena.allocate((long) segments * Long.BYTES, Long.BYTES);
        tokens = ints(arena, limits.batchTokens());
        next = ints(arena, segments);
        outToken = ints(arena, rows);
        outLogprob = ints(arena, rows);
        outTopToken = ints(arena, rows * StepResult.MAX_TOP);
        outTopLogprob = ints(arena, rows * StepResult.MAX_TOP);
        rowCount = ints(arena, segments);

        input = mt_step_input.allocate(arena);
        mt_step_input.struct_size(input, (int) mt_step_input.layout().byteSize());
        mt_step_input.sequence(input, sequence);
        mt_step_input.position(input, position);
        mt_step_input.token_count(input, tokenCount);
        mt_step_input.flags(input, flags);
        mt_step_input.top_logprobs(input, topLogprobs);
        mt_step_input.sampler(input, sampler);
        mt_step_input.tokens(input, tokens);
        mt_step_input.next(input, next);

        output = mt_step_output.allocate(arena);
        mt_step_output.struct_size(output, (int) mt_step_output.layout().byteSize());
        mt_step_output.row_capacity(output, rows);
        mt_step_output.row_count(output, rowCount);
        mt_step_output.token(output, outToken);
        mt_step_output.logprob(output, outLogprob);
        mt_step_output.top_token(output, outTopToken);
        mt_step_output.top_logprob(output, outTopLogprob);
    }

    private static MemorySegment ints(Arena arena, int count) {
        return arena.allocate((long) count * Integer.BYTES, Long.BYTES);
    }

    /** Writes the plan, runs it and reads the result, if there is one; returns the code. */
    int run(MemorySegment context, StepPlan plan, StepResult result) {
        int segments = plan.segments();
        MemorySegment.copy(plan.sequences(), 0, sequence, JAVA_INT, 0, segments);
        MemorySegment.copy(plan.positions(), 0, position, JAVA_INT, 0, segments);
        MemorySegment.copy(plan.tokenCounts(), 0, tokenCount, JAVA_INT, 0, segments);
        MemorySegment.copy(plan.topLogprobs(), 0, topLogprobs, JAVA_INT, 0, segments);
        MemorySegment.copy(plan.samplers(), 0, sampler, JAVA_LONG, 0, segments);
        MemorySegment.copy(plan.tokens(), 0, tokens, JAVA_INT, 0, plan.size());
        if (plan.scoring() > 0) {
            MemorySegment.copy(plan.nexts(), 0, next, JAVA_INT, 0, segments);
        }
        for (int s = 0; s < segments; s++) {
            flags.setAtIndex(JAVA_INT, s, flag(plan, s));
        }
        mt_step_input.mask(input, plan.masked() == 0 ? MemorySegment.NULL : writeMasks(plan));
        mt_step_input.n_segments(input, segments);
        mt_step_input.n_tokens(input, plan.size());
        boolean top = plan.mostTop() > 0;
        mt_step_output.top_stride(output, top ? StepResult.MAX_TOP : 0);

        int code = martlet_h.mt_step(context, input, output);
        if (code == martlet_h.MT_OK()) {
            read(plan, result, top);
        }
        return code;
    }

    private static int flag(StepPlan plan, int segment) {
        if (plan.drafted(segment) > 0) {
            return martlet_h.MT_STEP_VERIFY();
        }
        int scores = plan.scored(segment) > 0 ? martlet_h.MT_STEP_SCORE() : 0;
        return plan.rows(segment) == plan.scored(segment) ? scores : scores | martlet_h.MT_STEP_SAMPLE();
    }

    private MemorySegment writeMasks(StepPlan plan) {
        if (masks.equals(MemorySegment.NULL)) {
            masks = arena.allocate(maskBytes * outToken.byteSize() / Integer.BYTES, Long.BYTES);
        }
        long at = 0;
        for (int s = 0; s < plan.segments(); s++) {
            long[] mask = plan.masks()[s];
            if (mask == null) {
                maskOfSegment.setAtIndex(JAVA_LONG, s, 0);
            } else {
                MemorySegment.copy(mask, 0, masks, JAVA_LONG, at, (int) (maskBytes / Long.BYTES));
                maskOfSegment.setAtIndex(JAVA_LONG, s, masks.address() + at);
                at += maskBytes;
            }
        }
        return maskOfSegment;
    }

    private void read(StepPlan plan, StepResult result, boolean top) {
        int segments = plan.segments();
        MemorySegment.copy(rowCount, JAVA_INT, 0, result.rows, 0, segments);
        int rows = 0;
        for (int s = 0; s < segments; s++) {
            int count = result.rows(s);
            if (count < Math.min(1, plan.rows(s)) || count > plan.rows(s)) {
                throw new EngineException(
                        EngineException.Kind.NATIVE,
                        count + " rows came out of a segment that asked for " + plan.rows(s));
            }
            rows += count;
        }
        MemorySegment.copy(outToken, JAVA_INT, 0, result.token, 0, rows);
        MemorySegment.copy(outLogprob, JAVA_FLOAT, 0, result.logprob, 0, rows);
        if (top) {
            MemorySegment.copy(outTopToken, JAVA_INT, 0, result.topToken, 0, rows * StepResult.MAX_TOP);
            MemorySegment.copy(outTopLogprob, JAVA_FLOAT, 0, result.topLogprob, 0, rows * StepResult.MAX_TOP);
        }
        result.setMicros(mt_step_output.decode_micros(output), mt_step_output.sample_micros(output));
    }
}
