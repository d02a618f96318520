package dev.martlet.chat.toolcall;

import dev.martlet.grammar.Grammar;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Turns a format's markup into grammars: what is one control token of the model must come as that, the rest as text. */
final class Spelling {
    private final List<String> controlTokens;

    /** @param controlTokens spellings of the model's control tokens */
    Spelling(Set<String> controlTokens) {
        this.controlTokens = controlTokens.stream()
                .filter(token -> !token.isEmpty())
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
    }

    boolean isControl(String text) {
        return controlTokens.contains(text);
    }

    /** The grammar of exactly this markup; a {@code #} in it is a number of up to three digits. */
    Grammar of(String markup) {
        List<Grammar> parts = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        int at = 0;
        while (at < markup.length()) {
            String control = controlAt(markup, at);
            if (control.isEmpty() && markup.charAt(at) != '#') {
                text.append(markup.charAt(at++));
                continue;
            }
            flush(text, parts);
            parts.add(control.isEmpty() ? Grammar.ofRegex("[0-9]{1,3}") : Grammar.special(control));
            at += Math.max(1, control.length());
        }
        flush(text, parts);
        return parts.isEmpty() ? nothing() : Grammar.sequence(parts.toArray(Grammar[]::new));
    }

    private String controlAt(String markup, int at) {
        for (String token : controlTokens) {
            if (markup.startsWith(token, at)) {
                return token;
            }
        }
        return "";
    }

    private static void flush(StringBuilder text, List<Grammar> parts) {
        if (!text.isEmpty()) {
            parts.add(Grammar.literal(text.toString()));
            text.setLength(0);
        }
    }

    /** The empty text. */
    static Grammar nothing() {
        return Grammar.sequence();
    }
}
