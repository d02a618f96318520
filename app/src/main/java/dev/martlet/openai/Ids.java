package dev.martlet.openai;

import java.util.concurrent.ThreadLocalRandom;

/** Random names of things on the wire; not secrets. */
public final class Ids {
    private static final String ALPHANUMERICS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int LENGTH = 24;

    private Ids() {}

    public static String completion() {
        return "chatcmpl-" + alphanumerics();
    }

    public static String textCompletion() {
        return "cmpl-" + alphanumerics();
    }

    public static String response() {
        return "resp_" + alphanumerics();
    }

    public static String rerank() {
        return "rerank-" + alphanumerics();
    }

    public static String message() {
        return "msg_" + alphanumerics();
    }

    public static String reasoning() {
        return "rs_" + alphanumerics();
    }

    public static String functionCall() {
        return "fc_" + alphanumerics();
    }

    public static String request() {
        return "req_" + alphanumerics();
    }

    private static String alphanumerics() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        StringBuilder text = new StringBuilder(LENGTH);
        for (int i = 0; i < LENGTH; i++) {
            text.append(ALPHANUMERICS.charAt(random.nextInt(ALPHANUMERICS.length())));
        }
        return text.toString();
    }
}
