package dev.martlet.openai;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A token of the answer with its log probability.
 *
 * @param bytes the token's bytes, not always whole characters
 * @param top the likeliest tokens at its place, best first
 * @param offset where it begins in the text of its choice, in characters (code points)
 */
public record TokenLogprob(byte[] bytes, float logprob, List<TokenLogprob> top, int offset) {

    /** The log probability of a prompt's first token, which nothing is said of. */
    static final float UNKNOWN = Float.NaN;

    /** What the wire says for a probability of zero, which JSON has no number for. */
    private static final String IMPOSSIBLE = "-9999.0";

    public TokenLogprob {
        top = List.copyOf(top);
    }

    /** A token of no place, or at the beginning. */
    public TokenLogprob(byte[] bytes, float logprob, List<TokenLogprob> top) {
        this(bytes, logprob, top, 0);
    }

    /** Whether there is a log probability. */
    boolean known() {
        return !Float.isNaN(logprob);
    }

    /** The log probability as a number of JSON; null where there is none. */
    String number() {
        if (!known()) {
            return "null";
        }
        return Float.isFinite(logprob) ? Float.toString(logprob) : IMPOSSIBLE;
    }

    void write(JsonBuffer out) {
        writeMembers(out);
        out.raw(",\"top_logprobs\":[");
        for (int i = 0; i < top.size(); i++) {
            out.raw(i == 0 ? "" : ",");
            top.get(i).writeMembers(out);
            out.raw("}");
        }
        out.raw("]}");
    }

    private void writeMembers(JsonBuffer out) {
        out.raw("{\"token\":").string(new String(bytes, StandardCharsets.UTF_8));
        out.raw(",\"logprob\":").raw(number());
        out.raw(",\"bytes\":[");
        for (int i = 0; i < bytes.length; i++) {
            out.raw(i == 0 ? "" : ",").number(bytes[i] & 0xFF);
        }
        out.raw("]");
    }

    /** Appends {@code {"content":[...],"refusal":null}}. */
    static void writeAll(JsonBuffer out, List<TokenLogprob> tokens) {
        out.raw("{\"content\":[");
        for (int i = 0; i < tokens.size(); i++) {
            out.raw(i == 0 ? "" : ",");
            tokens.get(i).write(out);
        }
        out.raw("],\"refusal\":null}");
    }
}
