package dev.martlet.grammar;

/** The top of a stack: a {@link Lexer} in one of its states. */
final class WordFrame extends Frame {

    final Lexer lexer;
    final int state;
    private Object key;

    WordFrame(Lexer lexer, int state) {
        this.lexer = lexer;
        this.state = state;
    }

    /** {@link Lexer#key} of the state. */
    Object key() {
        if (key == null) {
            key = lexer.key(state); // a race makes two equal keys
        }
        return key;
    }

    @Override
    void resume(int label, StackSet rest, Closure out) {
        throw new AssertionError("a word is always on top");
    }
}
