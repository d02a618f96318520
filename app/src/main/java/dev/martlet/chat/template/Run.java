package dev.martlet.chat.template;

import java.time.Clock;

/** One rendering: its clock and what it has used of its limits. One thread. */
final class Run {
    /** What a level of nested lists and dicts counts in depth when it is walked over. */
    static final int LEVEL = 4;

    /** What an element of a list or dict counts in characters. */
    static final int ELEMENT = 8;

    /** What a string in a list counts in characters besides its own. */
    private static final int STRING = 40;

    /** How often a context's text may be copied beyond the limit on allocation. */
    private static final int PER_INPUT = 16;

    final Clock clock;
    final boolean mutable;
    private final TemplateLimits limits;
    private long steps;
    private long allocation;
    private int depth;

    Run(TemplateLimits limits, Clock clock, boolean mutable) {
        this.limits = limits;
        this.clock = clock;
        this.mutable = mutable;
        this.steps = limits.steps();
        this.allocation = limits.allocation();
        this.depth = limits.depth();
    }

    TemplateLimits limits() {
        return limits;
    }

    void step() {
        if (--steps < 0) {
            throw Failure.limit("more than " + limits.steps() + " steps");
        }
    }

    /** Counts walking over this many elements. */
    void work(long elements) {
        steps -= elements;
        if (steps < 0) {
            throw Failure.limit("more than " + limits.steps() + " steps");
        }
    }

    /** Counts characters about to be made. */
    void allocate(long characters) {
        allocation -= characters;
        if (allocation < 0) {
            throw Failure.limit("more than " + limits.allocation() + " characters of strings and lists");
        }
    }

    /** Counts strings about to be made, besides their characters. */
    void strings(long count) {
        work(count);
        allocate(count * STRING);
    }

    /** Allows more work for a longer conversation, while the context is loaded. */
    void grant(int characters) {
        allocation += (long) characters * PER_INPUT;
    }

    /** Counts elements about to be made: their memory and the walk over them. */
    void elements(long count) {
        work(count);
        allocate(count * ELEMENT);
    }

    /** Enters a call whose body's syntax tree has this height. */
    void enter(int height) {
        depth -= height;
        if (depth < 0) {
            throw Failure.limit("calls nested too deeply");
        }
    }

    void leave(int height) {
        depth += height;
    }
}
