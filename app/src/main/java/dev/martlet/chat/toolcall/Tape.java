package dev.martlet.chat.toolcall;

import java.util.Arrays;

/**
 * A growable run of character codes: UTF-16 units, with {@link #CONTROL} set on those that came as part of a control
 * token. Serves as a record of what was read and, read from its end, as the stack of what is to be read again.
 */
final class Tape {
    /** Marks a character that a control token of the vocabulary spelled. */
    static final int CONTROL = 1 << 16;

    private int[] codes = new int[64];
    private int size;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    int get(int index) {
        return codes[index];
    }

    void push(int code) {
        if (size == codes.length) {
            codes = Arrays.copyOf(codes, size * 2);
        }
        codes[size++] = code;
    }

    /** Puts codes so that they are popped in their order. */
    void pushBack(int[] added) {
        for (int i = added.length - 1; i >= 0; i--) {
            push(added[i]);
        }
    }

    int pop() {
        return codes[--size];
    }

    void clear() {
        size = 0;
    }

    /** Forgets the last {@code count} codes, or all where there are fewer. */
    void drop(int count) {
        size = Math.max(0, size - count);
    }

    /** Copies the codes from {@code start} on. */
    int[] from(int start) {
        return start >= size ? new int[0] : Arrays.copyOfRange(codes, start, size);
    }

    static String text(int[] codes, int start, int end) {
        var text = new StringBuilder(end - start);
        for (int i = start; i < end; i++) {
            text.append((char) codes[i]);
        }
        return text.toString();
    }
}
