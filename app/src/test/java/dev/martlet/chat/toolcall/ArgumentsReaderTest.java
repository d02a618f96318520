package dev.martlet.chat.toolcall;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ArgumentsReaderTest {
    private final StringBuilder out = new StringBuilder();
    private final ArgumentsReader reader = new ArgumentsReader("");

    private int read(String text) {
        out.setLength(0);
        reader.reset(out);
        int result = LenientJson.MORE;
        for (int i = 0; i < text.length() && result == LenientJson.MORE; i++) {
            result = reader.accept(text.charAt(i));
        }
        return result;
    }

    @Test
    void shouldReadAnObject() {
        assertThat(read(" {\"a\": \"}\"}")).isEqualTo(LenientJson.DONE);
        assertThat(out).hasToString("{\"a\": \"}\"}");
    }

    @Test
    void shouldUnwrapAStringOnce() {
        assertThat(read("\"{\\\"a\\\": \\\"x\\\\ny \\ud83d\\ude00\\\"}\"")).isEqualTo(LenientJson.DONE);
        assertThat(out).hasToString("{\"a\": \"x\\ny \\ud83d\\ude00\"}");
    }

    @Test
    void shouldTakeNothingForNoArguments() {
        for (String none : new String[] {"null", "None", "\"\"", "''"}) {
            assertThat(read(none)).as(none).isEqualTo(LenientJson.DONE);
            assertThat(out).hasToString("{}");
        }
    }

    @Test
    void shouldRefuseWhatIsNoObject() {
        for (String other : new String[] {"[1]", "12", "\"x\"", "true", "nul "}) {
            assertThat(read(other)).as(other).isEqualTo(LenientJson.BAD);
            assertThat(reader.begun()).isFalse();
        }
    }

    @Test
    void shouldCloseWhatIsOpen() {
        read("\"{\\\"a\\\": [1, {\\\"b\\\": 2");
        assertThat(reader.close()).isTrue();
        assertThat(out).hasToString("{\"a\": [1, {\"b\": 2}]}");
    }
}
