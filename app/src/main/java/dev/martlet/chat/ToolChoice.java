package dev.martlet.chat;

import java.util.List;
import java.util.Objects;

/** Which tools the model may or must call. */
public sealed interface ToolChoice {

    /** The model decides. */
    record Auto() implements ToolChoice {}

    /** No call; text only. */
    record None() implements ToolChoice {}

    /** At least one call of any tool. */
    record Required() implements ToolChoice {}

    /** A call of this tool. */
    record Named(String name) implements ToolChoice {
        public Named {
            Objects.requireNonNull(name, "name");
        }
    }

    /**
     * Only these tools.
     *
     * @param required whether at least one of them must be called
     */
    record Allowed(List<String> names, boolean required) implements ToolChoice {
        public Allowed {
            names = List.copyOf(names);
        }
    }
}
