package dev.martlet.grammar;

/** The top of a stack: waits for the control token that is spelled like this. */
final class SpecialFrame extends Frame {

    final String spelling;

    SpecialFrame(String spelling) {
        this.spelling = spelling;
    }

    @Override
    void resume(int label, StackSet rest, Closure out) {
        throw new AssertionError("a control token is always on top");
    }
}
