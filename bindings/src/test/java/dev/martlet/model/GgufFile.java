package dev.martlet.model;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A GGUF file (version 3, little-endian) in the making: for models so small that tests and benchmarks write them
 * themselves, with random weights from a fixed seed, and for large ones of which only the head is looked at.
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

    /** Values of tensors, by where they lie. */
    private final Map<Long, byte[]> values = new LinkedHashMap<>();

    private final SplittableRandom random;
    private int pairs;
    private int tensors;
    private long size;

    /** Types of tensors: ggml's number, values of a block and its bytes. */
    public enum Type {
        F32(0, 1, 4),
        Q4_K(12, 256, 144),
        Q6_K(14, 256, 210);

        private final int number;
        private final int block;
        private final int bytes;

        Type(int number, int block, int bytes) {
            this.number = number;
            this.block = block;
            this.bytes = bytes;
        }
    }

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
    public GgufFile tensor(String name, Values numbers, int... shape) {
        int rows = shape.length > 1 ? shape[1] : 1;
        ByteBuffer bytes = little(Float.BYTES * rows * shape[0]);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < shape[0]; column++) {
                bytes.putFloat((float) numbers.at(column, row, random));
            }
        }
        values.put(size, bytes.array());
        return hole(name, Type.F32, Arrays.stream(shape).asLongStream().toArray());
    }

    /** Adds a tensor whose values are nothing but zeros that take no room on the disk. */
    public GgufFile hole(String name, Type type, long... shape) {
        table.writeBytes(string(name));
        table.writeBytes(int32(shape.length));
        long elements = 1;
        for (long n : shape) {
            elements *= n;
            table.writeBytes(int64(n));
        }
        table.writeBytes(int32(type.number));
        table.writeBytes(int64(size));
        size = padded(size + elements / type.block * type.bytes);
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
        long data = padded(all.size());
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(0);
            out.write(all.toByteArray());
            for (Map.Entry<Long, byte[]> tensor : values.entrySet()) {
                out.seek(data + tensor.getKey());
                out.write(tensor.getValue());
            }
            out.setLength(data + size);
        }
        return file;
    }

    private void begin(String name, int type) {
        head.writeBytes(string(name));
        head.writeBytes(int32(type));
        pairs++;
    }

    private static long padded(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
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
