package dev.martlet.gpu;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Libraries with device code in them that does nothing, as nvcc lays it out. */
public final class DeviceCode {
    /** Kinds of entries. */
    public static final int PTX = 1;

    public static final int SASS = 2;

    // What nvcc 13.0 writes as flags for sm_90, sm_90a, sm_120a, sm_100f and as PTX of compute_90a.
    public static final long PLAIN = 0x11;
    static final long SPECIFIC = 0x100011;
    static final long SPECIFIC_120 = 0x1108011;
    static final long FAMILY = 0x1200011;
    static final long SPECIFIC_PTX = 0x108011;

    private DeviceCode() {}

    /** Code for one architecture. */
    public static byte[] entry(int kind, int architecture, long flags, int length) {
        ByteBuffer entry = ByteBuffer.allocate(64 + length).order(ByteOrder.LITTLE_ENDIAN);
        entry.putShort(0, (short) kind).putShort(2, (short) 0x101).putInt(4, 64).putLong(8, length);
        entry.putInt(28, architecture).putLong(40, flags);
        return entry.array();
    }

    /** The code of one source file. */
    public static byte[] container(byte[]... entries) throws IOException {
        byte[] inside = joined(entries);
        ByteBuffer header = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(0xba55ed50).putShort((short) 1).putShort((short) 16).putLong(inside.length);
        return joined(header.array(), inside);
    }

    /** An ELF file with one section beside that of names. */
    public static byte[] library(String section, byte[]... parts) throws IOException {
        byte[] code = joined(parts);
        byte[] names = ("\0" + section + "\0.shstrtab\0").getBytes(StandardCharsets.US_ASCII);
        ByteBuffer header = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1);
        header.putLong(40, 64 + code.length + names.length);
        header.putShort(58, (short) 64).putShort(60, (short) 3).putShort(62, (short) 2);
        return joined(
                header.array(),
                code,
                names,
                new byte[64],
                section(1, 64, code.length),
                section(section.length() + 2, 64 + code.length, names.length));
    }

    private static byte[] section(int name, long at, long size) {
        ByteBuffer section = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        return section.putInt(0, name).putLong(24, at).putLong(32, size).array();
    }

    private static byte[] joined(byte[]... parts) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : List.of(parts)) {
            all.write(part);
        }
        return all.toByteArray();
    }
}
