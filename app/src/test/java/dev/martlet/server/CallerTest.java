package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.access.ApiKey;
import dev.martlet.access.KeyHash;
import dev.martlet.access.KeyLimits;
import dev.martlet.engine.GenerationRequest;
import dev.martlet.openai.ApiException;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.WritableHeaders;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallerTest {

    private static Caller with(String name, String value) {
        return with(Optional.empty(), name, value);
    }

    private static Caller with(Optional<ApiKey> checked, String name, String value) {
        return Caller.of(
                checked, ServerRequestHeaders.create(WritableHeaders.create().add(HeaderNames.create(name), value)));
    }

    @Test
    void shouldBeNobodyWithoutHeaders() {
        Caller nobody = Caller.of(Optional.empty(), ServerRequestHeaders.create(WritableHeaders.create()));
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
        GenerationRequest claimed = with("x-request-timeout-ms", "1500").claim(request.withPriority(-3), 7);
        assertThat(claimed.deadline()).contains(Duration.ofMillis(1500));
        assertThat(claimed.priority()).isEqualTo(-3);
        assertThat(claimed.tenantQueue()).isEqualTo(7);
        assertThat(with("x-api-key", "k").claim(request, 7).deadline()).isEmpty();
    }

    @Test
    void shouldBeWhomItsKeySaysAndTakeNoMoreThanThat() {
        KeyLimits limits = new KeyLimits(OptionalInt.of(1), OptionalInt.of(2), OptionalInt.of(10));
        ApiKey key = new ApiKey("team-a", KeyHash.of("sk-other"), limits);
        Caller caller = with(Optional.of(key), "Authorization", "Bearer sk-secret");
        GenerationRequest request = GenerationRequest.of(new int[] {1}, 2);
        assertThat(caller.tenant()).isEqualTo("team-a");
        assertThat(caller.claim(request, 7))
                .isEqualTo(request.withTenant("team-a").withTenantQueue(2).withPriority(10));
        assertThat(caller.claim(request.withPriority(11), 7).priority()).isEqualTo(11);
        assertThat(caller.isTooUrgent(request.withPriority(9))).isTrue();
        assertThat(caller.isTooUrgent(request.withPriority(10))).isFalse();
        assertThat(caller.isTooUrgent(request)).as("nothing asked for").isFalse();
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
