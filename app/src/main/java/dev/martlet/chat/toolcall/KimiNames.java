package dev.martlet.chat.toolcall;

import java.util.List;
import java.util.regex.Pattern;

/** Reads tool names out of Kimi K2's call ids, {@code functions.NAME:N}, and the slips the model makes in them. */
final class KimiNames {
    private static final Pattern COUNTER = Pattern.compile(":\\d*$");
    private static final List<Pattern> LOOSE_COUNTERS =
            List.of(COUNTER, Pattern.compile("_\\d+$"), Pattern.compile("\\d+$"));
    private static final List<String> PREFIXES = List.of("functions.", "functions_", "functions", "function.");

    private KimiNames() {}

    static String name(String id, Toolbox tools) {
        String plain = COUNTER.matcher(id).replaceFirst("");
        String strict = plain.startsWith("functions.") ? plain.substring("functions.".length()) : plain;
        if (tools.declares(strict)) {
            return strict;
        }
        for (String prefix : PREFIXES) {
            if (!id.startsWith(prefix)) {
                continue;
            }
            String rest = id.substring(prefix.length());
            if (tools.declares(rest)) {
                return rest;
            }
            for (Pattern counter : LOOSE_COUNTERS) {
                String name = counter.matcher(rest).replaceFirst("");
                if (tools.declares(name)) {
                    return name;
                }
            }
        }
        return strict;
    }
}
