package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.ToolCallFormat.Tagged;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;

/**
 * Reads calls whose arguments stand between tags, each as bare text. A value's closing tag closes it only where a tag
 * that may follow, or the end, comes after it; otherwise it is part of the value.
 */
final class TaggedReader extends CallReader {
    private static final int MAX_HEADER = 512;

    private enum State {
        SECTION,
        HEADER,
        ARGUMENTS,
        ARGUMENT_HEADER,
        VALUE,
        FOLLOWER
    }

    private final Tagged format;
    private final Set<String> controlTokens;
    private final MarkerSet.Scanner between;
    private final MarkerSet.Scanner among;
    private final MarkerSet.Scanner inside;
    private final MarkerSet.Scanner after;
    private final MarkerSet.Scanner afterCallEnd;
    private final Matcher callHeader;
    private final Matcher argumentHeader;
    private final boolean hasString;
    private final TaggedValue value;

    private final StringBuilder header = new StringBuilder();
    private final Tape headerCodes = new Tape();
    private final Tape following = new Tape();
    private final Set<String> keys = new HashSet<>();
    private State state = State.SECTION;
    private MarkerSet.Scanner followers;
    private boolean section;
    private boolean undeclared;
    private boolean committed;
    private boolean probing;
    private String name = "";

    TaggedReader(Tagged format, Host host, Set<String> controlTokens) {
        super(host);
        this.format = format;
        this.controlTokens = controlTokens;
        Frame frame = format.frame();
        between = scanner(frame.sectionEnds(), frame.items(), frame.leads(), frame.sections());
        among = scanner(
                List.of(format.argumentOpen(), format.callEnd(), format.valueEnd()),
                frame.sectionEnds(),
                frame.leads(),
                frame.items());
        inside = scanner(List.of(format.valueEnd(), format.callEnd(), format.argumentOpen()));
        after = scanner(List.of(format.argumentOpen(), format.callEnd(), format.valueEnd()), frame.sectionEnds());
        afterCallEnd = scanner(frame.sectionEnds(), frame.items());
        followers = after;
        callHeader = format.callHeader().matcher("");
        argumentHeader = format.argumentHeader().matcher("");
        hasString = format.argumentHeader().namedGroups().containsKey("string");
        value = new TaggedValue(format.framed());
    }

    @SafeVarargs
    private MarkerSet.Scanner scanner(List<String>... lists) {
        List<String> markers = new ArrayList<>();
        for (List<String> list : lists) {
            list.stream().filter(each -> !markers.contains(each)).forEach(markers::add);
        }
        return new MarkerSet.Scanner(MarkerSet.of(markers, controlTokens));
    }

    @Override
    void begin(String opener) {
        section = format.frame().sections().contains(opener);
        undeclared = section || !format.frame().textual();
        between.reset();
        if (section) {
            state = State.SECTION;
            name = "";
        } else {
            beginCall();
        }
    }

    private void beginCall() {
        state = State.HEADER;
        beginHeader();
        keys.clear();
        committed = false;
        name = "";
    }

    private void beginHeader() {
        header.setLength(0);
        headerCodes.clear();
    }

    @Override
    Step accept(int code) {
        return switch (state) {
            case SECTION -> section(code);
            case HEADER -> header(code);
            case ARGUMENTS -> arguments(code);
            case ARGUMENT_HEADER -> argumentHeader(code);
            case VALUE -> value(code);
            case FOLLOWER -> follower(code);
        };
    }

    /** Before, between and after the calls of a section. */
    private Step section(int code) {
        if (!between.active() && JsonText.space((char) code)) {
            return Step.MORE;
        }
        int mark = between.accept(code);
        if (mark == MarkerSet.Scanner.HOLD) {
            return Step.MORE;
        }
        boolean first = name.isEmpty();
        if (mark == MarkerSet.Scanner.MISS) {
            between.reset();
            return first ? Step.REJECT : Step.AGAIN;
        }
        host.pushBack(between.take(0));
        String spelling = between.set().spelling(mark);
        Frame frame = format.frame();
        if (frame.items().contains(spelling)) {
            beginCall();
            return Step.MORE;
        }
        if (first && frame.sections().contains(spelling)) {
            host.reopen(between.set().codes(mark));
            return Step.MORE;
        }
        if (frame.leads().contains(spelling)) {
            return Step.MORE;
        }
        if (frame.sectionEnds().contains(spelling)) {
            return first ? Step.REJECT : Step.DONE;
        }
        // Another section's opener.
        return Step.AGAIN;
    }

    /** Reads a header's next code: whether it is complete, may be, or is none. */
    private Step extend(Matcher matcher, int code) {
        header.append((char) code);
        headerCodes.push(code);
        matcher.reset(header);
        if (matcher.matches()) {
            return Step.DONE;
        }
        return matcher.hitEnd() && header.length() <= MAX_HEADER ? Step.MORE : Step.REJECT;
    }

    private Step header(int code) {
        Step step = extend(callHeader, code);
        if (step != Step.DONE) {
            return step;
        }
        name = callHeader.group("name").strip();
        if (name.isEmpty() || !undeclared && !tools.declares(name)) {
            return Step.REJECT;
        }
        if (format.headerBeforeTag()) {
            host.pushBack(new int[] {code});
        }
        among.reset();
        state = State.ARGUMENTS;
        return Step.MORE;
    }

    private void commit() {
        if (!committed) {
            committed = true;
            emitter.begin(name, "", true);
            value.begin(emitter.arguments());
        }
    }

    private Step arguments(int code) {
        if (!among.active() && JsonText.space((char) code)) {
            return Step.MORE;
        }
        int mark = among.accept(code);
        if (mark == MarkerSet.Scanner.HOLD) {
            return Step.MORE;
        }
        if (mark == MarkerSet.Scanner.MISS) {
            if (!committed) {
                among.reset();
                return Step.REJECT;
            }
            host.pushBack(among.held().from(0));
            endCall(false);
            return section ? Step.MORE : Step.DONE;
        }
        host.pushBack(among.take(0));
        String spelling = among.set().spelling(mark);
        if (format.frame().leads().contains(spelling)) {
            return Step.MORE;
        }
        commit();
        return tag(spelling, among.set().codes(mark));
    }

    /** A tag that may follow a value or a header. */
    private Step tag(String spelling, int[] codes) {
        if (spelling.equals(format.argumentOpen())) {
            state = State.ARGUMENT_HEADER;
            probing = false;
            beginHeader();
            return Step.MORE;
        }
        if (spelling.equals(format.callEnd())) {
            endCall(true);
            return section ? Step.MORE : Step.DONE;
        }
        if (spelling.equals(format.valueEnd())) {
            among.reset();
            state = State.ARGUMENTS;
            return Step.MORE;
        }
        // The end of the section or another call: this one's closing tag is missing.
        endCall(true);
        host.pushBack(codes);
        return section ? Step.MORE : Step.DONE;
    }

    private void endCall(boolean complete) {
        value.endArguments(true);
        emitter.end(complete);
        state = State.SECTION;
        between.reset();
    }

    private Step argumentHeader(int code) {
        Step step = extend(argumentHeader, code);
        if (step == Step.MORE) {
            return step;
        }
        if (probing) {
            return probed(step == Step.DONE);
        }
        if (step == Step.REJECT) {
            // No argument after all: what was read is part of nothing; it goes on as text.
            host.pushBack(headerCodes.from(0));
            endCall(false);
            return section ? Step.MORE : Step.DONE;
        }
        beginValue();
        return Step.MORE;
    }

    private void beginValue() {
        String key = argumentHeader.group("name").strip();
        keys.add(key);
        String string = hasString ? argumentHeader.group("string") : null;
        int types = string == null
                ? tools.schema(name)
                        .map(schema -> Toolbox.types(Toolbox.property(schema, schema, key), schema))
                        .orElse(Toolbox.ANY)
                : string.equals("true") || string.equals("string") ? Toolbox.STRING : Toolbox.ANY;
        boolean wrapper = (key.equals("arguments") || key.equals("input")) && !tools.hasParameter(name, key);
        value.beginValue(key, types, wrapper);
        inside.reset();
        state = State.VALUE;
    }

    private Step value(int code) {
        int mark = inside.accept(code);
        if (mark == MarkerSet.Scanner.HOLD) {
            return Step.MORE;
        }
        if (mark == MarkerSet.Scanner.MISS) {
            int first = inside.held().get(0);
            host.pushBack(inside.take(1));
            value.text((char) first);
            return Step.MORE;
        }
        host.pushBack(inside.take(0));
        String spelling = inside.set().spelling(mark);
        following.clear();
        for (int each : inside.set().codes(mark)) {
            following.push(each);
        }
        if (spelling.equals(format.argumentOpen())) {
            // The closing tag may be missing: so it is if a declared argument opens that has not been given.
            state = State.ARGUMENT_HEADER;
            probing = true;
            beginHeader();
            return Step.MORE;
        }
        followers = spelling.equals(format.valueEnd()) ? after : afterCallEnd;
        followers.reset();
        state = State.FOLLOWER;
        return Step.MORE;
    }

    private Step probed(boolean complete) {
        String key = complete ? argumentHeader.group("name").strip() : "";
        if (complete && !keys.contains(key) && tools.hasParameter(name, key) && value.atLineStart()) {
            value.endValue();
            beginValue();
            return Step.MORE;
        }
        host.pushBack(headerCodes.from(0));
        resume();
        return Step.MORE;
    }

    /** What looked like the value's end is part of it. */
    private void resume() {
        for (int i = 0; i < following.size(); i++) {
            value.text((char) following.get(i));
        }
        inside.reset();
        state = State.VALUE;
    }

    private Step follower(int code) {
        if (!followers.active() && JsonText.space((char) code)) {
            following.push(code);
            return Step.MORE;
        }
        int mark = followers.accept(code);
        if (mark == MarkerSet.Scanner.HOLD) {
            return Step.MORE;
        }
        if (mark == MarkerSet.Scanner.MISS) {
            host.pushBack(followers.held().from(0));
            followers.reset();
            resume();
            return Step.MORE;
        }
        host.pushBack(followers.take(0));
        String spelling = followers.set().spelling(mark);
        int[] codes = followers.set().codes(mark);
        if (spelling.equals(format.valueEnd()) && followers == after) {
            for (int each : codes) {
                following.push(each);
            }
            return Step.MORE;
        }
        value.endValue();
        return tag(spelling, codes);
    }

    @Override
    Step end(StopCause cause) {
        boolean cut = cause == StopCause.LENGTH;
        switch (state) {
            case SECTION -> {
                return name.isEmpty() && !cut ? Step.REJECT : Step.DONE;
            }
            case HEADER -> {
                String text = header.toString().strip();
                if (cut || !format.headerBeforeTag() || !tools.declares(text)) {
                    return cut && text.isEmpty() ? Step.DONE : Step.REJECT;
                }
                name = text;
                commit();
                endCall(true);
                return Step.DONE;
            }
            case ARGUMENTS -> {
                commit();
                value.endArguments(!cut);
                emitter.end(!cut);
                return Step.DONE;
            }
            case ARGUMENT_HEADER -> {
                if (probing) {
                    host.pushBack(headerCodes.from(0));
                    resume();
                    return Step.MORE;
                }
                value.endArguments(!cut);
                emitter.end(false);
                aside(cut ? "" : header.toString().strip());
                return Step.DONE;
            }
            case VALUE -> {
                Tape held = inside.held();
                // Two characters of a closing tag are its beginning; one is more likely the value's own.
                if (held.size() == 1 && (!cut || value.streaming())) {
                    value.text((char) held.get(0));
                }
                if (cut) {
                    value.cut();
                } else {
                    value.endValue();
                    value.endArguments(true);
                }
                emitter.end(!cut);
                return Step.DONE;
            }
            case FOLLOWER -> {
                value.endValue();
                value.endArguments(!cut);
                emitter.end(!cut);
                return Step.DONE;
            }
        }
        throw new IllegalStateException();
    }
}
