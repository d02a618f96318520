package dev.martlet.cli;

/** The command line's entry point. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.err.println("martlet: no command");
        System.exit(2);
    }
}
