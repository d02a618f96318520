package dev.martlet.chat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A message of a conversation. */
public sealed interface Message {

    /** The content's parts in order; empty where the message has no content. */
    List<Part> content();

    /** The text of all parts, joined without a separator. */
    default String text() {
        return content().stream()
                .map(part -> switch (part) {
                    case Part.Text t -> t.text();
                })
                .collect(Collectors.joining());
    }

    /** Instructions of the application; the wire's roles {@code system} and {@code developer}. */
    record System(List<Part> content, Optional<String> name) implements Message {
        public System {
            content = List.copyOf(content);
        }
    }

    /** What the user says. */
    record User(List<Part> content, Optional<String> name) implements Message {
        public User {
            content = List.copyOf(content);
        }
    }

    /**
     * What the model said in an earlier turn.
     *
     * @param reasoning the thoughts that went before the answer, where the client sends them back
     * @param toolCalls the calls made in this turn, in order
     */
    record Assistant(List<Part> content, Optional<String> reasoning, List<ToolCall> toolCalls, Optional<String> name)
            implements Message {
        public Assistant {
            content = List.copyOf(content);
            toolCalls = List.copyOf(toolCalls);
        }
    }

    /**
     * What a tool returned.
     *
     * @param toolCallId id of the call it answers
     */
    record ToolResult(String toolCallId, List<Part> content, Optional<String> name) implements Message {
        public ToolResult {
            content = List.copyOf(content);
        }
    }
}
