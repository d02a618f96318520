package dev.martlet.server;

import dev.martlet.openai.Ids;
import dev.martlet.responses.ResponseBody;
import dev.martlet.responses.ResponseRequest;
import dev.martlet.responses.ResponseStream;
import dev.martlet.responses.ResponseWriter;
import jakarta.json.JsonObject;
import java.time.Instant;

/** {@code POST /v1/responses}. */
final class Responses implements AnswerHandler.Endpoint {

    private final ServerConfig config;

    Responses(ServerConfig config) {
        this.config = config;
    }

    @Override
    public Job understand(JsonObject body, ServedModel model) {
        ResponseRequest request = ResponseRequest.parse(body, model.vocabulary().size(), model::readsVariable);
        if (config.strictModel()) {
            Models.check(request.chat().model(), model);
        }
        ResponseWriter writer =
                new ResponseWriter(Ids.response(), Instant.now(), model.card().id(), request, model.sampling());
        return Job.of(
                config,
                model,
                request.chat(),
                model.render(request.chat()),
                () -> new ResponseStream(writer),
                () -> new ResponseBody(writer));
    }
}
