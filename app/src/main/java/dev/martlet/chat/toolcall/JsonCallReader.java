package dev.martlet.chat.toolcall;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads calls that are JSON objects with the tool's name inside, alone, in a row or in a list. */
final class JsonCallReader extends CallReader {
    private enum State {
        PAYLOAD,
        OBJECT,
        KEY,
        COLON,
        VALUE,
        NAME,
        ID,
        ARGUMENTS,
        SKIP,
        NEXT,
        BETWEEN
    }

    private final ToolCallFormat.JsonCall format;
    private final MarkerSet marks;
    private final int closers;
    private final MarkerSet.Scanner scanner;
    private final StringBuilder scratch = new StringBuilder();
    private final StringBuilder early = new StringBuilder();
    private final Strangers strangers = new Strangers();
    private final LenientJson value = LenientJson.value(scratch);
    private final ArgumentsReader arguments = new ArgumentsReader("");

    private State state = State.PAYLOAD;
    private boolean bare;
    private boolean list;
    private boolean separator;
    private boolean extra;
    private int depth;
    private String key = "";
    private String name = "";
    private String id = "";
    private boolean argumentsRead;
    private boolean argumentsWhole;
    private boolean committed;
    private String left = "";
    private int current;

    JsonCallReader(ToolCallFormat.JsonCall format, Host host, Set<String> controlTokens) {
        super(host);
        this.format = format;
        List<String> markers = new ArrayList<>(format.frame().closers());
        closers = markers.size();
        markers.addAll(format.frame().leads());
        markers.addAll(format.frame().sections());
        marks = MarkerSet.of(markers, controlTokens);
        scanner = new MarkerSet.Scanner(marks);
    }

    @Override
    void begin(String opener) {
        bare = opener.isEmpty();
        list = false;
        extra = false;
        separator = false;
        state = State.PAYLOAD;
        scanner.reset();
    }

    @Override
    boolean whole() {
        return format.wholeList();
    }

    @Override
    Step accept(int code) {
        char c = (char) code;
        current = code;
        while (true) {
            switch (state) {
                case PAYLOAD -> {
                    return payload(code);
                }
                case BETWEEN -> {
                    return between(code);
                }
                case OBJECT -> {
                    if (JsonText.space(c)) {
                        return Step.MORE;
                    }
                    if (c == '}') {
                        return endObject();
                    }
                    scratch.setLength(0);
                    value.reset();
                    state = State.KEY;
                }
                case KEY -> {
                    int result = value.accept(c);
                    if (result == LenientJson.BAD || !scratch.isEmpty() && scratch.charAt(0) != '"') {
                        return broken();
                    }
                    if (result == LenientJson.MORE) {
                        return Step.MORE;
                    }
                    key = JsonText.unquote(scratch);
                    if (bare && !committed && !format.knows(key)) {
                        return Step.REJECT;
                    }
                    state = State.COLON;
                    if (result == LenientJson.DONE) {
                        return Step.MORE;
                    }
                }
                case COLON -> {
                    if (JsonText.space(c)) {
                        return Step.MORE;
                    }
                    if (c != ':') {
                        return broken();
                    }
                    state = State.VALUE;
                    return Step.MORE;
                }
                case VALUE -> {
                    if (JsonText.space(c)) {
                        return Step.MORE;
                    }
                    if (c == '{' && key.equals("function")) {
                        depth++;
                        state = State.OBJECT;
                        return Step.MORE;
                    }
                    beginValue(c);
                }
                case NAME, ID -> {
                    int result = value.accept(c);
                    if (result == LenientJson.BAD || !scratch.isEmpty() && scratch.charAt(0) != '"') {
                        return broken();
                    }
                    if (result == LenientJson.MORE) {
                        return Step.MORE;
                    }
                    if (state == State.ID) {
                        id = JsonText.unquote(scratch);
                    } else if (!named(JsonText.unquote(scratch))) {
                        return Step.REJECT;
                    }
                    state = State.NEXT;
                    if (result == LenientJson.DONE) {
                        return Step.MORE;
                    }
                }
                case ARGUMENTS -> {
                    return arguments(c);
                }
                case SKIP -> {
                    int result = value.accept(c);
                    strangers.value(scratch);
                    scratch.setLength(0);
                    if (result == LenientJson.BAD) {
                        return broken();
                    }
                    if (result == LenientJson.MORE) {
                        return Step.MORE;
                    }
                    state = State.NEXT;
                    if (result == LenientJson.DONE) {
                        return Step.MORE;
                    }
                }
                case NEXT -> {
                    if (JsonText.space(c)) {
                        return Step.MORE;
                    }
                    switch (c) {
                        case ',' -> {
                            if (format.nameIsKey() && committed) {
                                beginObject();
                            }
                            state = State.OBJECT;
                            return Step.MORE;
                        }
                        case '}' -> {
                            return endObject();
                        }
                        default -> {
                            return broken();
                        }
                    }
                }
            }
        }
    }

    private Step payload(int code) {
        int first = code;
        if (!bare && (scanner.active() || marks.starts((char) code))) {
            int mark = scanner.accept(code);
            if (mark == MarkerSet.Scanner.HOLD) {
                return Step.MORE;
            }
            if (mark != MarkerSet.Scanner.MISS) {
                host.pushBack(scanner.take(0));
                if (mark < closers) {
                    // The end of a list that holds nothing.
                    return list ? Step.DONE : Step.REJECT;
                }
                if (format.frame().sections().contains(marks.spelling(mark))) {
                    host.reopen(marks.codes(mark));
                    list = false;
                }
                return Step.MORE;
            }
            first = scanner.held().get(0);
            host.pushBack(scanner.take(1));
        }
        char c = (char) first;
        if (JsonText.space(c)) {
            return Step.MORE;
        }
        if (c == '{') {
            beginObject();
            return Step.MORE;
        }
        if (c == '[' && !list) {
            list = true;
            return Step.MORE;
        }
        if (c == ']' && list && !bare) {
            list = false;
            host.swallow();
            state = State.BETWEEN;
            return Step.MORE;
        }
        return Step.REJECT;
    }

    private void beginObject() {
        state = State.OBJECT;
        depth = 1;
        name = "";
        id = "";
        extra = false;
        argumentsRead = false;
        argumentsWhole = false;
        committed = false;
        early.setLength(0);
        strangers.take();
        left = "";
    }

    private void beginValue(char c) {
        scratch.setLength(0);
        value.reset();
        if (format.nameIsKey()) {
            name = key;
            beginArguments();
        } else if (name.isEmpty() && (format.nameKeys().contains(key) || key.equals("function") && c == '"')) {
            state = State.NAME;
        } else if (format.argumentKeys().contains(key) && !argumentsRead) {
            beginArguments();
        } else if (format.idKeys().contains(key) && (c == '"' || c == '\'')) {
            state = State.ID;
        } else {
            strangers.begin(key, format.idKeys());
            state = State.SKIP;
        }
    }

    private void beginArguments() {
        arguments.reset(early);
        state = State.ARGUMENTS;
    }

    /** Takes the name; false where it can be no call's. */
    private boolean named(String text) {
        if (text.isEmpty() || bare && !tools.declares(text)) {
            return false;
        }
        name = text;
        if (argumentsRead && !format.waitsForId()) {
            commit();
            finishArguments();
        }
        return true;
    }

    private Step arguments(char c) {
        int result = arguments.accept(c);
        if (!committed && !name.isEmpty() && arguments.begun() && (!format.waitsForId() || !id.isEmpty())) {
            if (format.nameIsKey() && bare && !tools.declares(name)) {
                return Step.REJECT;
            }
            commit();
        }
        switch (result) {
            case LenientJson.MORE -> {
                return Step.MORE;
            }
            case LenientJson.BAD -> {
                return broken();
            }
            default -> {
                argumentsRead = true;
                argumentsWhole = true;
                finishArguments();
                left = arguments.dropped();
                state = State.NEXT;
                return result == LenientJson.DONE ? Step.MORE : accept(current);
            }
        }
    }

    private void commit() {
        emitter.begin(name, format.keepIds() ? id : "", !format.ignored().contains(name));
        emitter.arguments().append(early);
        early.setLength(0);
        arguments.writeTo(emitter.arguments());
        committed = true;
    }

    private void finishArguments() {
        if (committed && emitter.open()) {
            emitter.end(argumentsWhole);
        }
    }

    private Step endObject() {
        if (--depth > 0) {
            state = State.NEXT;
            return Step.MORE;
        }
        if (!committed) {
            if (name.isEmpty() || format.nameIsKey()) {
                return Step.REJECT;
            }
            settle();
        }
        leaveStrangers();
        host.swallow();
        state = State.BETWEEN;
        separator = false;
        return Step.MORE;
    }

    /** Members beside the arguments are told to the reader of the answer, so that they are not lost. */
    private void leaveStrangers() {
        String members = strangers.take();
        aside(members.isEmpty() ? "" : members + "}");
        aside(left);
        left = "";
    }

    /** Makes a call of what has been read of it; members of no known name are the arguments where there are no others. */
    private void settle() {
        if (early.isEmpty()) {
            String members = strangers.take();
            early.append(members.isEmpty() ? "{" : members).append('}');
        }
        argumentsWhole |= !argumentsRead;
        commit();
        emitter.end(argumentsWhole);
    }

    /** Something stands where JSON cannot go on: a call that has its name ends here, closed; anything else is text. */
    private Step broken() {
        if (name.isEmpty() || bare && !committed) {
            return Step.REJECT;
        }
        String loose = "";
        if (state == State.ARGUMENTS) {
            if (!arguments.begun()) {
                return Step.REJECT;
            }
            loose = arguments.loose();
            argumentsWhole = arguments.close();
            argumentsRead = true;
        } else if (!argumentsRead && (state != State.NEXT || !marks.starts((char) current))) {
            return Step.REJECT;
        }
        if (!committed) {
            settle();
        } else if (emitter.open()) {
            emitter.end(argumentsWhole);
        }
        leaveStrangers();
        // Let what stands here be read as what follows a call.
        putBack(loose, current);
        state = State.BETWEEN;
        separator = false;
        return Step.MORE;
    }

    private Step between(int code) {
        char c = (char) code;
        if (scanner.active() || marks.starts(c)) {
            int mark = scanner.accept(code);
            if (mark == MarkerSet.Scanner.HOLD) {
                return Step.MORE;
            }
            if (mark != MarkerSet.Scanner.MISS && mark < closers) {
                host.pushBack(scanner.take(0));
                return Step.DONE;
            }
            scanner.reset();
            return Step.AGAIN;
        }
        if (JsonText.space(c)) {
            return Step.MORE;
        }
        if (c == '{') {
            beginObject();
            return Step.MORE;
        }
        if ((c == ',' || c == ';') && !separator) {
            separator = true;
            return Step.MORE;
        }
        if (c == ']' && list) {
            list = false;
            host.swallow();
            return Step.MORE;
        }
        if ((c == '}' || c == ']') && !extra) {
            extra = true;
            host.swallow();
            return Step.MORE;
        }
        return Step.AGAIN;
    }

    @Override
    Step end(StopCause cause) {
        boolean cut = cause == StopCause.LENGTH;
        switch (state) {
            case BETWEEN -> {
                return Step.DONE;
            }
            case PAYLOAD -> {
                return cut && !bare || list && emitter.drafting() ? Step.DONE : Step.REJECT;
            }
            case OBJECT, KEY, COLON, VALUE, NAME, ID, SKIP, NEXT -> {
                boolean complete = !name.isEmpty() && (state == State.NEXT || cut && !bare);
                if (!committed && (!complete || bare && !argumentsRead)) {
                    return Step.REJECT;
                }
                endValue();
                if (committed) {
                    finishArguments();
                } else if (cut && early.isEmpty()) {
                    early.append(strangers.take());
                    commit();
                    emitter.end(false);
                } else {
                    settle();
                }
                leaveStrangers();
                return Step.DONE;
            }
            case ARGUMENTS -> {
                if (name.isEmpty() || !arguments.begun()) {
                    if (cut && !name.isEmpty() && !bare) {
                        commit();
                        emitter.end(false);
                        return Step.DONE;
                    }
                    return Step.REJECT;
                }
                if (!committed) {
                    commit();
                }
                if (cut) {
                    arguments.cut();
                    emitter.end(false);
                } else {
                    emitter.end(arguments.close());
                    left = arguments.dropped();
                }
                leaveStrangers();
                return Step.DONE;
            }
        }
        throw new IllegalStateException();
    }

    /** Ends, with the text, a member that is none of a call's, or its key. */
    private void endValue() {
        if (state == State.SKIP) {
            value.cut();
            strangers.value(scratch);
        } else if (state == State.KEY || state == State.COLON) {
            left = scratch.toString();
        }
    }
}
