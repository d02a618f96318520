package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class IgnoredFieldsTest {

    @Test
    void shouldNameFields() {
        assertThat(IgnoredFields.value(List.of("user", "tools[0].function.strict")))
                .isEqualTo("user, tools[0].function.strict");
    }

    @Test
    void shouldLetNoClientWriteHeaders() {
        assertThat(IgnoredFields.value(List.of("a\r\nSet-Cookie: x", "\u00e9"))).isEqualTo("a??Set-Cookie??x, ?");
    }

    @Test
    void shouldStayShort() {
        assertThat(IgnoredFields.value(List.of("x".repeat(1000)))).hasSize(64);
        assertThat(IgnoredFields.value(Collections.nCopies(1000, "x")))
                .endsWith("x, ...")
                .hasSizeLessThan(110);
    }
}
