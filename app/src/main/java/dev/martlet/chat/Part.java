package dev.martlet.chat;

import java.util.Objects;

/** One part of a message's content. */
public sealed interface Part {

    /** Plain text. */
    record Text(String text) implements Part {
        public Text {
            Objects.requireNonNull(text, "text");
        }
    }
}
