package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.ToolCallFormat.NamedJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;

/** Reads calls whose name stands in a header before their arguments. */
final class NamedJsonReader extends CallReader {
    private static final int MAX_HEADER = 512;

    private enum State {
        SECTION,
        HEADER,
        BODY,
        ARGUMENTS,
        TAIL
    }

    private final NamedJson format;
    private final MarkerSet marks;
    private final MarkerSet.Scanner scanner;
    private final int itemEnds;
    private final int closers;
    private final int openers;
    private final StringBuilder header = new StringBuilder();
    private final Matcher matcher;
    private final ArgumentsReader object;
    private final LenientJson keywords;
    private final StringBuilder early = new StringBuilder();

    private State state = State.SECTION;
    private boolean bare;
    private boolean undeclared;
    private int matched;
    private boolean committed;
    private final boolean hasId;
    private final Tape codes = new Tape();
    private boolean section;
    private String name = "";
    private String id = "";

    NamedJsonReader(NamedJson format, Host host, Set<String> controlTokens) {
        super(host);
        this.format = format;
        Frame frame = format.frame();
        List<String> markers = new ArrayList<>(frame.itemEnds());
        itemEnds = markers.size();
        frame.sectionEnds().stream().filter(end -> !markers.contains(end)).forEach(markers::add);
        closers = markers.size();
        markers.addAll(frame.items());
        openers = markers.size();
        markers.addAll(frame.leads());
        marks = MarkerSet.of(markers, controlTokens);
        scanner = new MarkerSet.Scanner(marks);
        matcher = format.header().matcher("");
        hasId = format.header().namedGroups().containsKey("id");
        object = new ArgumentsReader(format.delimiter());
        keywords = new LenientJson(LenientJson.Root.KEYWORDS, "", this::positional, early);
    }

    private String positional(int position) {
        return tools.parameter(name, position);
    }

    @Override
    void begin(String opener) {
        bare = opener.isEmpty();
        section = format.frame().sections().contains(opener);
        // A textual opener without its section, or none at all, counts only for a declared tool.
        undeclared = !bare && (section || !format.frame().textual());
        scanner.reset();
        state = section ? State.SECTION : State.HEADER;
        beginItem();
    }

    private void beginItem() {
        header.setLength(0);
        codes.clear();
        matched = 0;
        name = "";
        id = "";
    }

    @Override
    Step accept(int code) {
        return switch (state) {
            case SECTION, TAIL -> between(code);
            case HEADER -> header(code);
            case BODY -> body(code);
            case ARGUMENTS -> arguments(code);
        };
    }

    /** In a section before, between and after its calls. */
    private Step between(int code) {
        char c = (char) code;
        if (scanner.active() || marks.starts(c)) {
            int mark = scanner.accept(code);
            if (mark == MarkerSet.Scanner.HOLD) {
                return Step.MORE;
            }
            if (mark == MarkerSet.Scanner.MISS) {
                scanner.reset();
                return state == State.SECTION ? Step.REJECT : Step.AGAIN;
            }
            host.pushBack(scanner.take(0));
            if (mark < closers) {
                boolean sectionEnd = format.frame().sectionEnds().contains(marks.spelling(mark));
                if (sectionEnd || !section && state == State.TAIL) {
                    return Step.DONE;
                }
                return Step.MORE;
            }
            if (mark < openers) {
                if (!section && state == State.TAIL) {
                    section = false;
                }
                state = State.HEADER;
                beginItem();
            }
            return Step.MORE;
        }
        if (JsonText.space(c)) {
            return Step.MORE;
        }
        if (state == State.TAIL && c == '}') {
            host.swallow();
            return Step.MORE;
        }
        return state == State.SECTION ? Step.REJECT : Step.AGAIN;
    }

    private Step header(int code) {
        codes.push(code);
        header.append((char) code);
        matcher.reset(header);
        if (matcher.matches()) {
            matched = header.length();
            name = named(matcher.group("name"));
            id = hasId && matcher.group("id") != null ? matcher.group("id") : "";
            return header.length() > MAX_HEADER ? Step.REJECT : Step.MORE;
        }
        if (matcher.hitEnd() && header.length() <= MAX_HEADER) {
            return bare && !mayBeDeclared() ? Step.REJECT : Step.MORE;
        }
        if (matched == 0 || !acceptable()) {
            return Step.REJECT;
        }
        host.pushBack(codes.from(matched));
        state = State.BODY;
        return Step.MORE;
    }

    /** Whether a bare header, so far, can name a declared tool. */
    private boolean mayBeDeclared() {
        int start = 0;
        while (start < header.length() && JsonText.space(header.charAt(start))) {
            start++;
        }
        int end = start;
        while (end < header.length() && !JsonText.space(header.charAt(end))) {
            end++;
        }
        String word = header.substring(start, end);
        return end < header.length() ? tools.declares(word) : tools.mayDeclare(word);
    }

    private boolean acceptable() {
        return !name.isEmpty() && (undeclared || tools.declares(name));
    }

    private String named(String text) {
        return switch (format.names()) {
            case PLAIN -> text.strip();
            case KIMI -> KimiNames.name(text.strip(), tools);
        };
    }

    private Step body(int code) {
        char c = (char) code;
        if (scanner.active() || marks.starts(c)) {
            int mark = scanner.accept(code);
            if (mark == MarkerSet.Scanner.HOLD) {
                return Step.MORE;
            }
            if (mark == MarkerSet.Scanner.MISS || mark >= openers || bare) {
                scanner.reset();
                return Step.REJECT;
            }
            // A call without arguments: the marker belongs to what follows it.
            host.pushBack(scanner.take(marks.spelling(mark).length()));
            host.pushBack(marks.codes(mark));
            empty(true);
            return Step.MORE;
        }
        if (JsonText.space(c)) {
            return Step.MORE;
        }
        switch (format.body()) {
            case JSON -> object.reset(early);
            case KEYWORDS -> {
                keywords.reset();
                keywords.writeTo(early);
            }
        }
        early.setLength(0);
        committed = false;
        state = State.ARGUMENTS;
        return arguments(code);
    }

    private void empty(boolean complete) {
        emitter.begin(name, id, true);
        if (complete) {
            emitter.arguments().append("{}");
        }
        emitter.end(complete);
        state = State.TAIL;
    }

    private void commit() {
        emitter.begin(name, id, true);
        emitter.arguments().append(early);
        early.setLength(0);
        object.writeTo(emitter.arguments());
        keywords.writeTo(emitter.arguments());
        committed = true;
    }

    private Step arguments(int code) {
        boolean json = format.body() == NamedJson.Body.JSON;
        int result = json ? object.accept((char) code) : keywords.accept((char) code);
        if (!committed && (json ? object.begun() : result == LenientJson.MORE)) {
            commit();
        }
        if (result == LenientJson.MORE) {
            return Step.MORE;
        }
        if (!committed) {
            return Step.REJECT;
        }
        boolean whole = true;
        if (result != LenientJson.DONE) {
            String loose = json ? object.loose() : keywords.loose();
            whole = result != LenientJson.BAD || close();
            emitter.end(whole);
            putBack(result == LenientJson.BAD ? loose : "", code);
        } else {
            emitter.end(true);
            aside(json ? object.dropped() : "");
        }
        state = State.TAIL;
        return Step.MORE;
    }

    private boolean close() {
        return format.body() == NamedJson.Body.JSON ? object.close() : keywords.close();
    }

    @Override
    Step end(StopCause cause) {
        boolean cut = cause == StopCause.LENGTH;
        switch (state) {
            case TAIL -> {
                return Step.DONE;
            }
            case SECTION -> {
                return cut ? Step.DONE : Step.REJECT;
            }
            case HEADER, BODY -> {
                if (cut && header.isEmpty()) {
                    return Step.DONE;
                }
                if (bare || matched == 0 || state == State.HEADER && matched < header.length() || !acceptable()) {
                    return Step.REJECT;
                }
                char last = header.charAt(header.length() - 1);
                boolean headed = state == State.BODY || !Character.isLetterOrDigit(last) && last != '_';
                if (!headed && (cut || !tools.declares(name))) {
                    return Step.REJECT;
                }
                empty(!cut);
                return Step.DONE;
            }
            case ARGUMENTS -> {
                if (!committed) {
                    return Step.REJECT;
                }
                if (cut) {
                    object.cut();
                    if (format.body() == NamedJson.Body.KEYWORDS) {
                        keywords.cut();
                    }
                    emitter.end(false);
                } else {
                    emitter.end(close());
                    aside(format.body() == NamedJson.Body.JSON ? object.dropped() : keywords.dropped());
                }
                return Step.DONE;
            }
        }
        throw new IllegalStateException();
    }
}
