package dev.martlet.grammar;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The values of {@code format} that are enforced, as automata over the string's text. */
final class TextFormats {

    private static final String FULL_DATE = "(([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
            + "|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])))"
            + "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)";
    /** The year 0000 is no year for most readers. */
    private static final String DATE = "(?!0000)" + FULL_DATE;

    private static final String TIME =
            "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
    private static final String DURATION =
            "P(?!$)(([0-9]+W)|([0-9]+Y)?([0-9]+M)?([0-9]+D)?" + "(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+S)?)?)";

    private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    private static final String IPV4 = BYTE + "(\\." + BYTE + "){3}";
    private static final String H16 = "[0-9A-Fa-f]{1,4}";
    private static final String LS32 = "(" + H16 + ":" + H16 + "|" + IPV4 + ")";
    private static final String IPV6 = "((" + H16 + ":){6}" + LS32
            + "|::(" + H16 + ":){5}" + LS32
            + "|(" + H16 + ")?::(" + H16 + ":){4}" + LS32
            + "|((" + H16 + ":){0,1}" + H16 + ")?::(" + H16 + ":){3}" + LS32
            + "|((" + H16 + ":){0,2}" + H16 + ")?::(" + H16 + ":){2}" + LS32
            + "|((" + H16 + ":){0,3}" + H16 + ")?::" + H16 + ":" + LS32
            + "|((" + H16 + ":){0,4}" + H16 + ")?::" + LS32
            + "|((" + H16 + ":){0,5}" + H16 + ")?::" + H16
            + "|((" + H16 + ":){0,6}" + H16 + ")?::)";

    private static final String LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    private static final String SHORT_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,18}[A-Za-z0-9])?";
    /** At most 253 characters; to count them all would take 16,000 states, so either few labels or short ones. */
    private static final String HOSTNAME =
            "(" + LABEL + "(\\." + LABEL + "){0,2}|" + SHORT_LABEL + "(\\." + SHORT_LABEL + "){0,11})";

    private static final String ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
    /** At most 64 characters before the at sign, as RFC 5321 has it. */
    private static final String EMAIL = "(?=[^@]{1,64}@)" + ATOM + "(\\." + ATOM + ")*@" + HOSTNAME;

    private static final String PCHAR = "([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
    private static final String AUTHORITY = "(([A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?" + "(\\[" + IPV6
            + "\\]|([A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(:[0-9]*)?";
    private static final String TAIL = "(\\?(" + PCHAR + "|[/?])*)?(#(" + PCHAR + "|[/?])*)?";
    private static final String ROOTED = "//" + AUTHORITY + "(/" + PCHAR + "*)*|/(" + PCHAR + "+(/" + PCHAR + "*)*)?";
    private static final String URI =
            "[A-Za-z][A-Za-z0-9+.-]*:(" + ROOTED + "|" + PCHAR + "+(/" + PCHAR + "*)*|)" + TAIL;
    private static final String RELATIVE =
            "(" + ROOTED + "|([A-Za-z0-9._~!$&'()*+,;=@-]|%[0-9A-Fa-f]{2})+(/" + PCHAR + "*)*|)" + TAIL;

    private static final String POINTER = "(/([^~/]|~[01])*)*";

    private static final Map<String, String> REGEXES = Map.ofEntries(
            Map.entry("date", DATE),
            Map.entry("time", TIME),
            Map.entry("date-time", DATE + "[Tt]" + TIME),
            Map.entry("duration", DURATION),
            Map.entry("email", EMAIL),
            Map.entry("hostname", HOSTNAME),
            Map.entry("ipv4", IPV4),
            Map.entry("ipv6", IPV6),
            Map.entry("uuid", "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"),
            Map.entry("uri", URI),
            Map.entry("uri-reference", URI + "|" + RELATIVE),
            Map.entry("json-pointer", POINTER),
            Map.entry("relative-json-pointer", "(0|[1-9][0-9]*)(#|" + POINTER + ")"));

    /** Formats of the standard that no automaton here checks; all other words are annotations, as the standard says. */
    private static final Set<String> UNSUPPORTED =
            Set.of("idn-email", "idn-hostname", "iri", "iri-reference", "uri-template", "regex");

    private static final Map<String, Dfa> MADE = new ConcurrentHashMap<>();

    private TextFormats() {}

    /**
     * The automaton of a format; empty for a word that the standard does not know, which checks nothing.
     *
     * @throws GrammarException UNSUPPORTED for a format of the standard that cannot be enforced
     */
    static Optional<Dfa> of(String format) {
        if (UNSUPPORTED.contains(format)) {
            throw new GrammarException(
                    GrammarException.Reason.UNSUPPORTED, "", "format", "\"" + format + "\" cannot be enforced");
        }
        String regex = REGEXES.get(format);
        return regex == null
                ? Optional.empty()
                : Optional.of(MADE.computeIfAbsent(
                        format, f -> RegexParser.matching(regex, new Budget(Long.MAX_VALUE / 2))));
    }
}
