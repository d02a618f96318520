package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.ToolCallFormat.Messages;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The machine of answers that are messages, each with a header that tells its channel and recipient. The header
 * decides what the body is: thoughts, text, or a call's arguments.
 */
final class MessagesParser implements OutputParser {
    private static final int MAX_HEADER = 512;
    private static final Set<String> ROLES = Set.of("assistant");
    private static final Pattern RECIPIENT = Pattern.compile("(?:^|\\s|assistant)to=(?<to>[^\\s<]+)");

    private enum State {
        OUTSIDE,
        HEADER,
        THOUGHTS,
        TEXT,
        ARGUMENTS,
        CALLED,
        MARKUP
    }

    private final Messages format;
    private final Emitter emitter;
    private final Toolbox tools;
    private final Prose content;
    private final Prose thoughts;
    private final MarkerSet markers;
    private final MarkerSet.Scanner scanner;
    private final ArgumentsReader arguments = new ArgumentsReader("");
    private final StringBuilder early = new StringBuilder();
    private final StringBuilder header = new StringBuilder();
    private final StringBuilder body = new StringBuilder();
    private final Matcher headerMatcher;
    private final Tape again = new Tape();
    private final ParserOptions options;
    private Optional<AnswerParser> markup = Optional.empty();
    private State state = State.OUTSIDE;
    private String name = "";
    private boolean committed;
    private boolean analysis;
    private int given;
    private long steps;

    MessagesParser(Messages format, ParserOptions options) {
        this.format = format;
        this.options = options;
        tools = new Toolbox(options.tools());
        emitter = new Emitter(options.ids(), options.parallelToolCalls());
        content = new Prose(emitter::content);
        thoughts = new Prose(emitter::reasoning);
        thoughts.boundary();
        List<String> all = new ArrayList<>(List.of(format.start(), format.message()));
        all.addAll(format.fields());
        all.addAll(format.ends());
        markers = MarkerSet.of(all, options.controlTokens());
        scanner = new MarkerSet.Scanner(markers);
        headerMatcher = format.header().matcher("");
        open(options.promptSuffix());
    }

    /** Reads what the prompt leaves open. */
    private void open(String suffix) {
        int from = suffix.lastIndexOf(format.start());
        for (String field : format.fields()) {
            from = from < 0 ? suffix.lastIndexOf(field) : from;
        }
        if (from < 0) {
            return;
        }
        // Whatever the prompt's text spells is the template's own, so it is read as the markers themselves.
        MarkerSet plain = MarkerSet.of(spellings(), Set.of());
        MarkerSet.Scanner reader = new MarkerSet.Scanner(plain);
        for (int i = from; i < suffix.length(); i++) {
            int mark = reader.accept(suffix.charAt(i));
            if (mark == MarkerSet.Scanner.HOLD) {
                continue;
            }
            if (mark == MarkerSet.Scanner.MISS) {
                text(reader.held().get(0));
                i -= reader.take(1).length;
            } else {
                i -= reader.take(0).length;
                mark(plain.spelling(mark));
            }
        }
        given = header.length();
    }

    private List<String> spellings() {
        List<String> all = new ArrayList<>(List.of(format.start(), format.message()));
        all.addAll(format.fields());
        all.addAll(format.ends());
        return all;
    }

    @Override
    public void push(CharSequence text, boolean control, Consumer<ChatEvent> out) {
        emitter.to(out);
        int length = text.length();
        if (control && !scanner.active() && !markers.mentions(text.toString()) && !insideCall()) {
            return;
        }
        int bit = control && options.controlTokens().contains(text.toString()) ? Tape.CONTROL : 0;
        int i = 0;
        while (i < length) {
            boolean prose = state == State.TEXT || state == State.THOUGHTS || state == State.OUTSIDE;
            if (prose && again.isEmpty() && !scanner.active()) {
                int run = i;
                while (run < length && !markers.starts(text.charAt(run))) {
                    run++;
                }
                if (run > i) {
                    (state == State.THOUGHTS ? thoughts : content).append(text, i, run);
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

    private boolean insideCall() {
        return state == State.ARGUMENTS || state == State.MARKUP;
    }

    private void step(int code) {
        steps++;
        if (!scanner.active() && state == State.ARGUMENTS && arguments.inString() && code < Tape.CONTROL) {
            text(code);
            return;
        }
        int mark = scanner.accept(code);
        if (mark == MarkerSet.Scanner.HOLD) {
            return;
        }
        if (mark == MarkerSet.Scanner.MISS) {
            int first = scanner.held().get(0);
            again.pushBack(scanner.take(1));
            text(first);
            return;
        }
        again.pushBack(scanner.take(0));
        mark(markers.spelling(mark));
    }

    private void mark(String spelling) {
        if (spelling.equals(format.message())) {
            if (state == State.HEADER) {
                beginBody();
            } else {
                // Its header was none, and has become text.
                (state == State.THOUGHTS ? thoughts : content).separate();
            }
            return;
        }
        if (state == State.HEADER && format.fields().contains(spelling)) {
            header.append(spelling);
            return;
        }
        endBody(StopCause.STOP);
        state = State.OUTSIDE;
        if (!format.ends().contains(spelling)) {
            state = State.HEADER;
            header.setLength(0);
            given = 0;
            if (!spelling.equals(format.start())) {
                header.append(spelling);
            }
        }
    }

    private void text(int code) {
        char c = (char) code;
        switch (state) {
            case OUTSIDE, TEXT -> content.append(c);
            case THOUGHTS -> thoughts.append(c);
            case HEADER -> {
                header.append(c);
                headerMatcher.reset(header);
                if (header.length() > MAX_HEADER || !headerMatcher.matches() && !headerMatcher.hitEnd()) {
                    noHeader();
                }
            }
            case ARGUMENTS -> arguments(code);
            case CALLED -> {
                if (!JsonText.space(c) && c != '}') {
                    state = State.TEXT;
                    content.append(c);
                }
            }
            case MARKUP -> markup.orElseThrow().accept(code);
        }
    }

    /** What was read as a header is text. */
    private void noHeader() {
        state = State.TEXT;
        content.append(header, Math.min(given, header.length()), header.length());
        header.setLength(0);
        given = 0;
    }

    private void beginBody() {
        Matcher to = RECIPIENT.matcher(header);
        String recipient = to.find() ? to.group("to") : "";
        if (recipient.isEmpty() && !channel() && worded()) {
            noHeader();
            content.separate();
            return;
        }
        analysis = header.indexOf("analysis") >= 0;
        header.setLength(0);
        given = 0;
        String prefix = format.toolPrefix();
        boolean tool = !prefix.isEmpty() && recipient.startsWith(prefix);
        name = tool ? recipient.substring(prefix.length()) : recipient;
        boolean someone = format.people().contains(recipient);
        if (format.self().equals(recipient) && !recipient.isEmpty()) {
            analysis = true;
        }
        if (options.callsWanted()
                && !name.isEmpty()
                && !someone
                && !format.self().equals(recipient)) {
            beginCall();
        } else {
            prose();
        }
    }

    private void prose() {
        if (analysis) {
            thoughts.separate();
            state = State.THOUGHTS;
        } else {
            content.separate();
            state = State.TEXT;
        }
    }

    private void beginCall() {
        committed = false;
        early.setLength(0);
        body.setLength(0);
        if (format.markup().isPresent()) {
            ToolCallFormat inner = format.markup().get();
            markup = Optional.of(new AnswerParser(inner, Readers.frame(inner), options, emitter, content));
            content.separate();
            state = State.MARKUP;
        } else {
            arguments.reset(early);
            state = State.ARGUMENTS;
        }
    }

    private void commit() {
        emitter.begin(name, "", true);
        emitter.arguments().append(early);
        arguments.writeTo(emitter.arguments());
        committed = true;
    }

    private void arguments(int code) {
        char c = (char) code;
        if (!committed) {
            body.append(c);
        }
        int result = arguments.accept(c);
        if (!committed && arguments.begun()) {
            commit();
        }
        if (result == LenientJson.MORE) {
            return;
        }
        if (!committed) {
            // Not arguments: a message to someone else, such as code to a tool that was never declared.
            prose();
            (analysis ? thoughts : content).append(body, 0, body.length());
            return;
        }
        if (result == LenientJson.DONE) {
            close();
            state = State.CALLED;
        } else {
            String loose = arguments.loose();
            emitter.end(arguments.close());
            content.separate();
            state = State.TEXT;
            again.push(code);
            again.pushBack(loose.chars().toArray());
        }
    }

    private void close() {
        emitter.end(arguments.close());
        String left = arguments.dropped();
        content.separate();
        content.append(left, 0, left.length());
    }

    private boolean channel() {
        return format.fields().stream().anyMatch(field -> header.indexOf(field) >= 0);
    }

    /** Whether a header, so far, says what no header would say alone. */
    private boolean worded() {
        String words = header.substring(Math.min(given, header.length())).strip();
        return !words.isEmpty() && !ROLES.contains(words);
    }

    private void endBody(StopCause cause) {
        boolean cut = cause == StopCause.LENGTH;
        switch (state) {
            case HEADER -> {
                // Where the token limit cut a header, its channel and recipient are no text.
                boolean cutHeader = cut && headerMatcher.reset(header).hitEnd();
                if (worded() && !(cutHeader && (channel() || header.indexOf("to=") >= 0))) {
                    noHeader();
                }
            }
            case ARGUMENTS -> {
                if (!committed) {
                    commit();
                    if (!cut) {
                        emitter.arguments().append("{}");
                    }
                    emitter.end(!cut);
                } else if (cut) {
                    arguments.cut();
                    emitter.end(false);
                } else {
                    close();
                }
            }
            case MARKUP -> {
                markup.orElseThrow().end(cause);
                markup = Optional.empty();
            }
            case OUTSIDE, TEXT, THOUGHTS, CALLED -> {}
        }
        content.separate();
        thoughts.boundary();
    }

    @Override
    public void finish(StopCause cause, Consumer<ChatEvent> out) {
        emitter.to(out);
        while (scanner.active() || !again.isEmpty()) {
            if (!again.isEmpty()) {
                step(again.pop());
                continue;
            }
            int mark = scanner.atEnd();
            if (mark == MarkerSet.Scanner.MISS) {
                int first = scanner.held().get(0);
                again.pushBack(scanner.take(1));
                text(first);
            } else {
                again.pushBack(scanner.take(0));
                mark(markers.spelling(mark));
            }
        }
        boolean whole = state == State.TEXT || state == State.OUTSIDE;
        if (whole) {
            content.end();
        }
        endBody(cause);
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
