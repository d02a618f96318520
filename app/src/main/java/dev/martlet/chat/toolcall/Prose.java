package dev.martlet.chat.toolcall;

/**
 * One channel of text, content or reasoning. White space between two pieces of text is kept; white space at the
 * channel's edge that touches markup (a marker, a call, the end of the thoughts) is dropped. So it is held back until
 * more text comes, {@value #MAX_GAP} characters at most.
 */
final class Prose {
    private static final int MAX_GAP = 64;

    /** Where the text goes. */
    interface Sink {
        void text(CharSequence s, int start, int end);
    }

    private final Sink sink;
    private final StringBuilder gap = new StringBuilder();
    private final StringBuilder one = new StringBuilder(1);
    private boolean begun;
    private boolean touched;
    private boolean separate;
    private boolean sinceBoundary;

    Prose(Sink sink) {
        this.sink = sink;
    }

    static boolean space(char c) {
        return c <= ' ' || c == 0xA0 || c == 0x3000;
    }

    Prose copy() {
        var copy = new Prose(sink);
        copy.gap.append(gap);
        copy.begun = begun;
        copy.touched = touched;
        copy.separate = separate;
        copy.sinceBoundary = sinceBoundary;
        return copy;
    }

    void append(char c) {
        if (space(c)) {
            space(c, begun || !touched);
            return;
        }
        one.setLength(0);
        one.append(c);
        write(one, 0, 1);
    }

    void append(CharSequence s, int start, int end) {
        int last = end;
        while (last > start && space(s.charAt(last - 1))) {
            last--;
        }
        int first = start;
        while (first < last && space(s.charAt(first))) {
            space(s.charAt(first++), begun || !touched);
        }
        if (first < last) {
            write(s, first, last);
        }
        for (int i = last; i < end; i++) {
            space(s.charAt(i), begun || !touched);
        }
    }

    private void space(char c, boolean kept) {
        if (gap.length() >= MAX_GAP && kept) {
            sink.text(gap, 0, gap.length());
            gap.setLength(0);
        }
        if (gap.length() < MAX_GAP) {
            gap.append(c);
        }
    }

    private void write(CharSequence s, int start, int end) {
        if (begun || !touched) {
            if (separate && begun && gap.indexOf("\n") < 0) {
                sink.text("\n", 0, 1);
            }
            if (!gap.isEmpty()) {
                sink.text(gap, 0, gap.length());
            }
        }
        gap.setLength(0);
        sink.text(s, start, end);
        begun = true;
        touched = false;
        separate = false;
        sinceBoundary = true;
    }

    /** Markup stands here. */
    void boundary() {
        touched = true;
        sinceBoundary = false;
    }

    /** Another message or block of thoughts begins here: its text goes on a line of its own. */
    void separate() {
        boundary();
        separate = true;
    }

    /** Whether text (other than white space) came since the last boundary or the start. */
    boolean sinceBoundary() {
        return sinceBoundary;
    }

    /** The text ends: white space that touches no markup is the text's own. */
    void end() {
        if (!touched && !gap.isEmpty()) {
            sink.text(gap, 0, gap.length());
        }
        gap.setLength(0);
    }
}
