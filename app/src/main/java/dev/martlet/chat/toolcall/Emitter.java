package dev.martlet.chat.toolcall;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Collects what became certain and hands it on as events, neighbours joined. Owns the calls' indexes and ids.
 *
 * <p>While a draft is open (text that may yet turn out to be a call or not) events wait in it, to be released or
 * discarded.
 */
final class Emitter {
    private enum Kind {
        NONE,
        CONTENT,
        REASONING,
        ARGUMENTS
    }

    private final Supplier<String> ids;
    private final boolean parallel;
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder arguments = new StringBuilder();
    private final Set<String> usedIds = new HashSet<>();
    private Consumer<ChatEvent> out = event -> {};
    private List<ChatEvent> draft;
    private Kind kind = Kind.NONE;
    private int begun;
    private int sent;
    private int begunBeforeDraft;
    private int sentBeforeDraft;
    private boolean open;
    private boolean muted;
    private boolean ended;

    Emitter(Supplier<String> ids, boolean parallel) {
        this.ids = ids;
        this.parallel = parallel;
    }

    void to(Consumer<ChatEvent> consumer) {
        out = consumer;
    }

    void content(CharSequence s, int start, int end) {
        kind(Kind.CONTENT);
        text.append(s, start, end);
    }

    void reasoning(CharSequence s, int start, int end) {
        kind(Kind.REASONING);
        text.append(s, start, end);
    }

    private void kind(Kind next) {
        if (kind != next) {
            flush();
            kind = next;
        }
    }

    /** Begins a call; an empty id asks for a new one. Calls that are not to be sent are counted and swallowed. */
    void begin(String name, String id, boolean wanted) {
        flush();
        begun++;
        open = true;
        muted = !wanted || !parallel && sent > 0;
        kind = Kind.ARGUMENTS;
        if (!muted) {
            String unique = id.isEmpty() || !usedIds.add(id) ? ids.get() : id;
            send(new ChatEvent.CallBegin(sent++, unique, name));
        }
    }

    /** Where the open call's arguments are written. */
    StringBuilder arguments() {
        return arguments;
    }

    void end(boolean complete) {
        flush();
        kind = Kind.NONE;
        open = false;
        if (!muted) {
            send(new ChatEvent.CallEnd(sent - 1, complete));
        }
    }

    /** Whether a call is open. */
    boolean open() {
        return open;
    }

    /** How many calls have begun, swallowed ones too. */
    int begun() {
        return begun;
    }

    boolean callEnded() {
        return ended;
    }

    /** Hands on what has been collected. */
    void flush() {
        switch (kind) {
            case CONTENT -> {
                if (!text.isEmpty()) {
                    send(new ChatEvent.Content(text.toString()));
                }
            }
            case REASONING -> {
                if (!text.isEmpty()) {
                    send(new ChatEvent.Reasoning(text.toString()));
                }
            }
            case ARGUMENTS -> {
                if (!arguments.isEmpty() && !muted) {
                    send(new ChatEvent.CallArguments(sent - 1, arguments.toString()));
                }
            }
            case NONE -> {}
        }
        text.setLength(0);
        arguments.setLength(0);
    }

    private void send(ChatEvent event) {
        if (draft != null) {
            draft.add(event);
            return;
        }
        ended |= event instanceof ChatEvent.CallEnd;
        out.accept(event);
    }

    boolean drafting() {
        return draft != null;
    }

    void startDraft() {
        flush();
        draft = new ArrayList<>();
        begunBeforeDraft = begun;
        sentBeforeDraft = sent;
    }

    /** How many calls the draft holds. */
    int drafted() {
        return begun - begunBeforeDraft;
    }

    void release() {
        flush();
        List<ChatEvent> events = draft;
        draft = null;
        events.forEach(this::send);
    }

    void discard() {
        flush();
        draft = null;
        begun = begunBeforeDraft;
        sent = sentBeforeDraft;
        open = false;
        kind = Kind.NONE;
    }
}
