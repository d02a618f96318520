package dev.martlet.gpu;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The device code in a shared library that nvcc made: the architectures that each of its parts has code for.
 *
 * <p>nvcc puts it into the section .nv_fatbin, one container for each source file: a header of 16 bytes (a magic number,
 * a version, its own length, the length of what follows), then entries. An entry's header begins with its kind, a
 * version, its own length and the code's; the architecture's number is at byte 28, flags are at byte 40. There is no
 * public description; layout and flags were found by compiling for known architectures with nvcc 13.0, and hold for what 12.4
 * and 13.1 made.
 *
 * @param sass architectures with machine code, as nvcc names them: "86", "90", "120a"
 * @param ptx architectures with PTX
 */
public record FatBinary(List<String> sass, List<String> ptx) {

    private static final byte[] SECTION = ".nv_fatbin\0".getBytes(StandardCharsets.US_ASCII);
    private static final int ELF_MAGIC = 0x464c457f;
    private static final int MAGIC = 0xba55ed50;
    private static final int CONTAINER_HEADER = 16;
    private static final int ENTRY_HEADER = 48;
    private static final int PTX = 1;
    private static final int SASS = 2;

    /** For this very architecture alone (the suffix a), or for its family (f). */
    private static final long SPECIFIC = 1 << 20;

    private static final long FAMILY = 1 << 21;

    private static final Comparator<String> BY_NUMBER = Comparator.comparingInt(
                    (String name) -> Integer.parseInt(name.replaceAll("[af]$", "")))
            .thenComparing(Comparator.naturalOrder());

    public FatBinary {
        sass = List.copyOf(sass);
        ptx = List.copyOf(ptx);
    }

    /** Reads a library; IOException where it is no 64-bit ELF file, has no device code, or is damaged. */
    public static FatBinary read(Path library) throws IOException {
        try (FileChannel file = FileChannel.open(library)) {
            return new Scan(file).run();
        } catch (EOFException e) {
            throw new IOException(library + " is damaged: it ends too early", e);
        } catch (IOException e) {
            throw new IOException(library + ": " + e.getMessage(), e);
        }
    }

    /** One reading of one file. */
    private static final class Scan {
        private final FileChannel file;
        private final Set<String> sass = new TreeSet<>(BY_NUMBER);
        private final Set<String> ptx = new TreeSet<>(BY_NUMBER);
        private boolean first = true;

        Scan(FileChannel file) {
            this.file = file;
        }

        FatBinary run() throws IOException {
            ByteBuffer header = bytes(0, 64);
            if (header.getInt(0) != ELF_MAGIC || header.get(4) != 2 || header.get(5) != 1) {
                throw new IOException("not a library for a 64-bit little-endian system");
            }
            long table = header.getLong(40);
            int size = Short.toUnsignedInt(header.getShort(58));
            int count = Short.toUnsignedInt(header.getShort(60));
            ByteBuffer names = bytes(table + (long) size * Short.toUnsignedInt(header.getShort(62)), 64);
            for (int i = 0; i < count; i++) {
                ByteBuffer section = bytes(table + (long) size * i, 64);
                if (isDeviceCode(names.getLong(24) + Integer.toUnsignedLong(section.getInt(0)))) {
                    containers(section.getLong(24), section.getLong(24) + section.getLong(32));
                }
            }
            if (first) {
                throw new IOException("no device code in it");
            }
            return new FatBinary(List.copyOf(sass), List.copyOf(ptx));
        }

        private void containers(long begin, long end) throws IOException {
            long at = begin;
            while (at + CONTAINER_HEADER <= end) {
                ByteBuffer header = bytes(at, CONTAINER_HEADER);
                if (header.getInt(0) != MAGIC) {
                    at += Long.BYTES; // between containers it is padded
                    continue;
                }
                long inside = at + Short.toUnsignedInt(header.getShort(6));
                long next = inside + header.getLong(8);
                if (next <= at || next > end) {
                    throw new IOException("its device code is damaged at byte " + at);
                }
                entries(inside, next);
                at = next;
            }
        }

        private void entries(long begin, long end) throws IOException {
            Set<String> machine = new TreeSet<>(BY_NUMBER);
            Set<String> portable = new TreeSet<>(BY_NUMBER);
            for (long at = begin; at < end; ) {
                ByteBuffer header = bytes(at, ENTRY_HEADER);
                long next = at + Integer.toUnsignedLong(header.getInt(4)) + header.getLong(8);
                if (next <= at || next > end) {
                    throw new IOException("its device code is damaged at byte " + at);
                }
                int kind = header.getShort(0);
                if (kind == SASS) {
                    machine.add(architecture(header));
                } else if (kind == PTX) {
                    portable.add(architecture(header));
                }
                at = next;
            }
            // A device can run the library only if it can run every part.
            if (first) {
                sass.addAll(machine);
                ptx.addAll(portable);
            } else {
                sass.retainAll(machine);
                ptx.retainAll(portable);
            }
            first = false;
        }

        private static String architecture(ByteBuffer entry) {
            long flags = entry.getLong(40);
            return entry.getInt(28) + ((flags & SPECIFIC) != 0 ? "a" : (flags & FAMILY) != 0 ? "f" : "");
        }

        private boolean isDeviceCode(long name) throws IOException {
            return name >= 0
                    && name <= file.size() - SECTION.length
                    && bytes(name, SECTION.length).equals(ByteBuffer.wrap(SECTION));
        }

        private ByteBuffer bytes(long at, int length) throws IOException {
            if (at < 0) {
                throw new EOFException();
            }
            ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
            while (buffer.hasRemaining()) {
                if (file.read(buffer, at + buffer.position()) < 0) {
                    throw new EOFException();
                }
            }
            return buffer.flip();
        }
    }
}
