package dev.martlet.access;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reads a file of keys. A line is a key or {@code sha256:} and its hash, then any of {@code name=}, {@code max-requests=},
 * {@code max-waiting=} and {@code priority=}, parted by white space. Lines that are empty or begin with {@code #} do not
 * count.
 */
final class KeyFile {
    private static final String KNOWN = "name, max-requests, max-waiting and priority";

    private final Path path;
    private final List<ApiKey> keys = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    private KeyFile(Path path) {
        this.path = path;
    }

    /** @throws AccessException naming the file, and the line at fault; never what stands in it */
    static List<ApiKey> read(Path path) {
        return new KeyFile(path).keys(lines(path));
    }

    private static List<String> lines(Path path) {
        try {
            return Files.readAllLines(path, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new AccessException("no such key file: " + path, e);
        } catch (CharacterCodingException e) {
            throw new AccessException("the key file " + path + " is not UTF-8", e);
        } catch (IOException e) {
            throw new AccessException("cannot read the key file " + path + ": " + e, e);
        }
    }

    private List<ApiKey> keys(List<String> lines) {
        for (int line = 0; line < lines.size(); line++) {
            String text = lines.get(line).strip();
            if (!text.isEmpty() && !text.startsWith("#")) {
                try {
                    add(text.split("\\s+"));
                } catch (IllegalArgumentException e) {
                    throw new AccessException(path + ", line " + (line + 1) + ": " + e.getMessage(), e);
                }
            }
        }
        if (keys.isEmpty()) {
            throw new AccessException("the key file " + path + " has no keys");
        }
        return List.copyOf(keys);
    }

    private void add(String[] words) {
        KeyHash hash = KeyHash.isWritten(words[0]) ? KeyHash.read(words[0]) : KeyHash.of(words[0]);
        String name = hash.shown();
        OptionalInt requests = OptionalInt.empty();
        OptionalInt waiting = OptionalInt.empty();
        OptionalInt priority = OptionalInt.empty();
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            String value = words[i].substring(equals + 1);
            // Without an equals sign the word may be a part of a key, which must not be shown.
            switch (equals < 0 ? "" : words[i].substring(0, equals)) {
                case "name" -> name = name(value);
                case "max-requests" -> requests = number("max-requests", value);
                case "max-waiting" -> waiting = number("max-waiting", value);
                case "priority" -> priority = number("priority", value);
                default ->
                    throw new IllegalArgumentException(
                            "word " + (i + 1) + " is none of " + KNOWN + ", each followed by = and a value");
            }
        }
        if (keys.stream().anyMatch(key -> key.hash().matches(hash))) {
            throw new IllegalArgumentException("this key was there before");
        }
        if (!names.add(name)) {
            throw new IllegalArgumentException("the name " + name + " was there before");
        }
        keys.add(new ApiKey(name, hash, new KeyLimits(requests, waiting, priority)));
    }

    private static String name(String value) {
        if (!value.matches("[A-Za-z0-9._@-]{1,64}")) {
            throw new IllegalArgumentException("a name has 1 to 64 letters, digits, dots, @, - and _");
        }
        return value;
    }

    private static OptionalInt number(String name, String value) {
        if (!value.matches("-?[0-9]{1,9}")) {
            throw new IllegalArgumentException(name + " is no number");
        }
        return OptionalInt.of(Integer.parseInt(value));
    }
}
