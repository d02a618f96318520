package dev.martlet.server;

import dev.martlet.openai.Json;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/** Answers the requests of one endpoint at once, without generating. */
final class JsonHandler implements Handler {

    /** What one endpoint makes of a request. */
    @FunctionalInterface
    interface Endpoint {
        /** @throws dev.martlet.openai.ApiException with status 400, naming the field at fault */
        Reply answer(JsonObject body, ServedModel model);
    }

    /**
     * An answer.
     *
     * @param named the model that the client named
     * @param ignored fields of the request that have no effect, by path
     */
    record Reply(JsonObject body, Optional<String> named, List<String> ignored) {
        Reply {
            Objects.requireNonNull(body, "body");
            Objects.requireNonNull(named, "named");
            ignored = List.copyOf(ignored);
        }
    }

    private final ServerConfig config;
    private final Supplier<ServedModel> loaded;
    private final Endpoint endpoint;

    /** @param loaded gives the model; throws while there is none */
    JsonHandler(ServerConfig config, Supplier<ServedModel> loaded, Endpoint endpoint) {
        this.config = config;
        this.loaded = loaded;
        this.endpoint = endpoint;
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        byte[] body = RequestBody.readOrRefuse(request, response, config.maxBodyBytes());
        ServedModel model = loaded.get();
        Reply reply = endpoint.answer(Json.object(body), model);
        if (config.strictModel()) {
            Models.check(reply.named(), model);
        }
        IgnoredFields.tell(reply.ignored(), response);
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        response.send(reply.body().toString().getBytes(StandardCharsets.UTF_8));
    }
}
