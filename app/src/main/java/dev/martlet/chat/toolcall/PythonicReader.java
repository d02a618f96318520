package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.ToolCallFormat.Pythonic;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads calls written as Python calls with literal arguments, in a list or on lines. Nothing is evaluated. */
final class PythonicReader extends CallReader {
    private static final int MAX_NAME = 256;
    private static final String CALL_SUFFIX = ".call";

    private enum State {
        START,
        NAME,
        AFTER_NAME,
        ARGUMENTS,
        AFTER,
        ECHO
    }

    private final Pythonic format;
    private final MarkerSet marks;
    private final MarkerSet.Scanner scanner;
    private final int closers;
    private final StringBuilder name = new StringBuilder();
    private final StringBuilder body = new StringBuilder();
    private final LenientJson keywords;
    private State state = State.START;
    private boolean bare;
    private boolean list;
    private boolean listed;
    /** Whether a name here may be a variable's. */
    private boolean statement;

    private boolean lineStart;
    private int wrappers;
    private int calls;
    private int echoed;

    PythonicReader(Pythonic format, Host host, Set<String> controlTokens) {
        super(host);
        this.format = format;
        List<String> markers = new ArrayList<>(format.frame().closers());
        closers = markers.size();
        markers.addAll(format.frame().leads());
        markers.addAll(format.frame().sections());
        marks = MarkerSet.of(markers, controlTokens);
        scanner = new MarkerSet.Scanner(marks);
        keywords = new LenientJson(LenientJson.Root.KEYWORDS, "", this::positional, emitter.arguments());
    }

    private String positional(int position) {
        return tools.parameter(called(), position);
    }

    @Override
    void begin(String opener) {
        bare = opener.isEmpty();
        list = false;
        listed = false;
        wrappers = 0;
        calls = 0;
        body.setLength(0);
        scanner.reset();
        lineStart = true;
        begin();
    }

    private void begin() {
        state = State.START;
        statement = lineStart;
        lineStart = false;
        name.setLength(0);
    }

    @Override
    boolean whole() {
        return true;
    }

    @Override
    Step accept(int code) {
        char c = (char) code;
        if (state == State.ECHO) {
            return echo(code);
        }
        boolean unmarked = bare && !listed;
        if (state != State.ARGUMENTS && !unmarked && (scanner.active() || marks.starts(c))) {
            int mark = scanner.accept(code);
            if (mark == MarkerSet.Scanner.HOLD) {
                return Step.MORE;
            }
            if (mark != MarkerSet.Scanner.MISS) {
                host.pushBack(scanner.take(0));
                return marker(mark);
            }
            int first = scanner.held().get(0);
            host.pushBack(scanner.take(1));
            c = (char) first;
        }
        if (format.echoes()) {
            body.append(c);
        }
        return switch (state) {
            case START -> start(c);
            case NAME -> name(c);
            case AFTER_NAME -> afterName(c);
            case ARGUMENTS -> arguments(code);
            case AFTER -> after(c);
            case ECHO -> throw new IllegalStateException();
        };
    }

    private Step marker(int mark) {
        if (mark >= closers) {
            if (state != State.START || calls > 0 || listed) {
                return Step.AGAIN;
            }
            if (format.frame().sections().contains(marks.spelling(mark))) {
                host.reopen(marks.codes(mark));
            }
            return Step.MORE;
        }
        if (state != State.START && state != State.AFTER) {
            return Step.AGAIN;
        }
        if (calls == 0) {
            return listed ? Step.DONE : Step.REJECT;
        }
        if (!format.echoes()) {
            return Step.DONE;
        }
        host.swallow();
        echoed = 0;
        state = State.ECHO;
        return Step.MORE;
    }

    private Step start(char c) {
        if (JsonText.space(c)) {
            return Step.MORE;
        }
        if (c == '[' && !listed && calls == 0) {
            list = true;
            listed = true;
            return Step.MORE;
        }
        if (c == ']' && list) {
            return calls == 0 && bare ? Step.REJECT : after(c);
        }
        if (bare && !listed || !Character.isJavaIdentifierStart(c)) {
            return Step.REJECT;
        }
        name.append(c);
        state = State.NAME;
        return Step.MORE;
    }

    private Step name(char c) {
        if (Character.isJavaIdentifierPart(c) || c == '.' || c == '-') {
            name.append(c);
            return name.length() > MAX_NAME ? Step.REJECT : Step.MORE;
        }
        state = State.AFTER_NAME;
        return afterName(c);
    }

    private String called() {
        String text = name.toString();
        if (!tools.declares(text) && text.endsWith(CALL_SUFFIX)) {
            return text.substring(0, text.length() - CALL_SUFFIX.length());
        }
        return text;
    }

    private Step afterName(char c) {
        if (c == ' ') {
            return Step.MORE;
        }
        if (c == '=' && statement && !bare && !list) {
            begin();
            return Step.MORE;
        }
        if (c != '(') {
            return Step.REJECT;
        }
        String called = called();
        if (called.equals("print") && !tools.declares(called)) {
            wrappers++;
            begin();
            return Step.MORE;
        }
        if (bare && !tools.declares(called)) {
            return Step.REJECT;
        }
        emitter.begin(called, "", true);
        keywords.reset();
        keywords.accept(c);
        calls++;
        state = State.ARGUMENTS;
        return Step.MORE;
    }

    private Step arguments(int code) {
        int result = keywords.accept((char) code);
        if (result == LenientJson.MORE) {
            return Step.MORE;
        }
        if (result == LenientJson.DONE) {
            emitter.end(true);
        } else {
            String loose = result == LenientJson.BAD ? keywords.loose() : "";
            emitter.end(keywords.close());
            if (format.echoes()) {
                body.setLength(Math.max(0, body.length() - 1 - loose.length()));
            }
            putBack(loose, code);
        }
        state = State.AFTER;
        return Step.MORE;
    }

    private Step after(char c) {
        if (JsonText.space(c)) {
            lineStart |= c == '\n';
            return Step.MORE;
        }
        if (c == ')' && wrappers > 0) {
            wrappers--;
            host.swallow();
            return Step.MORE;
        }
        if (c == ']' && list) {
            list = false;
            host.swallow();
            state = State.AFTER;
            return bare ? Step.DONE : Step.MORE;
        }
        if (listed && !list) {
            return Step.AGAIN;
        }
        if (c == ',' || c == ';') {
            lineStart = c == ';';
            begin();
            return Step.MORE;
        }
        if (!listed && !bare && Character.isJavaIdentifierStart(c)) {
            begin();
            return start(c);
        }
        return Step.AGAIN;
    }

    /** After the section's end: LFM2 sometimes writes the calls and the end once more. */
    private Step echo(int code) {
        char c = (char) code;
        if (echoed < body.length()) {
            return body.charAt(echoed++) == c ? Step.MORE : Step.AGAIN;
        }
        int mark = scanner.accept(code);
        if (mark == MarkerSet.Scanner.HOLD) {
            return Step.MORE;
        }
        if (mark == MarkerSet.Scanner.MISS || mark >= closers) {
            scanner.reset();
            return Step.AGAIN;
        }
        host.pushBack(scanner.take(0));
        return Step.DONE;
    }

    @Override
    Step end(StopCause cause) {
        boolean cut = cause == StopCause.LENGTH;
        switch (state) {
            case ECHO -> {
                return echoed == body.length() || echoed == 0 ? Step.DONE : Step.REJECT;
            }
            case AFTER -> {
                return Step.DONE;
            }
            case START, NAME, AFTER_NAME -> {
                boolean nothing = name.isEmpty() && state == State.START;
                return nothing && (calls > 0 || cut && !bare) ? Step.DONE : Step.REJECT;
            }
            case ARGUMENTS -> {
                if (cut) {
                    keywords.cut();
                    emitter.end(false);
                } else {
                    emitter.end(keywords.close());
                    aside(keywords.dropped());
                }
                return Step.DONE;
            }
        }
        throw new IllegalStateException();
    }
}
