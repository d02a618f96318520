package dev.martlet.grammar;

import java.util.concurrent.atomic.AtomicInteger;

/** One entry of a parser stack: what is being read (on top) or how to go on when what is above is read. Immutable. */
abstract class Frame {

    private static final AtomicInteger COUNTER = new AtomicInteger();

    /** Orders the frames of a set; distinct until it wraps around, and then two sets merely fail to be shared. */
    final int id = COUNTER.getAndIncrement();

    /**
     * Goes on after what was above this frame has been read.
     *
     * @param label which word the reader above has found
     * @param rest the stacks below this frame
     * @param out takes the stacks that come of it
     */
    abstract void resume(int label, StackSet rest, Closure out);
}
