package dev.martlet.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GbnfTest {

    private static final TokenIndex INDEX = new TokenIndex(Vocabularies.bytesAnd("ab", "))", "\"x"));

    private static GrammarMatcher matcher(String grammar) {
        return Grammar.ofGbnf(grammar).compile(INDEX).matcher();
    }

    private static boolean accepts(String grammar, String text) {
        GrammarMatcher matcher = matcher(grammar);
        return matcher.acceptBytes(text.getBytes(StandardCharsets.UTF_8)) && matcher.mayEnd();
    }

    @Test
    void shouldReadArithmetic() {
        String grammar = """
                # sums of products
                root  ::= term (" "? [+-] " "? term)*
                term  ::= factor ([*/] factor)*
                factor ::= number
                    | "(" root ")"   # a group
                number ::= [0-9]{1,3} ("." [0-9]+)?
                """;

        assertThat(accepts(grammar, "1+(2*(3 - 4.5))/6")).isTrue();
        assertThat(accepts(grammar, "1+(2*(3 - 4.5)/6")).isFalse();
        assertThat(accepts(grammar, "1234")).isFalse();
        assertThat(accepts(grammar, "")).isFalse();
    }

    @Test
    void shouldKnowCharactersEscapesAndTokens() {
        String grammar = "root ::= [^\\n\\x41-\\u0043\\]]+ \"\\\"\\t\" . <call> \"\"";
        GrammarMatcher matcher = matcher(grammar);

        assertThat(matcher.acceptBytes("é\uD83D\uDE00D\"\t漢".getBytes(StandardCharsets.UTF_8)))
                .isTrue();
        assertThat(matcher.mayEnd()).isFalse();
        assertThat(matcher.accept(256 + 4)).isTrue();
        assertThat(matcher.finished()).isTrue();
        assertThat(accepts("root ::= [^\\x41-\\u0043]+", "B")).isFalse();
    }

    @Test
    void shouldStayCheapWhereReadingsMultiply() {
        GrammarMatcher matcher = matcher("root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"a\" root root | \"a\"");
        for (int i = 0; i < 301; i++) {
            assertThat(matcher.accept('a')).isTrue();
        }

        // By counting: an odd number of a is a text by itself, an even one needs a b or a c behind it.
        assertThat(matcher.mayEnd()).isTrue();
        matcher.rollback(1);
        assertThat(matcher.mayEnd()).isFalse();
        assertThat(matcher.accept('c')).isTrue();
        assertThat(matcher.mayEnd()).isTrue();
    }

    @Test
    void shouldCutOffWhatCannotEnd() {
        String grammar = "root ::= \"a\" | \"b\" loop | \"c\" (loop)?\nloop ::= \"x\" loop";

        assertThat(accepts(grammar, "a")).isTrue();
        assertThat(accepts(grammar, "c")).isTrue();
        assertThat(matcher(grammar).acceptBytes(new byte[] {'b'})).isFalse();
    }

    @Test
    void shouldRepeatWhatMayBeEmpty() {
        assertThat(accepts("root ::= (x*)* \"!\"\nx ::= \"a\" | y\ny ::= \"(\" x \")\" | \"b\"?", "a(b)(())a!"))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '~',
            value = {
                "root ::= root \"a\" | \"a\"; UNSUPPORTED; rule root; root",
                "root ::= x; INVALID; offset 9; x",
                "rule ::= \"a\"; INVALID; offset 0; root",
                "root ::= \"a; INVALID; offset 11; \"",
                "root ::= \"a\" root; UNSATISFIABLE; offset 0; root",
                "root ::= (\"a\"; INVALID; offset 13; (",
                "root ::= [a-; INVALID; offset 12; [",
                "root = \"a\"; INVALID; offset 5; ::=",
            })
    void shouldNameThePlaceOfWhatItRefuses(String grammar, String reason, String place, String keyword) {
        assertThatThrownBy(() -> Grammar.ofGbnf(grammar)).isInstanceOfSatisfying(GrammarException.class, e -> {
            assertThat(e.reason().name()).isEqualTo(reason);
            assertThat(e.place()).isEqualTo(place);
            assertThat(e.keyword()).isEqualTo(keyword);
        });
    }

    @Test
    void shouldRefuseAControlTokenThatTheVocabularyLacks() {
        assertThatThrownBy(() -> matcher("root ::= (\"a\" <nope>)?")).hasMessageContaining("no such control token");
    }
}
