package dev.martlet.chat.toolcall;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The words of a text: runs of at least three letters and digits. What a model wrote and what a client gets are compared
 * by them, so that quotes, braces and white space, which belong to a call's syntax, do not matter.
 */
final class Words {
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]{3,}");
    private static final Pattern UNICODE = Pattern.compile("\\\\u([0-9a-fA-F]{4})");
    private static final Pattern ESCAPE = Pattern.compile("\\\\+[nrtbf]");

    /** What a message's header says is its syntax, and so is the rest of a header that the text ends in. */
    private static final Pattern RECIPIENT = Pattern.compile("to=[^\\s<]*");

    private static final Pattern LAST_HEADER = Pattern.compile("(?s)(?:<\\|channel\\|>|<\\|open\\|>)(?:(?!<\\|).)*"
            + "(?:<\\|[a-z]*\\|?|<\\|constrain\\|>(?:(?!<\\|).)*(?:<\\|[a-z]*\\|?)?|<)?$");

    /** A name that a Python call is assigned to. */
    private static final Pattern ASSIGNED = Pattern.compile("[\\w.]+\\s*=\\s*(?=[\\w.]+\\()");

    private Words() {}

    /** The words of a text in order, repeated ones repeated. */
    static List<String> of(String text) {
        return WORD.matcher(unescaped(text))
                .results()
                .map(found -> found.group())
                .toList();
    }

    /** The words of an answer's events. Pieces of one text, one stream of thoughts or one call belong together. */
    static Set<String> of(List<ChatEvent> events) {
        var text = new StringBuilder();
        Class<?> last = Object.class;
        for (ChatEvent event : events) {
            String said = switch (event) {
                case ChatEvent.Content content -> content.text();
                case ChatEvent.Reasoning reasoning -> reasoning.text();
                case ChatEvent.CallBegin begin -> begin.id() + " " + begin.name() + " ";
                case ChatEvent.CallArguments arguments -> arguments.json();
                case ChatEvent.CallEnd end -> "";
            };
            text.append(event.getClass() == last ? "" : " ").append(said);
            last = event.getClass();
        }
        return new TreeSet<>(of(text.toString()));
    }

    /** A text without what its format's syntax may swallow with words in it. */
    static String withoutSyntax(ToolCallFormat format, String text) {
        return switch (format) {
            case ToolCallFormat.Messages messages ->
                LAST_HEADER.matcher(RECIPIENT.matcher(text).replaceAll(" ")).replaceAll(" ");
            case ToolCallFormat.Blocks blocks -> LAST_HEADER.matcher(text).replaceAll(" ");
            case ToolCallFormat.Nested nested -> text.replaceAll(Pattern.quote(nested.lead()) + "</[^<>]*>?", " ");
            case ToolCallFormat.Pythonic pythonic -> ASSIGNED.matcher(text).replaceAll(" ");
            case ToolCallFormat.JsonCall json ->
                json.frame().alternatives().stream().anyMatch(ToolCallFormat.Pythonic.class::isInstance)
                        ? ASSIGNED.matcher(text).replaceAll(" ")
                        : text;
            case ToolCallFormat.NamedJson named -> text;
            case ToolCallFormat.Recipients recipients -> text;
            case ToolCallFormat.Tagged tagged -> text;
            case ToolCallFormat.BuiltIns builtIns -> text;
        };
    }

    /** Those of the words that are whole, unbroken words of the text, in its order. */
    static List<String> in(String text, Set<String> words) {
        return of(text).stream().filter(words::contains).collect(Collectors.toList());
    }

    private static String unescaped(String text) {
        String plain = text;
        for (int depth = 0; depth < 2; depth++) {
            plain = UNICODE.matcher(plain)
                    .replaceAll(found ->
                            Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(found.group(1), 16))));
        }
        return ESCAPE.matcher(plain).replaceAll(" ");
    }
}
