package dev.martlet.server;

import dev.martlet.openai.ApiError;
import dev.martlet.openai.Json;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.JsonObject;
import jakarta.json.JsonStructure;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Supplier;

/** {@code GET /v1/models} and {@code GET /v1/models/ID}. */
final class Models {
    private final Supplier<ServedModel> loaded;

    /** @param loaded gives the model; throws while there is none */
    Models(Supplier<ServedModel> loaded) {
        this.loaded = loaded;
    }

    void list(ServerRequest request, ServerResponse response) {
        send(
                response,
                Json.builders()
                        .createObjectBuilder()
                        .add("object", "list")
                        .add("data", Json.builders().createArrayBuilder().add(describe(loaded.get())))
                        .build());
    }

    void one(ServerRequest request, ServerResponse response) {
        ServedModel model = loaded.get();
        check(Optional.of(request.path().pathParameters().get("id")), model);
        send(response, describe(model));
    }

    /** @throws dev.martlet.openai.ApiException with status 404 if the name is not the model's */
    static void check(Optional<String> name, ServedModel model) {
        if (!name.orElse("").equals(model.card().id())) {
            throw new ApiError(
                            404,
                            "invalid_request_error",
                            "The model '" + name.orElse("") + "' does not exist here; '"
                                    + model.card().id() + "' does.",
                            Optional.of("model"),
                            Optional.of("model_not_found"),
                            Optional.empty())
                    .toException();
        }
    }

    private static JsonObject describe(ServedModel model) {
        return Json.builders()
                .createObjectBuilder()
                .add("id", model.card().id())
                .add("object", "model")
                .add("created", model.card().created().getEpochSecond())
                .add("owned_by", model.card().owner())
                .add("max_model_len", model.card().contextTokens())
                .add("tool_format", model.format().id())
                .build();
    }

    private static void send(ServerResponse response, JsonStructure body) {
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        response.send(body.toString().getBytes(StandardCharsets.UTF_8));
    }
}
