package dev.martlet.openai;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Writes scores as the answer to a {@link RerankRequest}.
 *
 * @param id the answer's
 * @param model the name of the model that gave them
 * @param promptTokens tokens of all pairs together
 */
public record RerankList(String id, String model, int promptTokens) {

    /** The body, in UTF-8: the best documents first, of equals the first. */
    public byte[] body(RerankRequest request, List<Float> scores) {
        List<Integer> best = IntStream.range(0, scores.size())
                .boxed()
                .sorted(Comparator.comparing(scores::get, Comparator.reverseOrder()))
                .limit(request.most())
                .toList();
        JsonBuffer out = new JsonBuffer(256 + 64 * best.size());
        out.raw("{\"id\":").string(id).raw(",\"object\":\"list\",\"model\":").string(model);
        out.raw(",\"results\":[");
        String separator = "";
        for (int document : best) {
            out.raw(separator).raw("{\"index\":").number(document).raw(",\"relevance_score\":");
            out.raw(Float.toString(scores.get(document)));
            if (request.returnDocuments()) {
                out.raw(",\"document\":{\"text\":")
                        .string(request.documents().get(document))
                        .raw("}");
            }
            out.raw("}");
            separator = ",";
        }
        UsageReport.writeInput(promptTokens, out.raw("],\"usage\":"));
        return out.raw("}").toBytes();
    }
}
