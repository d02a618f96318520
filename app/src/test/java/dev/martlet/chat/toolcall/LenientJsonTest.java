package dev.martlet.chat.toolcall;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LenientJsonTest {

    private static String strict(String text) {
        var out = new StringBuilder();
        LenientJson json = LenientJson.value(out);
        for (char c : text.toCharArray()) {
            json.accept(c);
        }
        json.close();
        return out.toString();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    {"a": [1, 2.50, -3e+7]}      | {"a": [1, 2.50, -3e+7]}
                    {'a': 'it\\'s "x"'}          | {"a": "it's \\"x\\""}
                    {a: True, b: None, c: False} | {"a": true, "b": null, "c": false}
                    [1, 2,]                      | [1, 2]
                    {"a": 1,}                    | {"a": 1}
                    {"a": "\\d\\/"}              | {"a": "\\\\d\\/"}
                    {"a": "\\u12"}               | {"a": "\\\\u12"}
                    {"a": "\\ud83d\\ude00"}      | {"a": "\\ud83d\\ude00"}
                    {"a": 12345678901234567890}  | {"a": 12345678901234567890}
                    {"a": 007}                   | {"a": "007"}
                    {"a": [1, {"b": "c           | {"a": [1, {"b": "c"}]}
                    {"a": 1, "b":                | {"a": 1}
                    {"a": 1, "b                  | {"a": 1}
                    {"a": {}}                    | {"a": {}}
                    """)
    void shouldMakeStrictJson(String lenient, String strict) {
        assertThat(strict(lenient)).isEqualTo(strict);
    }

    @Test
    void shouldEscapeRawControlCharacters() {
        assertThat(strict("{\"a\": \"x\ny\tz\u0001\"}")).isEqualTo("{\"a\": \"x\\ny\\tz\\u0001\"}");
    }

    @Test
    void shouldReadKeywords() {
        var out = new StringBuilder();
        var json = new LenientJson(LenientJson.Root.KEYWORDS, "", position -> "p" + position, out);
        int result = LenientJson.MORE;
        for (char c : "(3, 'x', a=(1, 2), b=r'\\d', c='''it's\n\"q\"''', d='')".toCharArray()) {
            assertThat(result).isEqualTo(LenientJson.MORE);
            result = json.accept(c);
        }
        assertThat(result).isEqualTo(LenientJson.DONE);
        assertThat(out)
                .hasToString("{\"p0\": 3, \"p1\": \"x\", \"a\": [1, 2], \"b\": \"\\\\d\","
                        + " \"c\": \"it's\\n\\\"q\\\"\", \"d\": \"\"}");
    }

    @Test
    void shouldReadStringsBetweenAnotherDelimiter() {
        var out = new StringBuilder();
        var json = new LenientJson(LenientJson.Root.VALUE, "<|\"|>", position -> "", out);
        for (char c : "{k:<|\"|>a<|\"b\"<<|\"|>,n:1}".toCharArray()) {
            json.accept(c);
        }
        assertThat(out).hasToString("{\"k\":\"a<|\\\"b\\\"<\",\"n\":1}");
    }

    @Test
    void shouldTellWhatItCannotUse() {
        var out = new StringBuilder();
        LenientJson json = LenientJson.value(out);
        for (char c : "{\"a\": 1, oops".toCharArray()) {
            assertThat(json.accept(c)).isEqualTo(LenientJson.MORE);
        }
        assertThat(json.accept('}')).isEqualTo(LenientJson.BAD);
        assertThat(json.loose()).isEqualTo(", oops");
    }

    @Test
    void shouldLeaveACutValueOpen() {
        var out = new StringBuilder();
        LenientJson json = LenientJson.value(out);
        for (char c : "{\"a\": \"x\", \"b\": 12".toCharArray()) {
            json.accept(c);
        }
        json.cut();
        assertThat(out).hasToString("{\"a\": \"x\", \"b\": 12");
    }
}
