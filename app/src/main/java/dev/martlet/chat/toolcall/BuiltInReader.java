package dev.martlet.chat.toolcall;

import java.util.List;
import java.util.Set;

/**
 * Reads calls of GLM-4's own tools: {@code cogview} takes a prompt, {@code python} takes code, and
 * {@code simple_browser} takes an expression such as {@code search("words", recency_days=30)}.
 */
final class BuiltInReader extends CallReader {
    private static final String SEARCH = "search";
    private static final List<String> SEARCH_PARAMETERS = List.of("query", "recency_days");

    private enum State {
        NAME,
        GAP,
        RAW,
        EXPRESSION
    }

    private final MarkerSet marks;
    private final MarkerSet.Scanner scanner;
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder gap = new StringBuilder();
    private State state = State.NAME;
    private String name = "";

    BuiltInReader(ToolCallFormat.BuiltIns format, Host host, Set<String> controlTokens) {
        super(host);
        marks = MarkerSet.of(format.frame().drops(), controlTokens);
        scanner = new MarkerSet.Scanner(marks);
    }

    @Override
    void begin(String opener) {
        state = State.NAME;
        text.setLength(0);
        gap.setLength(0);
        scanner.reset();
    }

    @Override
    Step accept(int code) {
        char c = (char) code;
        switch (state) {
            case NAME -> {
                if (c == '\n') {
                    name = text.toString().strip();
                    text.setLength(0);
                    state = State.GAP;
                    return tools.builtIn(name) ? Step.MORE : Step.REJECT;
                }
                text.append(c);
                return tools.mayDeclare(text.toString().strip()) ? Step.MORE : Step.REJECT;
            }
            case GAP -> {
                if (Prose.space(c)) {
                    return Step.MORE;
                }
                if (marks.starts(c)) {
                    return Step.REJECT;
                }
                emitter.begin(name, "", true);
                if (name.equals("simple_browser")) {
                    state = State.EXPRESSION;
                } else {
                    emitter.arguments().append("{\"").append(parameter()).append("\": \"");
                    state = State.RAW;
                }
                return body(code);
            }
            case RAW, EXPRESSION -> {
                return body(code);
            }
        }
        throw new IllegalStateException();
    }

    private String parameter() {
        return switch (name) {
            case "cogview" -> "prompt";
            case "python" -> "code";
            default -> "input";
        };
    }

    private Step body(int code) {
        if (scanner.active() || marks.starts((char) code)) {
            int mark = scanner.accept(code);
            if (mark == MarkerSet.Scanner.HOLD) {
                return Step.MORE;
            }
            if (mark != MarkerSet.Scanner.MISS) {
                host.pushBack(scanner.take(0));
                finish(true);
                host.pushBack(marks.codes(mark));
                return Step.DONE;
            }
            int first = scanner.held().get(0);
            host.pushBack(scanner.take(1));
            text((char) first);
            return Step.MORE;
        }
        text((char) code);
        return Step.MORE;
    }

    private void text(char c) {
        if (state == State.EXPRESSION) {
            text.append(c);
        } else if (Prose.space(c)) {
            JsonText.escape(c, gap);
        } else {
            emitter.arguments().append(gap);
            gap.setLength(0);
            JsonText.escape(c, emitter.arguments());
        }
    }

    private void finish(boolean whole) {
        if (state == State.EXPRESSION) {
            emitter.arguments().append(expression(text.toString().strip()));
        } else if (whole) {
            emitter.arguments().append("\"}");
        }
        emitter.end(whole);
    }

    private String expression(String source) {
        var out = new StringBuilder();
        if (source.startsWith(SEARCH)) {
            var keywords = new LenientJson(
                    LenientJson.Root.KEYWORDS,
                    "",
                    position ->
                            position < SEARCH_PARAMETERS.size() ? SEARCH_PARAMETERS.get(position) : "arg" + position,
                    out);
            int at = SEARCH.length();
            while (at < source.length() && keywords.accept(source.charAt(at)) == LenientJson.MORE) {
                at++;
            }
            keywords.close();
            if (at >= source.length() - 1
                    && !out.isEmpty()
                    && keywords.dropped().isEmpty()) {
                return out.toString();
            }
        }
        return "{\"" + parameter() + "\": " + JsonText.quote(source) + "}";
    }

    @Override
    Step end(StopCause cause) {
        if (state == State.NAME || state == State.GAP) {
            return Step.REJECT;
        }
        if (scanner.active()) {
            for (int i = 0; i < scanner.held().size(); i++) {
                text((char) scanner.held().get(i));
            }
        }
        finish(cause == StopCause.STOP);
        return Step.DONE;
    }
}
