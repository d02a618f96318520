package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.ToolCallFormat.Blocks;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The machine of answers in nested blocks, {@code <|open|>name attributes<|sep|>} to {@code <|close|>name<|sep|>}:
 * thoughts, response, and tools with calls with arguments.
 */
final class BlocksParser implements OutputParser {
    private static final int MAX_TAG = 512;
    private static final Pattern TAG = Pattern.compile(
            "\\s*(?<name>think|response|tools|call|argument|message)" + "(?:\\s+\\w+=(?:\"[^\"]*\"|[\\w.-]+))*\\s*");
    private static final Pattern ATTRIBUTE = Pattern.compile("(?<key>\\w+)=\"(?<value>[^\"]*)\"");

    private enum State {
        TEXT,
        OPENING,
        CLOSING
    }

    private enum Block {
        NONE,
        THINK,
        RESPONSE,
        TOOLS,
        CALL,
        ARGUMENT
    }

    private final Blocks format;
    private final ParserOptions options;
    private final Emitter emitter;
    private final Prose content;
    private final Prose thoughts;
    private final MarkerSet markers;
    private final MarkerSet.Scanner scanner;
    private final TaggedValue value = new TaggedValue(false);
    private final StringBuilder tag = new StringBuilder();
    private final Tape again = new Tape();
    private State state = State.TEXT;
    private Block block = Block.NONE;
    private long steps;

    BlocksParser(Blocks format, ParserOptions options) {
        this.format = format;
        this.options = options;
        emitter = new Emitter(options.ids(), options.parallelToolCalls());
        content = new Prose(emitter::content);
        thoughts = new Prose(emitter::reasoning);
        thoughts.boundary();
        markers = MarkerSet.of(spellings(), options.controlTokens());
        scanner = new MarkerSet.Scanner(markers);
        openSuffix(options.promptSuffix());
    }

    private List<String> spellings() {
        List<String> all = new ArrayList<>(List.of(format.open(), format.close(), format.separator()));
        all.addAll(format.drops());
        return all;
    }

    /** The last block that the prompt opens and does not close. */
    private void openSuffix(String suffix) {
        for (Block each : List.of(Block.THINK, Block.RESPONSE, Block.TOOLS)) {
            String name = each.name().toLowerCase(java.util.Locale.ROOT) + format.separator();
            int open = suffix.lastIndexOf(format.open() + name);
            if (open >= 0 && open > suffix.lastIndexOf(format.close() + name)) {
                block = each;
            }
        }
    }

    @Override
    public void push(CharSequence text, boolean control, Consumer<ChatEvent> out) {
        emitter.to(out);
        Set<String> tokens = options.controlTokens();
        int bit = control && tokens.contains(text.toString()) ? Tape.CONTROL : 0;
        if (control && block != Block.ARGUMENT && !scanner.active() && !markers.mentions(text.toString())) {
            return;
        }
        int i = 0;
        while (i < text.length()) {
            if (state == State.TEXT && again.isEmpty() && !scanner.active() && !emitter.open()) {
                int run = i;
                while (run < text.length() && !markers.starts(text.charAt(run))) {
                    run++;
                }
                if (run > i) {
                    prose().append(text, i, run);
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

    private Prose prose() {
        return block == Block.THINK ? thoughts : content;
    }

    private void step(int code) {
        steps++;
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
        text((char) first);
    }

    private void text(char c) {
        if (state == State.TEXT) {
            if (block == Block.ARGUMENT) {
                value.text(c);
            } else if (block == Block.CALL && Prose.space(c)) {
                return;
            } else {
                endCall(false);
                prose().append(c);
            }
            return;
        }
        tag.append(c);
        if (tag.length() > MAX_TAG || c == '\n') {
            noTag();
        }
    }

    /** What was read as a tag is text. */
    private void noTag() {
        String text = (state == State.OPENING ? format.open() : format.close()) + tag;
        state = State.TEXT;
        for (int i = 0; i < text.length(); i++) {
            text(text.charAt(i));
        }
    }

    private void mark(int mark) {
        switch (mark) {
            case 0, 1 -> {
                if (state != State.TEXT) {
                    noTag();
                }
                tag.setLength(0);
                state = mark == 0 ? State.OPENING : State.CLOSING;
            }
            case 2 -> {
                Matcher matcher = TAG.matcher(tag);
                boolean closing = state == State.CLOSING && tag.indexOf("=") >= 0;
                if (state == State.TEXT || closing || !matcher.matches()) {
                    if (state != State.TEXT) {
                        noTag();
                    }
                    if (!emitter.open()) {
                        prose().separate();
                    }
                    return;
                }
                State was = state;
                state = State.TEXT;
                if (was == State.OPENING) {
                    open(matcher.group("name"));
                } else {
                    close(matcher.group("name"));
                }
            }
            default -> {
                if (block != Block.ARGUMENT) {
                    prose().boundary();
                }
            }
        }
    }

    private String attribute(String key) {
        Matcher matcher = ATTRIBUTE.matcher(tag);
        while (matcher.find()) {
            if (matcher.group("key").equals(key)) {
                return matcher.group("value")
                        .replace("&quot;", "\"")
                        .replace("&lt;", "<")
                        .replace("&gt;", ">")
                        .replace("&amp;", "&");
            }
        }
        return "";
    }

    private void open(String name) {
        switch (name) {
            case "think" -> {
                endCall(true);
                thoughts.separate();
                block = Block.THINK;
            }
            case "response" -> {
                endCall(true);
                content.separate();
                block = Block.RESPONSE;
            }
            case "tools" -> {
                endCall(true);
                prose().boundary();
                block = Block.TOOLS;
            }
            case "call" -> {
                endCall(true);
                prose().boundary();
                if (options.callsWanted() && !attribute("tool").isEmpty()) {
                    emitter.begin(attribute("tool"), "", true);
                    value.begin(emitter.arguments());
                    block = Block.CALL;
                } else {
                    stray();
                }
            }
            case "argument" -> {
                if (block == Block.ARGUMENT) {
                    value.endValue();
                }
                if (!emitter.open()) {
                    stray();
                } else {
                    value.beginValue(attribute("key"), types(attribute("type")), false);
                    block = Block.ARGUMENT;
                }
            }
            default -> prose().boundary();
        }
    }

    /** A call without a name, an argument without a call: the tag is text. */
    private void stray() {
        content.separate();
        content.append(tag, 0, tag.length());
        content.separate();
    }

    private static int types(String type) {
        return switch (type) {
            case "string" -> Toolbox.STRING;
            case "integer", "number" -> Toolbox.NUMBER | Toolbox.INTEGER;
            case "boolean" -> Toolbox.BOOLEAN;
            case "null" -> Toolbox.NULL;
            case "array" -> Toolbox.ARRAY;
            case "object" -> Toolbox.OBJECT;
            default -> Toolbox.ANY;
        };
    }

    private void endCall(boolean complete) {
        if (emitter.open()) {
            if (block == Block.ARGUMENT) {
                value.endValue();
            }
            value.endArguments(true);
            emitter.end(complete);
            block = Block.TOOLS;
        }
    }

    private void close(String name) {
        switch (name) {
            case "argument" -> {
                if (block == Block.ARGUMENT) {
                    value.endValue();
                    block = Block.CALL;
                } else {
                    content.separate();
                }
            }
            case "call" -> endCall(true);
            default -> {
                endCall(true);
                prose().boundary();
                content.boundary();
                block = Block.NONE;
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
        boolean cut = cause == StopCause.LENGTH;
        if (state != State.TEXT && !cut && !emitter.open()) {
            noTag();
        }
        if (emitter.open()) {
            if (cut) {
                if (block == Block.ARGUMENT && state == State.TEXT) {
                    value.cut();
                } else if (block == Block.ARGUMENT) {
                    value.endValue();
                }
                value.endArguments(false);
                emitter.end(false);
            } else {
                endCall(true);
            }
        }
        thoughts.boundary();
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
