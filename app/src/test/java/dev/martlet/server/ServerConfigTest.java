package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.access.Access;
import dev.martlet.access.TlsIdentity;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ServerConfigTest {
    private static final ServerConfig DEFAULTS = ServerConfig.defaults();

    @Test
    void shouldHaveTheseDefaults() {
        assertThat(DEFAULTS)
                .isEqualTo(new ServerConfig(
                        "127.0.0.1",
                        8080,
                        32_000_000,
                        Duration.ofSeconds(25),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(30),
                        OptionalInt.empty(),
                        false,
                        List.of(),
                        Access.open(),
                        Optional.empty(),
                        RequestLog.none()));
    }

    @Test
    void shouldChangeOneKeyAtATime() {
        Access access = Access.open().withOpenMetrics(true);
        RequestLog log = RequestLog.to(System.err, true);
        TlsIdentity identity = new TlsIdentity(List.of(), null);
        assertThat(DEFAULTS.withHost("h")
                        .withPort(1)
                        .withMaxBodyBytes(2000)
                        .withGrace(Duration.ofSeconds(1))
                        .withKeepAlive(Duration.ofSeconds(2))
                        .withReadTimeout(Duration.ofSeconds(5))
                        .withWriteTimeout(Duration.ofSeconds(3))
                        .withDefaultMaxTokens(4)
                        .withStrictModel(true)
                        .withCorsOrigins(List.of("*"))
                        .withAccess(access)
                        .withTls(identity)
                        .withRequestLog(log))
                .isEqualTo(new ServerConfig(
                        "h",
                        1,
                        2000,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(3),
                        OptionalInt.of(4),
                        true,
                        List.of("*"),
                        access,
                        Optional.of(identity),
                        log));
    }

    @ParameterizedTest
    @MethodSource
    void shouldRefuse(ThrowingCallable made) {
        assertThatThrownBy(made).isInstanceOf(IllegalArgumentException.class);
    }

    static Stream<ThrowingCallable> shouldRefuse() {
        return Stream.of(
                () -> DEFAULTS.withHost(" "),
                () -> DEFAULTS.withPort(-1),
                () -> DEFAULTS.withPort(65_536),
                () -> DEFAULTS.withMaxBodyBytes(1023),
                () -> DEFAULTS.withGrace(Duration.ofSeconds(-1)),
                () -> DEFAULTS.withGrace(Duration.ofMinutes(11)),
                () -> DEFAULTS.withKeepAlive(Duration.ZERO),
                () -> DEFAULTS.withReadTimeout(Duration.ZERO),
                () -> DEFAULTS.withWriteTimeout(Duration.ZERO),
                () -> DEFAULTS.withDefaultMaxTokens(0));
    }
}
