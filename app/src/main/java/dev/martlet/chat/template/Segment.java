package dev.martlet.chat.template;

import java.util.List;
import java.util.Objects;

/**
 * A run of prompt text of one origin.
 *
 * <p>A tokenizer looks for control tokens in trusted segments only. A border between segments is no border between
 * tokens: the text between two control tokens is to be tokenised as one piece, whatever segments it comes from.
 *
 * @param trusted whether the template itself wrote the text (its literals and the tokenizer's own token variables); text
 *     that came in with the conversation is not trusted, also after the template trimmed, cut or joined it
 */
public record Segment(String text, boolean trusted) {
    public Segment {
        Objects.requireNonNull(text, "text");
    }

    /** The text of all segments in order. */
    public static String join(List<Segment> segments) {
        if (segments.size() == 1) {
            return segments.getFirst().text();
        }
        var joined = new StringBuilder(
                segments.stream().mapToInt(s -> s.text().length()).sum());
        segments.forEach(segment -> joined.append(segment.text()));
        return joined.toString();
    }
}
