package dev.martlet.server;

import dev.martlet.embedding.Embedder;
import dev.martlet.embedding.Reranker;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.CompletionRequest.Prompt;
import dev.martlet.openai.EmbeddingList;
import dev.martlet.openai.EmbeddingRequest;
import dev.martlet.openai.Ids;
import dev.martlet.openai.RerankList;
import dev.martlet.openai.RerankRequest;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** {@code POST /v1/embeddings}, and {@code POST /v1/rerank} as Jina and Cohere have it. */
final class Vectors {
    private final ServerConfig config;

    Vectors(ServerConfig config) {
        this.config = config;
    }

    VectorHandler.Work<List<float[]>> embed(JsonObject body, ServedModel model, Embedders embedders) {
        EmbeddingRequest request =
                EmbeddingRequest.parse(body, model.vocabulary().size());
        if (config.strictModel()) {
            Models.check(request.model(), model);
        }
        Embedder embedder = embedders.embedder();
        int width = embedder.limits().dimensions();
        int dimensions = request.dimensions().orElse(width);
        if (dimensions > width) {
            throw ApiError.invalid(
                            "dimensions",
                            "invalid_value",
                            "Invalid value for 'dimensions': this model's vectors have " + width + ", but got "
                                    + dimensions + " instead.")
                    .toException();
        }
        Sequences sequences = new Sequences("input", embedder.limits().maxTokens());
        for (Prompt input : request.inputs()) {
            sequences.add(tokens(input, embedders), input.path());
        }
        EmbeddingList list = new EmbeddingList(model.card().id(), request.base64(), sequences.total);
        return new VectorHandler.Work<>(
                Embedders.EMBEDDING,
                sequences.total,
                embedder.submit(sequences.all),
                vectors -> list.body(
                        dimensions == width
                                ? vectors
                                : vectors.stream()
                                        .map(vector -> EmbeddingList.shortened(vector, dimensions))
                                        .toList()),
                request.ignored());
    }

    private static int[] tokens(Prompt input, Embedders embedders) {
        return switch (input) {
            case Prompt.Text text -> embedders.tokens(text.text());
            case Prompt.Tokens tokens ->
                tokens.ids().stream().mapToInt(Integer::intValue).toArray();
        };
    }

    VectorHandler.Work<List<Float>> rerank(JsonObject body, ServedModel model, Embedders embedders) {
        RerankRequest request = RerankRequest.parse(body);
        if (config.strictModel()) {
            Models.check(request.model(), model);
        }
        Reranker reranker = embedders.reranker();
        Sequences pairs = new Sequences("documents", reranker.maxTokens());
        for (int i = 0; i < request.documents().size(); i++) {
            pairs.add(reranker.tokens(request.query(), request.documents().get(i)), "documents[" + i + "]");
        }
        RerankList list = new RerankList(Ids.rerank(), model.card().id(), pairs.total);
        return new VectorHandler.Work<>(
                Embedders.RANKING,
                pairs.total,
                reranker.submit(pairs.all),
                scores -> list.body(request, scores),
                request.ignored());
    }

    /** The sequences of a request, bounded in length each and together. */
    private static final class Sequences {
        final List<int[]> all = new ArrayList<>();
        int total;
        private final String field;
        private final int longest;

        Sequences(String field, int longest) {
            this.field = field;
            this.longest = longest;
        }

        void add(int[] tokens, String path) {
            if (tokens.length == 0) {
                throw ApiError.invalid(path, "invalid_value", "Invalid value for '" + path + "': it has no tokens.")
                        .toException();
            }
            if (tokens.length > longest) {
                throw ApiError.contextLength(
                                path,
                                "'" + path + "' has " + tokens.length + " tokens; at most " + longest
                                        + " fit, with what the model wants around them.")
                        .toException();
            }
            all.add(tokens);
            total += tokens.length;
            if (total > EmbeddingRequest.MAX_TOKENS) {
                throw ApiError.invalid(
                                field,
                                "invalid_value",
                                "Invalid value for '" + field + "': at most " + EmbeddingRequest.MAX_TOKENS
                                        + " tokens are taken in one request.")
                        .toException();
            }
        }
    }
}
