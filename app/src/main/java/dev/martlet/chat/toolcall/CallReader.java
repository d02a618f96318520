package dev.martlet.chat.toolcall;

/**
 * Reads one section of calls: what follows an opener, up to its closer. The text around it is its host's matter.
 *
 * <p>Until a call has begun, what was read is a candidate and can still turn out to be text; the host keeps it.
 */
abstract class CallReader {

    /** What became of a character. */
    enum Step {
        /** It was read; more is to come. */
        MORE,
        /** What was read since the opener is no call: the opener is text and the rest is to be read again. */
        REJECT,
        /** The section ended before what was read since the last call. */
        AGAIN,
        /** The section ended with this character. */
        DONE
    }

    /** What a reader asks of the parser that runs it. */
    interface Host {
        Emitter emitter();

        Toolbox tools();

        /** Puts characters back, to be read again before all others. */
        void pushBack(int[] codes);

        /** Declares what was read since the last call to be markup: it will not be read again. */
        void swallow();

        /** Another opener follows the section's own: the section begins with it, what came before is markup. */
        void reopen(int[] codes);

        /** What no call can carry becomes text of the answer, on a line of its own; to be called between calls. */
        void aside(String text);
    }

    protected final Host host;
    protected final Emitter emitter;
    protected final Toolbox tools;

    CallReader(Host host) {
        this.host = host;
        emitter = host.emitter();
        tools = host.tools();
    }

    /**
     * Begins a section.
     *
     * @param opener the opener's spelling, empty where the section has none and begins with the next character
     */
    abstract void begin(String opener);

    abstract Step accept(int code);

    /**
     * The text ends here. Ends the section ({@link Step#DONE}), rejects the candidate, or ({@link Step#MORE}) has put back
     * what is to be read otherwise.
     */
    abstract Step end(StopCause cause);

    /** Whether a bare section is one call or none as a whole, so that its calls wait for its end. */
    boolean whole() {
        return false;
    }

    /** Makes text of what a call's end left out. */
    protected final void aside(String text) {
        if (!text.isEmpty()) {
            host.aside(text);
        }
    }

    /** Puts back what a value left behind when it broke off, and the character at which it did. */
    protected final void putBack(String loose, int code) {
        int[] codes = new int[loose.length() + 1];
        for (int i = 0; i < loose.length(); i++) {
            codes[i] = loose.charAt(i);
        }
        codes[loose.length()] = code;
        host.pushBack(codes);
    }
}
