package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.engine.GenerationRequest;
import dev.martlet.openai.ApiException;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.WritableHeaders;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallerTest {

    private static Caller with(String name, String value) {
        return Caller.of(ServerRequestHeaders.create(WritableHeaders.create().add(HeaderNames.create(name), value)));
    }

    @Test
    void shouldBeNobodyWithoutHeaders() {
        Caller nobody = Caller.of(ServerRequestHeaders.create(WritableHeaders.create()));
        assertThat(nobody.tenant()).isEmpty();
        assertThat(nobody.timeout()).isEmpty();
        assertThat(with("Authorization", "Basic abc").tenant()).isEmpty();
        assertThat(with("Authorization", "Bearer ").tenant()).isEmpty();
    }

    @Test
    void shouldNotShowItsKey() {
        Caller caller = with("Authorization", "Bearer sk-secret");
        // printf sk-secret | sha256sum
        assertThat(caller.tenant()).hasSize(12).matches("[0-9a-f]+").doesNotContain("secret");
        assertThat(with("authorization", "bearer sk-secret")).isEqualTo(caller);
        assertThat(with("x-api-key", "sk-secret")).isEqualTo(caller);
        assertThat(with("Authorization", "Bearer sk-other").tenant()).isNotEqualTo(caller.tenant());
    }

    @Test
    void shouldClaimARequest() {
        GenerationRequest request = GenerationRequest.of(new int[] {1}, 2);
        GenerationRequest claimed = with("x-request-timeout-ms", "1500").claim(request.withPriority(-3));
        assertThat(claimed.deadline()).contains(Duration.ofMillis(1500));
        assertThat(claimed.priority()).isEqualTo(-3);
        assertThat(with("x-api-key", "k").claim(request).deadline()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "1.5", "soon", "86400001", "999999999999"})
    void shouldRefuseATimeoutThatIsNone(String value) {
        assertThatThrownBy(() -> with("x-request-timeout-ms", value)).isInstanceOfSatisfying(ApiException.class, e -> {
            assertThat(e.error().status()).isEqualTo(400);
            assertThat(e.error().param()).contains("x-request-timeout-ms");
        });
    }
}
