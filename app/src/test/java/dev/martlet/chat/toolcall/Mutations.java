package dev.martlet.chat.toolcall;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What models do to a well-formed text, and worse: seeded changes of a case's text. */
final class Mutations {
    private static final List<String> PIECES = List.of(
            "\"", "}", "{", "\n", "]", "[", "\\", ":", ",", "'", "<", ">", "é😀", " prose ", "```", "\n\n", "=", "(",
            ")");

    private final List<String> markers;
    private final Random random;

    /** @param markers the spellings of the format's markers */
    Mutations(List<String> markers, Random random) {
        this.markers = markers;
        this.random = random;
    }

    /** Every marker a format knows. */
    static List<String> markers(ToolCallFormat format) {
        List<String> all = new ArrayList<>();
        switch (format) {
            case ToolCallFormat.Messages messages -> {
                all.add(messages.start());
                all.add(messages.message());
                all.addAll(messages.fields());
                all.addAll(messages.ends());
                messages.markup().ifPresent(inner -> all.addAll(markers(inner)));
            }
            case ToolCallFormat.Recipients recipients -> {
                all.add(recipients.marker());
                all.addAll(recipients.drops());
            }
            case ToolCallFormat.Blocks blocks -> {
                all.addAll(List.of(blocks.open(), blocks.close(), blocks.separator()));
                all.addAll(blocks.drops());
            }
            case ToolCallFormat.Tagged tagged -> {
                all.addAll(List.of(tagged.argumentOpen(), tagged.valueEnd(), tagged.callEnd()));
                frame(tagged.frame(), all);
            }
            case ToolCallFormat.Nested nested -> {
                all.add(nested.lead());
                frame(nested.frame(), all);
            }
            case ToolCallFormat.JsonCall json -> frame(json.frame(), all);
            case ToolCallFormat.NamedJson named -> {
                if (!named.delimiter().isEmpty()) {
                    all.add(named.delimiter());
                }
                frame(named.frame(), all);
            }
            case ToolCallFormat.Pythonic pythonic -> frame(pythonic.frame(), all);
            case ToolCallFormat.BuiltIns builtIns -> frame(builtIns.frame(), all);
        }
        all.removeIf(String::isEmpty);
        return all.stream().distinct().toList();
    }

    private static void frame(Frame frame, List<String> all) {
        all.addAll(frame.sections());
        all.addAll(frame.sectionEnds());
        all.addAll(frame.items());
        all.addAll(frame.itemEnds());
        all.addAll(frame.leads());
        frame.thoughts().forEach(pair -> all.addAll(List.of(pair.open(), pair.close())));
        all.addAll(frame.drops());
        frame.alternatives().forEach(format -> all.addAll(markers(format)));
    }

    /** One change or two. */
    String apply(String text) {
        String once = change(text);
        return random.nextInt(3) == 0 ? change(once) : once;
    }

    private String change(String text) {
        int at = place(text, random.nextInt(text.length() + 1));
        int to = place(text, Math.min(text.length(), at + 1 + random.nextInt(16)));
        return switch (random.nextInt(8)) {
            case 0 -> text.substring(0, at);
            case 1 -> text.substring(0, at) + text.substring(to);
            case 2 -> text.substring(0, to) + text.substring(at);
            case 3 -> text.substring(0, at) + PIECES.get(random.nextInt(PIECES.size())) + text.substring(at);
            case 4 -> text.substring(0, at) + markers.get(random.nextInt(markers.size())) + text.substring(at);
            case 5, 6 -> atMarker(text, false);
            default -> atMarker(text, true);
        };
    }

    /** Doubles a marker of the text, or drops it. */
    private String atMarker(String text, boolean doubled) {
        List<int[]> found = new ArrayList<>();
        for (String marker : markers) {
            for (int at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, at + 1)) {
                found.add(new int[] {at, at + marker.length()});
            }
        }
        if (found.isEmpty()) {
            return text;
        }
        int[] span = found.get(random.nextInt(found.size()));
        return text.substring(0, doubled ? span[1] : span[0]) + text.substring(doubled ? span[0] : span[1]);
    }

    private static int place(String text, int at) {
        return at > 0 && at < text.length() && Character.isLowSurrogate(text.charAt(at)) ? at - 1 : at;
    }
}
