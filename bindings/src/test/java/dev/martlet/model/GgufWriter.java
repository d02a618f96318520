package dev.martlet.model;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Writes a GGUF file: metadata, and tensors with their values or, for looks alone, as holes that take no room. */
public final class GgufWriter {

    private static final int UINT32 = 4;
    private static final int INT32 = 5;
    private static final int FLOAT32 = 6;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    private static final int ALIGNMENT = 32;

    /** Types of tensors: ggml's number, values of a block and its bytes. */
    public enum Type {
        F32(0, 1, 4),
        F16(1, 1, 2),
        Q4_0(2, 32, 18),
        Q8_0(8, 32, 34),
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

    private final ByteArrayOutputStream pairs = new ByteArrayOutputStream();
    private final ByteArrayOutputStream table = new ByteArrayOutputStream();
    private final Map<Long, byte[]> values = new LinkedHashMap<>();
    private int pairCount;
    private int tensorCount;
    private long size;

    public GgufWriter text(String key, String value) {
        begin(key, STRING);
        put(pairs, text(value));
        return this;
    }

    public GgufWriter number(String key, int value) {
        begin(key, UINT32);
        put(pairs, int32(value));
        return this;
    }

    public GgufWriter real(String key, float value) {
        begin(key, FLOAT32);
        put(pairs, int32(Float.floatToIntBits(value)));
        return this;
    }

    public GgufWriter truth(String key, boolean value) {
        begin(key, BOOL);
        pairs.write(value ? 1 : 0);
        return this;
    }

    public GgufWriter texts(String key, List<String> list) {
        begin(key, ARRAY);
        put(pairs, int32(STRING));
        put(pairs, int64(list.size()));
        list.forEach(value -> put(pairs, text(value)));
        return this;
    }

    public GgufWriter numbers(String key, IntStream list) {
        int[] all = list.toArray();
        begin(key, ARRAY);
        put(pairs, int32(INT32));
        put(pairs, int64(all.length));
        for (int value : all) {
            put(pairs, int32(value));
        }
        return this;
    }

    /** A tensor of F32 with these values. */
    public GgufWriter tensor(String name, float[] all, long... shape) {
        ByteBuffer bytes = ByteBuffer.allocate(all.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(all);
        values.put(size, bytes.array());
        return hole(name, Type.F32, shape);
    }

    /** A tensor whose values are nothing but zeros that are not on the disk. */
    public GgufWriter hole(String name, Type type, long... shape) {
        put(table, text(name));
        put(table, int32(shape.length));
        long elements = 1;
        for (long n : shape) {
            elements *= n;
            put(table, int64(n));
        }
        put(table, int32(type.number));
        put(table, int64(size));
        size = padded(size + elements / type.block * type.bytes);
        tensorCount++;
        return this;
    }

    /** @return the file */
    public Path write(Path file) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        put(head, "GGUF".getBytes(StandardCharsets.US_ASCII));
        put(head, int32(3));
        put(head, int64(tensorCount));
        put(head, int64(pairCount));
        pairs.writeTo(head);
        table.writeTo(head);
        long data = padded(head.size());
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.write(head.toByteArray());
            for (Map.Entry<Long, byte[]> tensor : values.entrySet()) {
                out.seek(data + tensor.getKey());
                out.write(tensor.getValue());
            }
            out.setLength(data + size);
        }
        return file;
    }

    private static long padded(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private void begin(String key, int type) {
        put(pairs, text(key));
        put(pairs, int32(type));
        pairCount++;
    }

    private static void put(ByteArrayOutputStream out, byte[] bytes) {
        out.writeBytes(bytes);
    }

    private static byte[] text(String value) {
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
