package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.ToolCallFormat.Recipients;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The machine of answers in parts, each a line that names its recipient and then its body: text for the reader, or
 * JSON arguments for a tool.
 */
final class RecipientParser implements OutputParser {
    private static final int MAX_NAME = 256;

    private enum State {
        TEXT,
        NAME,
        OPENING,
        ARGUMENTS,
        CALLED
    }

    private final Recipients format;
    private final ParserOptions options;
    private final Toolbox tools;
    private final Emitter emitter;
    private final Prose content;
    private final MarkerSet markers;
    private final MarkerSet.Scanner scanner;
    private final ArgumentsReader arguments = new ArgumentsReader("");
    private final StringBuilder line = new StringBuilder();
    private final Tape again = new Tape();
    private State state = State.TEXT;
    private boolean spelled;
    private long steps;

    RecipientParser(Recipients format, ParserOptions options) {
        this.format = format;
        this.options = options;
        tools = new Toolbox(options.tools());
        emitter = new Emitter(options.ids(), options.parallelToolCalls());
        content = new Prose(emitter::content);
        List<String> all = new ArrayList<>(List.of(format.marker()));
        all.addAll(format.drops());
        markers = MarkerSet.of(all, options.controlTokens());
        scanner = new MarkerSet.Scanner(markers);
        String suffix = options.promptSuffix();
        int at = suffix.lastIndexOf(format.marker());
        if (at >= 0) {
            String rest = suffix.substring(at + format.marker().length());
            if (rest.isBlank()) {
                state = State.NAME;
            } else if (!rest.strip().equals(format.everyone()) && rest.endsWith("\n")) {
                line.append(rest.strip());
                state = State.OPENING;
            }
        }
    }

    @Override
    public void push(CharSequence text, boolean control, Consumer<ChatEvent> out) {
        emitter.to(out);
        int bit = control && options.controlTokens().contains(text.toString()) ? Tape.CONTROL : 0;
        if (control && state != State.ARGUMENTS && !scanner.active() && !markers.mentions(text.toString())) {
            return;
        }
        int i = 0;
        while (i < text.length()) {
            if (state == State.TEXT && again.isEmpty() && !scanner.active()) {
                int run = i;
                while (run < text.length() && !markers.starts(text.charAt(run))) {
                    run++;
                }
                if (run > i) {
                    content.append(text, i, run);
                    steps += run - i;
                    i = run;
                    continue;
                }
            }
            step(text.charAt(i++) | bit);
            while (!again.isEmpty()) {
                step(again.pop());
            }
        }
        emitter.flush();
    }

    private void step(int code) {
        steps++;
        if (state == State.ARGUMENTS && !scanner.active() && code < Tape.CONTROL && arguments.inString()) {
            text(code);
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
        again.pushBack(scanner.take(0));
        mark(mark);
    }

    private void miss() {
        int first = scanner.held().get(0);
        again.pushBack(scanner.take(1));
        text(first);
    }

    private void mark(int mark) {
        boolean next = mark == 0;
        switch (state) {
            case NAME, OPENING -> notRecipient();
            case ARGUMENTS -> close();
            case TEXT, CALLED -> {}
        }
        if (next) {
            state = State.NAME;
            spelled = true;
            line.setLength(0);
        } else {
            content.boundary();
            state = State.TEXT;
        }
    }

    private void close() {
        emitter.end(arguments.close());
        String left = arguments.dropped();
        content.separate();
        content.append(left, 0, left.length());
    }

    /** The line names no recipient: it is text, and so is the marker before it. */
    private void notRecipient() {
        if (spelled) {
            content.append(format.marker(), 0, format.marker().length());
        }
        content.append(line, 0, line.length());
        line.setLength(0);
        state = State.TEXT;
    }

    private void text(int code) {
        char c = (char) code;
        switch (state) {
            case TEXT -> content.append(c);
            case NAME -> {
                line.append(c);
                String name = line.toString().strip();
                if (c == '\n' && !name.isEmpty()) {
                    if (name.equals(format.everyone())) {
                        content.separate();
                        line.setLength(0);
                        state = State.TEXT;
                    } else if (options.callsWanted()) {
                        state = State.OPENING;
                    } else {
                        notRecipient();
                    }
                } else if (!Character.isJavaIdentifierPart(c) && "\n.-".indexOf(c) < 0 || name.length() > MAX_NAME) {
                    notRecipient();
                }
            }
            case OPENING -> {
                if (c == '{') {
                    emitter.begin(line.toString().strip(), "", true);
                    arguments.reset(emitter.arguments());
                    arguments.accept(c);
                    state = State.ARGUMENTS;
                } else {
                    line.append(c);
                    if (!JsonText.space(c)) {
                        notRecipient();
                    }
                }
            }
            case ARGUMENTS -> {
                int result = arguments.accept(c);
                if (result == LenientJson.DONE) {
                    close();
                    content.boundary();
                    state = State.CALLED;
                } else if (result != LenientJson.MORE) {
                    String loose = arguments.loose();
                    emitter.end(arguments.close());
                    content.boundary();
                    state = State.TEXT;
                    again.push(code);
                    again.pushBack(loose.chars().toArray());
                }
            }
            case CALLED -> {
                if (!JsonText.space(c) && c != '}') {
                    state = State.TEXT;
                    content.append(c);
                }
            }
        }
    }

    @Override
    public void finish(StopCause cause, Consumer<ChatEvent> out) {
        emitter.to(out);
        while (scanner.active() || !again.isEmpty()) {
            if (!again.isEmpty()) {
                step(again.pop());
            } else if (scanner.atEnd() == MarkerSet.Scanner.MISS) {
                miss();
            } else {
                int mark = scanner.atEnd();
                again.pushBack(scanner.take(0));
                mark(mark);
            }
        }
        switch (state) {
            case NAME -> {
                if (!line.toString().strip().equals(format.everyone())) {
                    notRecipient();
                }
            }
            case OPENING -> {
                String name = line.toString().strip();
                boolean cut = cause == StopCause.LENGTH;
                if (tools.declares(name)) {
                    emitter.begin(name, "", true);
                    emitter.arguments().append(cut ? "" : "{}");
                    emitter.end(!cut);
                } else {
                    notRecipient();
                }
            }
            case ARGUMENTS -> {
                if (cause == StopCause.LENGTH) {
                    arguments.cut();
                    emitter.end(false);
                } else {
                    close();
                }
            }
            case TEXT, CALLED -> {}
        }
        content.end();
        emitter.flush();
    }

    @Override
    public boolean callEnded() {
        return emitter.callEnded();
    }

    /** How many characters have been looked at. */
    long steps() {
        return steps;
    }
}
