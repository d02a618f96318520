package dev.martlet.openai;

import dev.martlet.chat.toolcall.ChatEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * The events of one choice as blocks, one after another: thoughts, text, calls. Space around thoughts and text is no part
 * of them, so that no block is of space alone; it is held back until something follows it. Not thread-safe.
 */
public final class Blocks {

    /** What a block holds. */
    public enum Kind {
        REASONING,
        TEXT,
        CALL
    }

    /** One block; it grows while it is open. */
    public static final class Block {
        private final int index;
        private final Kind kind;
        private final String callId;
        private final String name;
        private final StringBuilder text = new StringBuilder();
        private boolean complete;

        private Block(int index, Kind kind, String callId, String name) {
            this.index = index;
            this.kind = kind;
            this.callId = callId;
            this.name = name;
        }

        /** Counts the blocks of an answer from 0. */
        public int index() {
            return index;
        }

        public Kind kind() {
            return kind;
        }

        /** A call's id; empty for other blocks. */
        public String callId() {
            return callId;
        }

        /** The name of the tool that is called; empty for other blocks. */
        public String name() {
            return name;
        }

        /** What there is so far; of a call the arguments, which are JSON of an object once the call is complete. */
        public String text() {
            return text.toString();
        }

        /** Whether it has ended by itself; false while it is open, and where the answer was cut off in it. */
        public boolean complete() {
            return complete;
        }
    }

    /** What is told of each block, in this order. */
    public interface Listener {

        /** Nobody listens; the blocks are asked for at the end. */
        Listener NONE = new Listener() {
            @Override
            public void opened(Block block) {}

            @Override
            public void grown(Block block, String piece) {}

            @Override
            public void closed(Block block) {}
        };

        void opened(Block block);

        /** @param piece what was appended, never empty */
        void grown(Block block, String piece);

        void closed(Block block);
    }

    private final List<Block> blocks = new ArrayList<>();

    /** Space that belongs to the open block if more of it follows. */
    private final StringBuilder heldSpace = new StringBuilder();

    /** Whether the next text begins where something ended that is already said, so that its space counts. */
    private boolean continues;

    /** The last block, if it can still grow. */
    private Block open;

    /** @param continues whether the answer goes on with a text that the request began */
    public Blocks(boolean continues) {
        this.continues = continues;
    }

    /** All blocks so far. */
    public List<Block> list() {
        return List.copyOf(blocks);
    }

    /** Takes the choice's next event. */
    public void accept(ChatEvent event, Listener listener) {
        switch (event) {
            case ChatEvent.Reasoning reasoning -> text(Kind.REASONING, reasoning.text(), listener);
            case ChatEvent.Content content -> text(Kind.TEXT, content.text(), listener);
            case ChatEvent.CallBegin call -> open(Kind.CALL, call.id(), call.name(), listener);
            case ChatEvent.CallArguments arguments -> grow(arguments.json(), listener);
            case ChatEvent.CallEnd end -> close(end.complete(), listener);
        }
    }

    /** Ends the last block; {@code complete} unless the answer was cut off. */
    public void end(boolean complete, Listener listener) {
        if (open != null) {
            close(complete, listener);
        }
    }

    private void text(Kind kind, String text, Listener listener) {
        boolean goesOn = open != null && open.kind == kind;
        boolean spaceCounts = goesOn || continues && kind == Kind.TEXT;
        int start = spaceCounts ? 0 : firstNoSpace(text);
        int end = endOfNoSpace(text, start);
        if (start == end) {
            heldSpace.append(text, spaceCounts ? 0 : text.length(), text.length());
            return;
        }
        if (!spaceCounts) {
            heldSpace.setLength(0);
        }
        if (!goesOn) {
            open(kind, "", "", listener);
        }
        grow(heldSpace + text.substring(start, end), listener);
        heldSpace.setLength(0);
        heldSpace.append(text, end, text.length());
    }

    private static int firstNoSpace(String text) {
        int at = 0;
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private static int endOfNoSpace(String text, int from) {
        int at = text.length();
        while (at > from && Character.isWhitespace(text.charAt(at - 1))) {
            at--;
        }
        return at;
    }

    private void open(Kind kind, String callId, String name, Listener listener) {
        end(true, listener);
        continues = false;
        open = new Block(blocks.size(), kind, callId, name);
        blocks.add(open);
        listener.opened(open);
    }

    private void grow(String piece, Listener listener) {
        if (!piece.isEmpty()) {
            open.text.append(piece);
            listener.grown(open, piece);
        }
    }

    private void close(boolean complete, Listener listener) {
        Block closing = open;
        open = null;
        heldSpace.setLength(0);
        closing.complete = complete;
        listener.closed(closing);
    }
}
