package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole round of a tool as in {@link ToolRoundTripIT}, with three npm clients, each one process for all families. */
@Timeout(300)
class NodeRoundTripIT {
    private static final Map<Dialect, ServerRig> RIGS = new EnumMap<>(Dialect.class);

    @BeforeAll
    static void start() {
        for (Dialect dialect : Dialect.values()) {
            RIGS.put(dialect, ServerRig.speaking(dialect, dialect::answer));
        }
    }

    @AfterAll
    static void stop() {
        RIGS.values().forEach(ServerRig::close);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rounds-openai.mjs", "rounds-ai-sdk.mjs", "rounds-agents.mjs"})
    void shouldMakeTheRound(String script) {
        var servers = Json.builders().createObjectBuilder();
        RIGS.forEach((dialect, rig) -> servers.add(dialect.id(), rig.uri("").toString()));
        String printed = ClientScripts.run(script, servers.build().toString());
        JsonObject seen = Json.object(printed.getBytes(StandardCharsets.UTF_8));

        assertThat(seen).hasSize(2 * Dialect.values().length);
        seen.forEach((key, value) -> {
            JsonObject round = value.asJsonObject();
            assertThat(round.getString("answer")).as("%s %s", script, key).isEqualTo(Dialect.ANSWER);
            var calls = round.getJsonArray("calls").getValuesAs(JsonObject.class);
            assertThat(calls).as(key).extracting(call -> call.getString("name")).containsOnly("get_weather");
            assertThat(calls)
                    .as(key)
                    .extracting(call -> call.getJsonObject("arguments").getString("city"))
                    .isEqualTo(Dialect.CITIES);
            assertThat(calls)
                    .as(key)
                    .extracting(call -> call.getString("id"))
                    .doesNotHaveDuplicates()
                    .doesNotContain("");
        });
    }
}
