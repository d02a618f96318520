package dev.martlet.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class GrammarTest {

    private static final int END = 256 + 3;
    private static final int CALL = END + 1;
    private static final TokenIndex INDEX = new TokenIndex(Vocabularies.bytesAnd("ab", "\"}", "\",\""));

    private static GrammarMatcher matcher(Grammar grammar) {
        return grammar.compile(INDEX).matcher();
    }

    private static boolean accepts(Grammar grammar, String text) {
        GrammarMatcher matcher = matcher(grammar);
        return matcher.acceptBytes(text.getBytes(StandardCharsets.UTF_8)) && matcher.mayEnd();
    }

    private static boolean allows(GrammarMatcher matcher, int token) {
        long[] mask = new long[INDEX.words()];
        matcher.mask(mask);
        return (mask[token >> 6] >>> token & 1) != 0;
    }

    private static int allowed(GrammarMatcher matcher) {
        long[] mask = new long[INDEX.words()];
        matcher.mask(mask);
        int count = 0;
        for (long word : mask) {
            count += Long.bitCount(word);
        }
        return count;
    }

    @Test
    void shouldTakeOneOfSomeStrings() {
        Grammar grammar = Grammar.ofChoice(List.of("yes", "no", "nope"));

        assertThat(accepts(grammar, "no")).isTrue();
        assertThat(accepts(grammar, "nope")).isTrue();
        assertThat(accepts(grammar, "nop")).isFalse();
        assertThat(accepts(grammar, "maybe")).isFalse();
    }

    @Test
    void shouldAllowOnlyTheEndWhenFinished() {
        GrammarMatcher matcher = matcher(Grammar.literal("a"));
        assertThat(matcher.accept('a')).isTrue();

        assertThat(matcher.finished()).isTrue();
        assertThat(allowed(matcher)).isEqualTo(1);
        assertThat(allows(matcher, END)).isTrue();
        assertThat(matcher.accept(END)).isTrue();
        assertThat(allowed(matcher)).isZero();
    }

    @Test
    void shouldNotAllowTheEndBeforeTheTextMayEnd() {
        GrammarMatcher matcher = matcher(Grammar.ofRegex("a+b"));
        assertThat(matcher.accept('a')).isTrue();

        assertThat(matcher.mayEnd()).isFalse();
        assertThat(allows(matcher, END)).isFalse();
        assertThat(matcher.accept(END)).isFalse();
        assertThat(allows(matcher, 256)).as("token ab").isTrue();
    }

    @Test
    void shouldForceWhatIsWithoutChoice() {
        GrammarMatcher matcher = matcher(Grammar.ofJsonSchema(
                "{\"type\":\"object\",\"properties\":{\"name\":{\"const\":\"x\"}},\"required\":[\"name\"],"
                        + "\"additionalProperties\":false}",
                new JsonSchemaOptions(false, true)));

        assertThat(new String(matcher.forced(), StandardCharsets.UTF_8)).isEqualTo("{\"name\":\"x\"}");
        assertThat(matcher(Grammar.ofRegex("ab?")).forced()).containsExactly('a');
    }

    @Test
    void shouldRollBackAndCopy() {
        GrammarMatcher matcher = matcher(Grammar.ofRegex("abc"));
        matcher.accept('a');
        GrammarMatcher copy = matcher.copy();
        matcher.accept('b');
        matcher.accept('c');
        assertThat(matcher.finished()).isTrue();

        matcher.rollback(2);

        assertThat(allows(matcher, 'b')).isTrue();
        assertThat(allows(matcher, 'c')).isFalse();
        assertThat(copy.accept('b')).isTrue();
        assertThatThrownBy(() -> matcher.rollback(2)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldComposeTextMarkersAndSchemas() {
        Grammar call = Grammar.sequence(
                Grammar.special("<call>"), Grammar.ofJsonSchema("{\"type\":\"integer\"}"), Grammar.literal("</call>"));
        GrammarMatcher matcher = matcher(Grammar.sequence(Grammar.textUntil("<|>"), call.repeated(1, 2)));
        assertThat(matcher.acceptBytes("some <|text <|>".getBytes(StandardCharsets.UTF_8)))
                .isTrue();

        assertThat(allowed(matcher)).isEqualTo(1);
        assertThat(matcher.accept(CALL)).isTrue();
        assertThat(matcher.acceptBytes("12</call>".getBytes(StandardCharsets.UTF_8)))
                .isTrue();
        assertThat(allows(matcher, END)).isTrue();
        assertThat(allows(matcher, CALL)).isTrue();
        assertThat(matcher.accept(CALL)).isTrue();
        assertThat(matcher.acceptBytes("0</call>".getBytes(StandardCharsets.UTF_8)))
                .isTrue();
        assertThat(matcher.finished()).isTrue();
    }

    @Test
    void shouldEndFreeTextAtTheFirstMarker() {
        Grammar grammar = Grammar.textUntil("aab");

        assertThat(accepts(grammar, "xaaab")).isTrue();
        assertThat(accepts(grammar, "aabaab")).isFalse();
        assertThat(accepts(grammar, "aa")).isFalse();
        assertThat(accepts(Grammar.textWithout(List.of("<", "bc")), "abbac")).isTrue();
        assertThat(accepts(Grammar.textWithout(List.of("<", "bc")), "abbca")).isFalse();
    }

    @Test
    void shouldNameWhatARegexAsksForInVain() {
        assertThatThrownBy(() -> Grammar.ofRegex("(a)\\1")).isInstanceOfSatisfying(GrammarException.class, e -> {
            assertThat(e.reason()).isEqualTo(GrammarException.Reason.UNSUPPORTED);
            assertThat(e.keyword()).isEqualTo("\\1");
            assertThat(e.place()).isEqualTo("offset 4");
        });
        assertThatThrownBy(() -> Grammar.ofRegex("a(b")).hasMessageContaining("group is not closed");
        assertThatThrownBy(() -> Grammar.ofRegex("a(?!b)b")).hasMessageContaining("nothing matches");
    }

    @Test
    void shouldMatchRegexesAsAWhole() {
        assertThat(accepts(Grammar.ofRegex("(?=.*é)[a-é]{2,3}?"), "éa")).isTrue();
        assertThat(accepts(Grammar.ofRegex("(?=.*é)[a-é]{2,3}?"), "aa")).isFalse();
        assertThat(accepts(Grammar.ofRegex("^\\p{Lu}\\w*\\.$|x"), "Éa.")).isTrue();
        assertThat(accepts(Grammar.ofRegex("[^\\]\\d-]+"), "漢😀]")).isFalse();
        assertThat(accepts(Grammar.ofRegex("[^\\]\\d-]+"), "漢😀")).isTrue();
        assertThat(accepts(Grammar.ofRegex("a{2}{3}|\\u{1F600}\\x41"), "aaaaaa"))
                .isTrue();
        assertThat(accepts(Grammar.ofRegex("a{,2}"), "a{,2}")).isTrue();
    }
}
