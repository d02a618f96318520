package dev.martlet.openai;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

/**
 * Writes vectors as the answer to an {@link EmbeddingRequest}.
 *
 * @param model the name of the model that made them
 * @param base64 whether each is the base64 of its 32-bit floats, little-endian, rather than a list of numbers
 * @param promptTokens tokens of all inputs together
 */
public record EmbeddingList(String model, boolean base64, int promptTokens) {

    /** Bytes of a number, about. */
    private static final int NUMBER = 13;

    public EmbeddingList {
        Objects.requireNonNull(model, "model");
    }

    /** The body, in UTF-8. Vectors have finite numbers. */
    public byte[] body(List<float[]> vectors) {
        JsonBuffer out = new JsonBuffer(256 + vectors.size() * (64 + NUMBER * vectors.getFirst().length));
        out.raw("{\"object\":\"list\",\"data\":[");
        for (int i = 0; i < vectors.size(); i++) {
            out.raw(i == 0 ? "" : ",")
                    .raw("{\"object\":\"embedding\",\"index\":")
                    .number(i)
                    .raw(",\"embedding\":");
            if (base64) {
                out.raw("\"").raw(base64(vectors.get(i))).raw("\"}");
            } else {
                writeNumbers(vectors.get(i), out);
                out.raw("}");
            }
        }
        out.raw("],\"model\":").string(model);
        UsageReport.writeInput(promptTokens, out.raw(",\"usage\":"));
        return out.raw("}").toBytes();
    }

    private static byte[] base64(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return Base64.getEncoder().encode(bytes.array());
    }

    private static void writeNumbers(float[] vector, JsonBuffer out) {
        for (int d = 0; d < vector.length; d++) {
            out.raw(d == 0 ? "[" : ",").raw(Float.toString(vector[d]));
        }
        out.raw("]");
    }

    /** The first numbers of a vector, made as long as 1 again; all zeros stay zeros. */
    public static float[] shortened(float[] vector, int dimensions) {
        float[] head = Arrays.copyOf(vector, dimensions);
        double squares = 0;
        for (float value : head) {
            squares += (double) value * value;
        }
        double scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
        for (int d = 0; d < head.length; d++) {
            head[d] = (float) (head[d] * scale);
        }
        return head;
    }
}
