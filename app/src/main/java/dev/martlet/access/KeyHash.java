package dev.martlet.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;

/** The SHA-256 of a key, which is all that the server keeps of it. Keys are random, so that no salt is needed. */
public final class KeyHash {
    private static final String PREFIX = "sha256:";
    private static final int BYTES = 32;

    /** Random bytes of a new key. */
    private static final int KEY_BYTES = 24;

    /** Enough digits to tell keys apart, too few to find one by. */
    private static final int SHOWN_BYTES = 6;

    private final byte[] hash;

    private KeyHash(byte[] hash) {
        this.hash = hash;
    }

    /** The hash of a key's UTF-8 bytes. */
    public static KeyHash of(String key) {
        try {
            return new KeyHash(MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Whether a text is meant as a hash: it begins with {@code sha256:}. */
    static boolean isWritten(String text) {
        return text.regionMatches(true, 0, PREFIX, 0, PREFIX.length());
    }

    /**
     * Reads {@code sha256:} and 64 hexadecimal digits.
     *
     * @throws IllegalArgumentException if it is anything else
     */
    static KeyHash read(String text) {
        String digits = text.substring(PREFIX.length()).toLowerCase(Locale.ROOT);
        if (!digits.matches("[0-9a-f]{" + 2 * BYTES + "}")) {
            throw new IllegalArgumentException("after sha256: must come 64 hexadecimal digits");
        }
        return new KeyHash(HexFormat.of().parseHex(digits));
    }

    /** A new key: {@code sk-} and 192 random bits. */
    public static String newKey() {
        byte[] bytes = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(bytes);
        return "sk-" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** Whether both are of the same key; takes the same time whether they are or not. */
    boolean matches(KeyHash other) {
        return MessageDigest.isEqual(hash, other.hash);
    }

    /** The first 12 digits, to show whose something is. */
    public String shown() {
        return HexFormat.of().formatHex(hash, 0, SHOWN_BYTES);
    }

    /** As it stands in a key file. */
    public String written() {
        return PREFIX + HexFormat.of().formatHex(hash);
    }

    /** Not the whole hash, since this may end in a log. */
    @Override
    public String toString() {
        return shown();
    }
}
