package dev.martlet.openai;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A request to order documents by their relevance to a query, every field checked; shaped as Jina and Cohere have it.
 *
 * @param model the model the client names
 * @param query never empty text
 * @param documents 1 to {@value #MAX_DOCUMENTS} texts
 * @param most how many of the best are wanted, at most all
 * @param returnDocuments whether the answer repeats their texts
 * @param ignored fields of the request that have no effect, by path
 */
public record RerankRequest(
        Optional<String> model,
        String query,
        List<String> documents,
        int most,
        boolean returnDocuments,
        List<String> ignored) {

    /** Most documents. */
    public static final int MAX_DOCUMENTS = 2_048;

    public RerankRequest {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(query, "query");
        documents = List.copyOf(documents);
        ignored = List.copyOf(ignored);
    }

    /**
     * Reads and checks a request.
     *
     * @throws ApiException with status 400, naming the field at fault
     */
    public static RerankRequest parse(JsonObject body) {
        return parse(new Fields(body, ""));
    }

    static RerankRequest parse(Fields fields) {
        Optional<String> model = fields.string("model");
        String query = Fields.nonEmpty(ContentReader.scalars(fields.requiredString("query")), "query");
        List<String> documents = documents(fields.array("documents").orElseThrow(() -> Fields.missing("documents")));
        int most = fields.integer("top_n", 1, Integer.MAX_VALUE).orElse(documents.size());
        boolean returnDocuments = fields.flag("return_documents").orElse(false);
        return new RerankRequest(
                model, query, documents, Math.min(most, documents.size()), returnDocuments, fields.unread());
    }

    private static List<String> documents(JsonArray array) {
        if (array.isEmpty() || array.size() > MAX_DOCUMENTS) {
            throw Fields.invalidValue(
                    "documents", "expected 1 to " + MAX_DOCUMENTS + " documents, but got " + array.size() + ".");
        }
        List<String> documents = new ArrayList<>(array.size());
        for (JsonValue element : array) {
            String at = "documents[" + documents.size() + "]";
            documents.add(ContentReader.scalars(
                    element instanceof JsonString text
                            ? text.getString()
                            : new Fields(Fields.asObject(element, at), at).requiredString("text")));
        }
        return documents;
    }
}
