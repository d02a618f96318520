package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.CallReader.Step;
import dev.martlet.chat.toolcall.TextMarks.Mark;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The machine of answers that are text with thoughts and sections of calls in it. It reads the text and finds the
 * markers; what stands in a section is its family's {@link CallReader}'s matter.
 *
 * <p>A call inside the thoughts is a draft until more is known: thoughts that are closed after it make it a thought,
 * the end of the text makes it a call.
 */
final class AnswerParser implements OutputParser, CallReader.Host {
    private enum Mode {
        TEXT,
        THOUGHTS,
        CALL
    }

    private final Emitter emitter;
    private final Toolbox tools;
    private Prose content;
    private Prose contentBeforeDraft;
    private final Prose thoughts;
    private final TextMarks marks;
    private final MarkerSet markers;
    private final MarkerSet.Scanner scanner;
    private final List<CallReader> bareReaders;
    private final Set<String> controlTokens;
    private final List<String> drops;

    private final Tape again = new Tape();
    private final Tape raw = new Tape();
    private final Tape draft = new Tape();
    private final Asides asides = new Asides();
    private Mode mode = Mode.TEXT;
    private Mode outer = Mode.TEXT;
    private List<CallReader> readers = List.of();
    private CallReader reader;
    private int readerIndex;
    private String opener = "";
    private int sectionCalls;
    private boolean held;
    private boolean lineStart = true;
    private int notBare;
    private boolean afterCall;
    private boolean unclosed;
    private boolean thought;
    private long steps;

    AnswerParser(ToolCallFormat format, Frame frame, ParserOptions options) {
        this(format, frame, options, new Emitter(options.ids(), options.parallelToolCalls()));
    }

    private AnswerParser(ToolCallFormat format, Frame frame, ParserOptions options, Emitter emitter) {
        this(format, frame, options, emitter, new Prose(emitter::content));
    }

    /** A parser of a part of an answer, which writes where its owner writes. */
    AnswerParser(ToolCallFormat format, Frame frame, ParserOptions options, Emitter emitter, Prose content) {
        tools = new Toolbox(options.tools());
        this.emitter = emitter;
        this.content = content;
        thoughts = new Prose(emitter::reasoning);
        thoughts.boundary();
        controlTokens = options.controlTokens();
        drops = frame.drops();
        marks = new TextMarks(format, frame, options, this);
        bareReaders = marks.bareReaders();
        markers = MarkerSet.of(marks.spellings(), controlTokens);
        scanner = new MarkerSet.Scanner(markers);
        if (frame.opensThoughts(options.promptSuffix())) {
            mode = Mode.THOUGHTS;
        }
    }

    // Input

    @Override
    public void push(CharSequence text, boolean control, Consumer<ChatEvent> out) {
        emitter.to(out);
        int length = text.length();
        if (control && mode != Mode.CALL && !scanner.active() && !markers.mentions(text.toString())) {
            // A control token without a meaning here is markup all the same.
            prose().boundary();
            emitter.flush();
            return;
        }
        if (control && mode == Mode.CALL && emitter.drafting() && !held && controlTokens.contains(text.toString())) {
            Optional<Mark> end = marks.thought(text.toString());
            if (end.isPresent()) {
                // The token itself, not its spelling in some argument: the thoughts end here, drafts and all.
                text.chars().forEach(draft::push);
                raw.clear();
                thought(end.get());
                emitter.flush();
                return;
            }
        }
        int bit = control && controlTokens.contains(text.toString()) ? Tape.CONTROL : 0;
        int i = 0;
        while (i < length) {
            if (mode != Mode.CALL && again.isEmpty() && !scanner.active() && !emitter.drafting() && !bareMayBegin()) {
                int run = i;
                while (run < length && !stops(text.charAt(run))) {
                    run++;
                }
                if (run > i) {
                    prose().append(text, i, run);
                    afterText(run - i);
                    i = run;
                    continue;
                }
            }
            accept(text.charAt(i++) | bit);
        }
        emitter.flush();
    }

    /** Reads one code; what becomes certain waits in the emitter. */
    void accept(int code) {
        step(code);
        while (!again.isEmpty()) {
            step(again.pop());
        }
        notBare = 0;
    }

    private boolean stops(char c) {
        return markers.starts(c) || c == '\n' && !bareReaders.isEmpty();
    }

    private void afterText(int count) {
        steps += count;
        lineStart = false;
    }

    private boolean bareMayBegin() {
        return lineStart && notBare == 0 && mode == Mode.TEXT && !bareReaders.isEmpty() && !emitter.drafting();
    }

    private void step(int code) {
        steps++;
        if (emitter.drafting() && !held) {
            draft.push(code);
        }
        switch (mode) {
            case TEXT, THOUGHTS -> scan(code);
            case CALL -> read(code);
        }
    }

    @Override
    public void pushBack(int[] codes) {
        again.pushBack(codes);
        raw.drop(codes.length);
        if (emitter.drafting() && !held) {
            draft.drop(codes.length);
        }
    }

    // Text

    private void scan(int code) {
        if (notBare > 0) {
            notBare--;
        }
        if (!scanner.active() && bareMayBegin() && !Prose.space((char) code)) {
            lineStart = false;
            raw.clear();
            begin("", bareReaders);
            pushBack(new int[] {code});
            return;
        }
        int mark = scanner.accept(code);
        if (mark == MarkerSet.Scanner.HOLD) {
            return;
        }
        if (mark == MarkerSet.Scanner.MISS) {
            miss();
            return;
        }
        pushBack(scanner.take(0));
        mark(marks.get(mark));
    }

    /** What the scanner holds begins no marker: its first character is text. */
    private void miss() {
        char c = (char) scanner.held().get(0);
        pushBack(scanner.take(1));
        text(c);
    }

    private Prose prose() {
        return mode == Mode.THOUGHTS ? thoughts : content;
    }

    private void text(char c) {
        prose().append(c);
        if (c == '\n') {
            lineStart = true;
        } else if (!Prose.space(c)) {
            lineStart = false;
        }
    }

    private void text(String spelling) {
        spelling.chars().forEach(c -> text((char) c));
    }

    private void mark(Mark mark) {
        boolean thinking = mode == Mode.THOUGHTS;
        switch (mark.kind()) {
            case OPEN -> {
                raw.clear();
                begin(mark.spelling(), mark.readers());
                mark.spelling().chars().forEach(raw::push);
                if (thinking) {
                    draft.clear();
                    mark.spelling().chars().forEach(draft::push);
                    emitter.startDraft();
                    contentBeforeDraft = content.copy();
                }
            }
            case CLOSE -> {
                if (unclosed || afterCall && !content.sinceBoundary()) {
                    unclosed = false;
                    content.boundary();
                } else {
                    text(mark.spelling());
                }
            }
            case THINK -> {
                // A tag that prose may mention opens thoughts only where no text stands before it.
                boolean certain = mark.spelling().startsWith("<|");
                boolean prose = thinking ? thoughts.sinceBoundary() : content.sinceBoundary();
                if (prose && !certain || emitter.drafting()) {
                    text(mark.spelling());
                } else if (!thinking) {
                    content.boundary();
                    thoughts.separate();
                    mode = Mode.THOUGHTS;
                }
            }
            case THOUGHT -> thought(mark);
            case DROP -> {
                prose().boundary();
                lineStart = true;
            }
        }
    }

    /** The thoughts are closed: calls in them were drafts. */
    private void thought(Mark mark) {
        if (emitter.drafting()) {
            emitter.discard();
            asides.clear();
            content = contentBeforeDraft;
            mode = Mode.THOUGHTS;
            for (int i = 0; i < draft.size() - mark.spelling().length(); i++) {
                thoughts.append((char) draft.get(i));
            }
            draft.clear();
            afterCall = false;
        }
        if (mode == Mode.TEXT && thought && content.sinceBoundary()) {
            if (drops.contains(mark.spelling())) {
                content.boundary();
            } else {
                text(mark.spelling());
            }
            return;
        }
        thought = true;
        thoughts.boundary();
        content.boundary();
        mode = Mode.TEXT;
        lineStart = true;
    }

    // Calls

    private void begin(String spelling, List<CallReader> candidates) {
        outer = mode;
        unclosed = false;
        mode = Mode.CALL;
        opener = spelling;
        readers = candidates;
        sectionCalls = 0;
        choose(0);
    }

    private void choose(int index) {
        readerIndex = index;
        reader = readers.get(index);
        reader.begin(opener);
        if (opener.isEmpty() && reader.whole()) {
            held = true;
            emitter.startDraft();
        }
    }

    private void read(int code) {
        boolean open = emitter.open();
        int begun = emitter.begun();
        if (!open || held) {
            raw.push(code);
        }
        Step step = reader.accept(code);
        boolean progressed = emitter.begun() != begun || open && !emitter.open();
        if (progressed) {
            sectionCalls++;
            if (!held) {
                raw.clear();
                called();
            }
        }
        switch (step) {
            case MORE -> {}
            case DONE -> endSection();
            case AGAIN -> {
                if (held || sectionCalls == 0) {
                    reject();
                } else if (raw.isEmpty()) {
                    unclosed = !opener.isEmpty();
                    leave();
                    pushBack(new int[] {code});
                } else {
                    unclosed = !opener.isEmpty();
                    leave();
                    pushBack(raw.from(0));
                }
            }
            case REJECT -> reject();
        }
    }

    private void called() {
        content.boundary();
        afterCall = true;
    }

    @Override
    public void swallow() {
        if (!held) {
            raw.clear();
            sectionCalls++;
        }
    }

    @Override
    public void reopen(int[] codes) {
        raw.clear();
        opener = Tape.text(codes, 0, codes.length);
        for (int code : codes) {
            raw.push(code);
        }
    }

    @Override
    public void aside(String text) {
        asides.add(text);
        if (!emitter.drafting()) {
            asides.tell(content);
        }
    }

    private void endSection() {
        release();
        raw.clear();
        afterCall = true;
        content.boundary();
        leave();
    }

    private void release() {
        if (held) {
            held = false;
            emitter.release();
            asides.tell(content);
        }
    }

    private void leave() {
        // A call ends the thoughts it stands in, unless they are closed later.
        mode = outer == Mode.THOUGHTS && emitter.drafting() && emitter.drafted() == 0 ? Mode.THOUGHTS : Mode.TEXT;
        lineStart = true;
        if (mode == Mode.THOUGHTS) {
            emitter.release();
            asides.tell(content);
            draft.clear();
        }
    }

    /** The candidate is no call. */
    private void reject() {
        if (held) {
            held = false;
            emitter.discard();
            asides.clear();
            sectionCalls = 0;
        }
        int[] read = raw.from(0);
        raw.clear();
        if (sectionCalls > 0) {
            unclosed = !opener.isEmpty();
            leave();
            pushBack(read);
            return;
        }
        if (readerIndex + 1 < readers.size()) {
            int[] rest = Arrays.copyOfRange(read, opener.length(), read.length);
            raw.clear();
            Arrays.stream(read, 0, opener.length()).forEach(raw::push);
            again.pushBack(rest);
            if (emitter.drafting()) {
                draft.drop(rest.length);
            }
            choose(readerIndex + 1);
            return;
        }
        boolean line = lineStart && !opener.isEmpty();
        leave();
        lineStart = line;
        pushBack(Arrays.copyOfRange(read, opener.length(), read.length));
        text(opener);
        if (opener.isEmpty()) {
            // Only its last character was never part of a bare candidate; trying the others too would be quadratic.
            notBare = Math.max(notBare, read.length);
        }
    }

    // The end

    @Override
    public void finish(StopCause cause, Consumer<ChatEvent> out) {
        emitter.to(out);
        end(cause);
        thoughts.boundary();
        content.end();
        emitter.flush();
    }

    /** The text ends here. */
    void end(StopCause cause) {
        while (true) {
            while (!again.isEmpty()) {
                step(again.pop());
            }
            if (mode == Mode.CALL) {
                switch (reader.end(cause)) {
                    case DONE -> endSection();
                    // What was put back is read first.
                    case MORE -> {}
                    case REJECT, AGAIN -> reject();
                }
            } else if (scanner.active()) {
                int mark = scanner.atEnd();
                if (mark == MarkerSet.Scanner.MISS) {
                    miss();
                } else {
                    pushBack(scanner.take(0));
                    mark(marks.get(mark));
                }
            } else {
                break;
            }
        }
        if (emitter.drafting()) {
            emitter.release();
            asides.tell(content);
        }
    }

    @Override
    public boolean callEnded() {
        return emitter.callEnded();
    }

    @Override
    public Emitter emitter() {
        return emitter;
    }

    @Override
    public Toolbox tools() {
        return tools;
    }

    /** How many characters have been looked at, those read again counted again. */
    long steps() {
        return steps;
    }
}
