package dev.martlet.model;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A GGUF file (version 3, little-endian) in the making, with random weights from a fixed seed: for models so small that
 * tests and benchmarks write them themselves.
 */
public final class GgufFile {
    /** Types of tokens. */
    public static final int ORDINARY = 1;

    public static final int CONTROL = 3;

    private static final int UINT32 = 4;
    private static final int INT32 = 5;
    private static final int FLOAT32 = 6;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    private static final int ALIGNMENT = 32;

    private final ByteArrayOutputStream head = new ByteArrayOutputStream();
    private final ByteArrayOutputStream table = new ByteArrayOutputStream();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private final SplittableRandom random;
    private int pairs;
    private int tensors;

    /** A number for each place of a tensor. */
    @FunctionalInterface
    public interface Values {
        /** @param random of the file, in the order of the tensors */
        double at(int column, int row, SplittableRandom random);
    }

    /** @param seed of all weights */
    public GgufFile(long seed) {
        random = new SplittableRandom(seed);
    }

    /** How byte-level BPE writes the bytes 0 to 255, the first tokens of such a vocabulary. */
    public static List<String> letters() {
        List<String> letters = new ArrayList<>();
        for (int b = 0, other = 256; b < 256; b++) {
            boolean printable = b >= 33 && b <= 126 || b >= 161 && b <= 172 || b >= 174;
            letters.add(Character.toString(printable ? b : other++));
        }
        return letters;
    }

    public GgufFile text(String name, String value) {
        begin(name, STRING);
        head.writeBytes(string(value));
        return this;
    }

    public GgufFile number(String name, int value) {
        begin(name, UINT32);
        head.writeBytes(int32(value));
        return this;
    }

    public GgufFile number(String name, float value) {
        begin(name, FLOAT32);
        head.writeBytes(int32(Float.floatToIntBits(value)));
        return this;
    }

    public GgufFile flag(String name, boolean value) {
        begin(name, BOOL);
        head.write(value ? 1 : 0);
        return this;
    }

    public GgufFile texts(String name, List<String> values) {
        begin(name, ARRAY);
        head.writeBytes(int32(STRING));
        head.writeBytes(int64(values.size()));
        values.forEach(value -> head.writeBytes(string(value)));
        return this;
    }

    public GgufFile numbers(String name, int... values) {
        begin(name, ARRAY);
        head.writeBytes(int32(INT32));
        head.writeBytes(int64(values.length));
        for (int value : values) {
            head.writeBytes(int32(value));
        }
        return this;
    }

    /** Adds a tensor of random numbers around the center, evenly from center - scale to center + scale. */
    public GgufFile tensor(String name, double scale, double center, int... shape) {
        return tensor(name, (column, row, random) -> center + scale * (2 * random.nextDouble() - 1), shape);
    }

    /** @param shape columns, then rows where there are some */
    public GgufFile tensor(String name, Values values, int... shape) {
        int rows = shape.length > 1 ? shape[1] : 1;
        table.writeBytes(string(name));
        table.writeBytes(int32(shape.length));
        for (int n : shape) {
            table.writeBytes(int64(n));
        }
        table.writeBytes(int32(0));
        table.writeBytes(int64(data.size()));
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < shape[0]; column++) {
                data.writeBytes(int32(Float.floatToIntBits((float) values.at(column, row, random))));
            }
        }
        pad(data);
        tensors++;
        return this;
    }

    /** @return the file */
    public Path write(Path file) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        all.writeBytes(int32(3));
        all.writeBytes(int64(tensors));
        all.writeBytes(int64(pairs));
        head.writeTo(all);
        table.writeTo(all);
        pad(all);
        data.writeTo(all);
        Files.write(file, all.toByteArray());
        return file;
    }

    private void begin(String name, int type) {
        head.writeBytes(string(name));
        head.writeBytes(int32(type));
        pairs++;
    }

    private static void pad(ByteArrayOutputStream out) {
        while (out.size() % ALIGNMENT != 0) {
            out.write(0);
        }
    }

    private static byte[] string(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return little(8 + bytes.length).putLong(bytes.length).put(bytes).array();
    }

    private static byte[] int32(int value) {
        return little(4).putInt(value).array();
    }

    private static byte[] int64(long value) {
        return little(8).putLong(value).array();
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
