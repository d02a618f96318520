package dev.martlet.chat.template;

import java.util.List;

/**
 * A conversation rendered for a model.
 *
 * @param segments the text in order, with its origin
 * @param reasoningOpen whether the text ends inside reasoning, so that the model's first word is a thought
 */
public record Prompt(List<Segment> segments, boolean reasoningOpen) {
    /** What opens reasoning in the generation prompts of published templates. */
    private static final List<String> OPENERS = List.of(
            "<think>",
            "<thinking>",
            "<thought>",
            "<reasoning>",
            "<seed:think>",
            "<think:opensource>",
            "[THINK]",
            "<|START_THINKING|>",
            "<|open|>think<|sep|>",
            "<|channel>thought",
            "<|channel|>analysis<|message|>",
            "<|inner_prefix|>",
            "Here are my reasoning steps:");

    public Prompt {
        segments = List.copyOf(segments);
    }

    static Prompt of(List<Segment> segments) {
        // User text does not open reasoning: what counts is the template's last piece.
        boolean open = !segments.isEmpty()
                && segments.getLast().trusted()
                && endsInReasoning(segments.getLast().text());
        return new Prompt(segments, open);
    }

    /** The whole text. */
    public String text() {
        return Segment.join(segments);
    }

    static boolean endsInReasoning(String text) {
        String stripped = text.stripTrailing();
        return OPENERS.stream().anyMatch(stripped::endsWith);
    }
}
