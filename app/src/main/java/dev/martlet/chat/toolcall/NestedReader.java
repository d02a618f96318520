package dev.martlet.chat.toolcall;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;

/**
 * Reads calls whose arguments are elements: the parameter's name is the tag, an object is elements inside an element,
 * a list is {@code <item>} elements. A token of its own stands before every tag.
 */
final class NestedReader extends CallReader {
    private static final int MAX_TAG = 256;

    private enum State {
        SECTION,
        HEADER,
        BODY,
        TAG
    }

    private enum Kind {
        UNKNOWN,
        STRING,
        OBJECT,
        LIST
    }

    /** An open element. */
    private static final class Element {
        final String tag;
        final JsonValue schema;
        final StringBuilder text = new StringBuilder();
        Kind kind;
        boolean any;

        Element(String tag, JsonValue schema, Kind kind) {
            this.tag = tag;
            this.schema = schema;
            this.kind = kind;
        }
    }

    private final ToolCallFormat.Nested format;
    private final MarkerSet.Scanner between;
    private final MarkerSet.Scanner leads;
    private final Matcher callHeader;
    private final StringBuilder header = new StringBuilder();
    private final StringBuilder tag = new StringBuilder();
    private final List<Element> stack = new ArrayList<>();
    private State state = State.SECTION;
    private boolean section;
    private String name = "";
    private String closed = "";
    /** Text between elements, where none belongs. */
    private final StringBuilder strays = new StringBuilder();

    private JsonObject root = JsonValue.EMPTY_JSON_OBJECT;

    NestedReader(ToolCallFormat.Nested format, Host host, Set<String> controlTokens) {
        super(host);
        this.format = format;
        List<String> markers = new ArrayList<>(format.frame().sectionEnds());
        markers.addAll(format.frame().items());
        markers.addAll(format.frame().sections());
        between = new MarkerSet.Scanner(MarkerSet.of(markers, controlTokens));
        leads = new MarkerSet.Scanner(MarkerSet.of(List.of(format.lead()), controlTokens));
        callHeader = format.callHeader().matcher("");
    }

    @Override
    void begin(String opener) {
        section = format.frame().sections().contains(opener);
        state = section ? State.SECTION : State.HEADER;
        name = "";
        header.setLength(0);
        between.reset();
        leads.reset();
    }

    @Override
    Step accept(int code) {
        return switch (state) {
            case SECTION -> section(code);
            case HEADER -> header(code);
            case BODY -> body(code);
            case TAG -> tag(code);
        };
    }

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
        if (format.frame().items().contains(spelling)) {
            header.setLength(0);
            state = State.HEADER;
            return Step.MORE;
        }
        if (format.frame().sectionEnds().contains(spelling)) {
            return first ? Step.REJECT : Step.DONE;
        }
        if (first) {
            host.reopen(between.set().codes(mark));
        }
        return first ? Step.MORE : Step.AGAIN;
    }

    private Step header(int code) {
        header.append((char) code);
        callHeader.reset(header);
        if (callHeader.matches()) {
            beginCall(callHeader.group("name").strip());
            return Step.MORE;
        }
        return callHeader.hitEnd() && header.length() <= MAX_TAG ? Step.MORE : Step.REJECT;
    }

    private void beginCall(String called) {
        name = called;
        root = tools.schema(name).orElse(JsonValue.EMPTY_JSON_OBJECT);
        emitter.begin(name, "", true);
        emitter.arguments().append('{');
        stack.clear();
        stack.add(new Element("invoke", root, Kind.OBJECT));
        state = State.BODY;
    }

    private Element top() {
        return stack.get(stack.size() - 1);
    }

    private Step body(int code) {
        int mark = leads.accept(code);
        if (mark == MarkerSet.Scanner.HOLD) {
            return Step.MORE;
        }
        if (mark == MarkerSet.Scanner.MISS) {
            int first = leads.held().get(0);
            host.pushBack(leads.take(1));
            text((char) first);
            return Step.MORE;
        }
        host.pushBack(leads.take(0));
        tag.setLength(0);
        state = State.TAG;
        return Step.MORE;
    }

    private void text(char c) {
        Element element = top();
        if (element.kind == Kind.STRING) {
            JsonText.escape(c, emitter.arguments());
            return;
        }
        if (element.kind == Kind.UNKNOWN && Toolbox.types(element.schema, root) == Toolbox.STRING) {
            element.kind = Kind.STRING;
            emitter.arguments().append('"');
            JsonText.escape(c, emitter.arguments());
            return;
        }
        element.text.append(c);
    }

    private void text(String text) {
        for (int i = 0; i < text.length(); i++) {
            text(text.charAt(i));
        }
    }

    private Step tag(int code) {
        char c = (char) code;
        tag.append(c);
        if (tag.charAt(0) != '<' || tag.length() > MAX_TAG || tag.length() > 1 && c == '<') {
            tag.setLength(tag.length() - 1);
            text(format.lead() + tag);
            host.pushBack(new int[] {code});
            state = State.BODY;
            return Step.MORE;
        }
        if (c != '>') {
            return Step.MORE;
        }
        state = State.BODY;
        String inner = tag.substring(1, tag.length() - 1).strip();
        if (inner.startsWith("invoke ")) {
            endCall(true);
            callHeader.reset(tag.substring(tag.indexOf("=") + 1));
            if (callHeader.matches()) {
                beginCall(callHeader.group("name").strip());
            }
            return Step.MORE;
        }
        if (inner.equals("/invoke")) {
            endCall(true);
            return section ? Step.MORE : Step.DONE;
        }
        if (inner.equals("/tool_call")) {
            endCall(true);
            return Step.DONE;
        }
        if (inner.startsWith("/")) {
            close(inner.substring(1));
        } else {
            open(inner);
        }
        return Step.MORE;
    }

    private void open(String key) {
        Element parent = top();
        int types = Toolbox.types(parent.schema, root);
        if (parent.kind == Kind.STRING
                || parent.kind == Kind.UNKNOWN && !parent.text.toString().isBlank()) {
            text(format.lead() + tag);
            return;
        }
        if (parent.kind == Kind.UNKNOWN) {
            boolean list = (types & Toolbox.OBJECT) == 0 || key.equals("item") && (types & Toolbox.ARRAY) != 0;
            parent.kind = list ? Kind.LIST : Kind.OBJECT;
            emitter.arguments().append(list ? '[' : '{');
        }
        stray(parent);
        JsonValue schema = parent.kind == Kind.LIST
                ? Toolbox.items(parent.schema, root)
                : Toolbox.property(parent.schema, root, key);
        begin(parent, key);
        stack.add(new Element(key, schema, Kind.UNKNOWN));
    }

    private void stray(Element element) {
        if (!element.text.toString().isBlank()) {
            strays.append(strays.isEmpty() ? "" : "\n")
                    .append(element.text.toString().strip());
        }
        element.text.setLength(0);
    }

    private void begin(Element parent, String key) {
        StringBuilder out = emitter.arguments();
        out.append(parent.any ? ", " : "");
        parent.any = true;
        if (parent.kind == Kind.OBJECT) {
            out.append(JsonText.quote(key)).append(": ");
        }
    }

    private void close(String key) {
        int at = stack.size() - 1;
        while (at > 0 && !stack.get(at).tag.equals(key)) {
            at--;
        }
        if (at == 0) {
            Element call = top();
            if (stack.size() == 1 && !call.text.toString().isBlank()) {
                // The argument's opening tag is missing; its closing tag tells the name.
                begin(call, key);
                JsonValue schema = Toolbox.property(call.schema, root, key);
                emitter.arguments().append(TypedText.json(call.text.toString(), Toolbox.types(schema, root)));
                call.text.setLength(0);
            }
            if (stack.size() > 1 && !key.equals(closed)) {
                // Closes nothing, nor is it the last closer doubled: it is part of the value.
                text(format.lead() + tag);
            }
            return;
        }
        while (stack.size() > at) {
            pop();
        }
        closed = key;
    }

    private void pop() {
        Element element = stack.remove(stack.size() - 1);
        StringBuilder out = emitter.arguments();
        switch (element.kind) {
            case STRING -> out.append('"');
            case OBJECT -> {
                stray(element);
                out.append('}');
            }
            case LIST -> {
                stray(element);
                out.append(']');
            }
            case UNKNOWN -> {
                int types = Toolbox.types(element.schema, root);
                boolean empty = element.text.toString().isBlank();
                if (empty && types == Toolbox.OBJECT) {
                    out.append("{}");
                } else if (empty && types == Toolbox.ARRAY) {
                    out.append("[]");
                } else {
                    out.append(TypedText.json(element.text.toString(), types));
                }
            }
        }
    }

    private void endCall(boolean complete) {
        while (!stack.isEmpty()) {
            pop();
        }
        emitter.end(complete);
        aside(strays.toString());
        strays.setLength(0);
        state = State.SECTION;
        between.reset();
    }

    @Override
    Step end(StopCause cause) {
        boolean cut = cause == StopCause.LENGTH;
        switch (state) {
            case SECTION -> {
                return name.isEmpty() && !cut ? Step.REJECT : Step.DONE;
            }
            case HEADER -> {
                return Step.REJECT;
            }
            case BODY, TAG -> {
                if (!cut) {
                    endCall(true);
                    return Step.DONE;
                }
                Element element = top();
                if (element.kind == Kind.UNKNOWN) {
                    String json = TypedText.cut(element.text.toString(), Toolbox.types(element.schema, root));
                    emitter.arguments().append(json);
                }
                emitter.end(false);
                for (Element open : stack) {
                    if (open.kind != Kind.UNKNOWN) {
                        stray(open);
                    }
                }
                aside(strays.toString());
                strays.setLength(0);
                return Step.DONE;
            }
        }
        throw new IllegalStateException();
    }
}
