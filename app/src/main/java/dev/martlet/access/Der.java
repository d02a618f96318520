package dev.martlet.access;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** As much of the encoding of ASN.1 (X.690, DER) as it takes to put an old private key into PKCS#8. */
final class Der {
    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;
    private static final byte[] VERSION_0 = {2, 1, 0};

    private Der() {}

    /**
     * A private key of PKCS#1 or SEC 1 in PKCS#8.
     *
     * @param publicKey its public key as X.509 has it, which names the algorithm and its parameters
     */
    static byte[] pkcs8(byte[] privateKey, byte[] publicKey) {
        return value(SEQUENCE, VERSION_0, first(publicKey), value(OCTET_STRING, privateKey));
    }

    /** The first value inside a sequence, with its tag and length. */
    private static byte[] first(byte[] sequence) {
        ByteBuffer in = ByteBuffer.wrap(sequence);
        length(in);
        int start = in.position();
        int length = length(in);
        return Arrays.copyOfRange(sequence, start, in.position() + length);
    }

    /** Goes over a tag and a length; returns the length. */
    private static int length(ByteBuffer in) {
        in.get();
        int first = in.get() & 0xff;
        int length = first < 0x80 ? first : 0;
        for (int i = 0; i < (first < 0x80 ? 0 : first & 0x7f); i++) {
            length = length << 8 | in.get() & 0xff;
        }
        return length;
    }

    private static byte[] value(int tag, byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        ByteArrayOutputStream out = new ByteArrayOutputStream(length + 4);
        out.write(tag);
        if (length >= 0x80) {
            int bytes = length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 3;
            out.write(0x80 | bytes);
            for (int i = bytes - 1; i > 0; i--) {
                out.write(length >> 8 * i);
            }
        }
        out.write(length);
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
