package dev.martlet.nativelib;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.ffi.martlet_h;
import java.lang.System.Logger.Level;
import org.junit.jupiter.api.Test;

class StatusTest {

    @Test
    void shouldHaveTheHeadersNumbers() {
        assertThat(Status.OK.code()).isEqualTo(martlet_h.MT_OK());
        assertThat(Status.INVALID_ARGUMENT.code()).isEqualTo(martlet_h.MT_ERR_INVALID_ARG());
        assertThat(Status.STATE.code()).isEqualTo(martlet_h.MT_ERR_STATE());
        assertThat(Status.OUT_OF_MEMORY.code()).isEqualTo(martlet_h.MT_ERR_OOM());
        assertThat(Status.IO.code()).isEqualTo(martlet_h.MT_ERR_IO());
        assertThat(Status.UNSUPPORTED.code()).isEqualTo(martlet_h.MT_ERR_UNSUPPORTED());
        assertThat(Status.NO_SPACE.code()).isEqualTo(martlet_h.MT_ERR_NO_SPACE());
        assertThat(Status.ABORTED.code()).isEqualTo(martlet_h.MT_ERR_ABORTED());
        assertThat(Status.POISONED.code()).isEqualTo(martlet_h.MT_ERR_POISONED());
        assertThat(Status.INTERNAL.code()).isEqualTo(martlet_h.MT_ERR_INTERNAL());
        assertThat(Status.BUFFER.code()).isEqualTo(martlet_h.MT_ERR_BUFFER());
        for (Status status : Status.values()) {
            assertThat(Status.of(status.code())).isEqualTo(status);
        }
    }

    @Test
    void shouldRefuseUnknownNumbers() {
        assertThatThrownBy(() -> Status.of(1)).hasMessageContaining("unknown code 1");
        assertThatThrownBy(() -> Status.of(-11)).hasMessageContaining("unknown code -11");
    }

    @Test
    void shouldLogByTheLetterOfALine() {
        assertThat(LogDrain.level("E a message")).isEqualTo(Level.ERROR);
        assertThat(LogDrain.level("W a message")).isEqualTo(Level.WARNING);
        assertThat(LogDrain.level("I a message")).isEqualTo(Level.DEBUG);
        assertThat(LogDrain.level("D a message")).isEqualTo(Level.TRACE);
        assertThat(LogDrain.level("W n_ctx_seq (9) > n_ctx_train (8) -- possible training context overflow"))
                .isEqualTo(Level.DEBUG);
    }
}
