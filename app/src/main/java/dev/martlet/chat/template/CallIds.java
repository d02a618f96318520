package dev.martlet.chat.template;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Call ids for templates that take nothing but nine letters and digits, as Mistral's do. */
final class CallIds {
    private static final int LENGTH = 9;
    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private CallIds() {}

    /** The id where it fits, else nine characters that depend on it alone, so that results still find their calls. */
    static String shortened(String id) {
        if (id.length() == LENGTH && id.chars().allMatch(c -> DIGITS.indexOf(c) >= 0)) {
            return id;
        }
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
            var number = new BigInteger(1, hash);
            var base = BigInteger.valueOf(DIGITS.length());
            var shortened = new StringBuilder(LENGTH);
            for (int i = 0; i < LENGTH; i++) {
                shortened.append(DIGITS.charAt(number.mod(base).intValue()));
                number = number.divide(base);
            }
            return shortened.toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
