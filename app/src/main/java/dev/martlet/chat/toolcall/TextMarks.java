package dev.martlet.chat.toolcall;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The markers that mean something in an answer's text, and the readers that their openers call. */
final class TextMarks {

    /** What a marker does. */
    enum Kind {
        /** Opens a section of calls, or one call. */
        OPEN,
        /** Closes one; in the text it has lost its call. */
        CLOSE,
        /** Opens thoughts. */
        THINK,
        /** Closes thoughts. */
        THOUGHT,
        /** Means nothing to a client. */
        DROP
    }

    /**
     * A marker.
     *
     * @param readers who may read what an opener opens, in the order they are tried
     */
    record Mark(Kind kind, String spelling, List<CallReader> readers) {
        Mark(Kind kind, String spelling) {
            this(kind, spelling, List.of());
        }
    }

    private final List<Mark> marks = new ArrayList<>();
    private final List<CallReader> bareReaders = new ArrayList<>();

    TextMarks(ToolCallFormat format, Frame frame, ParserOptions options, CallReader.Host host) {
        for (Frame.Thoughts pair : frame.thoughts()) {
            marks.add(new Mark(Kind.THINK, pair.open()));
            marks.add(new Mark(Kind.THOUGHT, pair.close()));
        }
        if (options.callsWanted()) {
            openers(format, frame, options, host);
            frame.closers().forEach(close -> marks.add(new Mark(Kind.CLOSE, close)));
        }
        frame.drops().forEach(drop -> marks.add(new Mark(Kind.DROP, drop)));
    }

    private void openers(ToolCallFormat first, Frame frame, ParserOptions options, CallReader.Host host) {
        Map<String, List<CallReader>> openers = new LinkedHashMap<>();
        List<ToolCallFormat> formats = new ArrayList<>(List.of(first));
        formats.addAll(frame.alternatives());
        for (ToolCallFormat format : formats) {
            CallReader reader = Readers.reader(format, host, options.controlTokens());
            Frame around = Readers.frame(format);
            List<String> spellings = new ArrayList<>(around.sections());
            around.items().stream().filter(item -> !spellings.contains(item)).forEach(spellings::add);
            for (String spelling : spellings) {
                openers.computeIfAbsent(spelling, key -> new ArrayList<>()).add(reader);
            }
            if (around.bare()) {
                bareReaders.add(reader);
            }
        }
        openers.forEach((spelling, readers) -> marks.add(new Mark(Kind.OPEN, spelling, List.copyOf(readers))));
    }

    List<String> spellings() {
        return marks.stream().map(Mark::spelling).toList();
    }

    Mark get(int index) {
        return marks.get(index);
    }

    /** The closer of thoughts that is spelled like this. */
    Optional<Mark> thought(String spelling) {
        return marks.stream()
                .filter(mark -> mark.kind() == Kind.THOUGHT && mark.spelling().equals(spelling))
                .findFirst();
    }

    /** Who may read calls that begin a line without an opener. */
    List<CallReader> bareReaders() {
        return List.copyOf(bareReaders);
    }
}
