package dev.martlet.chat.template;

import java.util.Arrays;

/** A template's source with one kind of line end and without the last one, and its lines' offsets. */
final class Source {
    final String text;
    private final int[] lineStarts;

    Source(String raw) {
        String normalised = raw.replace("\r\n", "\n").replace('\r', '\n');
        text = normalised.endsWith("\n") ? normalised.substring(0, normalised.length() - 1) : normalised;
        var starts = new int[16];
        int lines = 1;
        for (int i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) {
            if (lines == starts.length) {
                starts = Arrays.copyOf(starts, lines * 2);
            }
            starts[lines++] = i + 1;
        }
        lineStarts = Arrays.copyOf(starts, lines);
    }

    /** Line of an offset, from 1. */
    int line(int offset) {
        int found = Arrays.binarySearch(lineStarts, offset);
        return found >= 0 ? found + 1 : -found - 1;
    }

    /** Column of an offset, from 1. */
    int column(int offset) {
        return offset - lineStarts[line(offset) - 1] + 1;
    }

    TemplateException error(String message, int offset) {
        return new TemplateException(TemplateException.Cause.SYNTAX, message, line(offset), column(offset));
    }
}
