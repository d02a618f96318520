package dev.martlet.server;

import dev.martlet.chat.template.Segment;
import dev.martlet.model.Tokenizer;
import dev.martlet.model.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Turns rendered prompts into tokens. Control tokens come of what the template wrote alone; what a user wrote is text,
 * also where it spells a control token. The text between two control tokens is tokenised as one piece, so that the origin
 * of text does not change its tokens. Safe from any thread.
 */
final class PromptTokenizer {

    /** A control token as text. */
    private record Control(int token, String spelling) {}

    private final Tokenizer tokenizer;
    private final OptionalInt first;

    /** By first character, the longest first. */
    private final Map<Character, List<Control>> controls;

    /** @param first the token every prompt begins with, where the model wants one; not doubled if the template writes it */
    PromptTokenizer(Tokenizer tokenizer, Vocabulary vocabulary, OptionalInt first) {
        this.tokenizer = tokenizer;
        this.first = first;
        this.controls = new HashMap<>();
        for (int token = 0; token < vocabulary.size(); token++) {
            if (vocabulary.isControl(token) && vocabulary.length(token) > 0) {
                String spelling = new String(vocabulary.bytes(token), StandardCharsets.UTF_8);
                controls.computeIfAbsent(spelling.charAt(0), c -> new ArrayList<>())
                        .add(new Control(token, spelling));
            }
        }
        controls.values()
                .forEach(list -> list.sort(Comparator.comparingInt(
                                (Control control) -> control.spelling().length())
                        .reversed()));
    }

    /** The spellings of all control tokens. */
    Set<String> controlSpellings() {
        return controls.values().stream()
                .flatMap(List::stream)
                .map(Control::spelling)
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * The prompt's tokens; none for an empty prompt of a model without a first token.
     *
     * @param begin whether the first token is put there
     */
    int[] encode(List<Segment> segments, boolean begin) {
        Tokens tokens = new Tokens();
        StringBuilder text = new StringBuilder();
        for (Segment segment : segments) {
            if (segment.trusted()) {
                trusted(segment.text(), text, tokens);
            } else {
                text.append(segment.text());
            }
        }
        flush(text, tokens);
        return begin ? begin(tokens.toArray()) : tokens.toArray();
    }

    /** The tokens with the first before them, where the model wants one and it is not there. */
    int[] begin(int[] tokens) {
        if (first.isEmpty() || tokens.length > 0 && tokens[0] == first.getAsInt()) {
            return tokens;
        }
        int[] begun = new int[tokens.length + 1];
        begun[0] = first.getAsInt();
        System.arraycopy(tokens, 0, begun, 1, tokens.length);
        return begun;
    }

    private void trusted(String segment, StringBuilder text, Tokens tokens) {
        int from = 0;
        for (int i = 0; i < segment.length(); i++) {
            for (Control control : controls.getOrDefault(segment.charAt(i), List.of())) {
                if (segment.startsWith(control.spelling(), i)) {
                    text.append(segment, from, i);
                    flush(text, tokens);
                    tokens.add(control.token());
                    from = i + control.spelling().length();
                    i = from - 1;
                    break;
                }
            }
        }
        text.append(segment, from, segment.length());
    }

    private void flush(StringBuilder text, Tokens tokens) {
        if (!text.isEmpty()) {
            for (int token : tokenizer.encode(text.toString(), false, false)) {
                tokens.add(token);
            }
            text.setLength(0);
        }
    }

    private static final class Tokens {
        private int[] ids = new int[256];
        private int size;

        void add(int token) {
            if (size == ids.length) {
                ids = Arrays.copyOf(ids, size * 2);
            }
            ids[size++] = token;
        }

        int[] toArray() {
            return Arrays.copyOf(ids, size);
        }
    }
}
