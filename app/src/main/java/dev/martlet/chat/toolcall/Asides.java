package dev.martlet.chat.toolcall;

import java.util.ArrayList;
import java.util.List;

/** Texts that calls left over, told once it is certain that they are calls. One thread. */
final class Asides {
    private final List<String> texts = new ArrayList<>();

    void add(String text) {
        texts.add(text);
    }

    void clear() {
        texts.clear();
    }

    /** Writes each on a line of its own and forgets it. */
    void tell(Prose content) {
        for (String text : texts) {
            content.separate();
            content.append(text, 0, text.length());
            content.separate();
        }
        texts.clear();
    }
}
