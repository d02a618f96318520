package dev.martlet.access;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * The keys that let in: those given at the start, and those of a file, which is read anew when it has changed. A file
 * that cannot be read, or has a mistake, or no keys any more, leaves the keys as they were and says so in the log. Safe
 * from any thread.
 */
public final class ApiKeys {
    private static final System.Logger LOG = System.getLogger(ApiKeys.class.getName());

    /** How often it is looked whether the file has changed: with the first request after so long. */
    private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();

    /** What changes when a file is written to, or another takes its place. */
    private record Stamp(String of) {
        static Stamp of(Path file) {
            try {
                BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
                return new Stamp(now.lastModifiedTime() + " " + now.size() + " " + now.fileKey());
            } catch (IOException e) {
                return new Stamp(e.toString());
            }
        }
    }

    private static final ApiKeys NONE = new ApiKeys(List.of(), Optional.empty(), System::nanoTime);

    private final List<ApiKey> given;
    private final Optional<Path> file;
    private final LongSupplier nanoTime;
    private final AtomicLong nextLook;

    /** All that let in. Replaced as a whole, under this object's lock. */
    private volatile List<ApiKey> keys;

    /** The file as it was when it was read last, or could not be. Guarded by this object's lock. */
    private Stamp stamp = new Stamp("");

    ApiKeys(List<String> given, Optional<Path> file, LongSupplier nanoTime) {
        this.given = given.stream().map(ApiKey::of).toList();
        this.file = file;
        this.nanoTime = nanoTime;
        this.nextLook = new AtomicLong(nanoTime.getAsLong() + LOOK_NANOS);
        this.keys = this.given;
        file.ifPresent(path -> {
            stamp = Stamp.of(path);
            keys = with(KeyFile.read(path));
        });
    }

    /** No keys: everybody may come in. */
    public static ApiKeys none() {
        return NONE;
    }

    /**
     * These keys, and those of the file.
     *
     * @throws AccessException if the file cannot be read or has a mistake, or a key is empty or has white space
     */
    public static ApiKeys of(List<String> given, Optional<Path> file) {
        if (given.isEmpty() && file.isEmpty()) {
            return NONE;
        }
        for (String key : given) {
            if (key.isEmpty() || key.chars().anyMatch(Character::isWhitespace)) {
                throw new AccessException("a key must not be empty nor have white space in it");
            }
        }
        return new ApiKeys(given, file, System::nanoTime);
    }

    /** Whether a key is needed. */
    public boolean areNeeded() {
        return !given.isEmpty() || file.isPresent();
    }

    /** Which of the keys this is, if any. All are compared, so that the time it takes says nothing. */
    public Optional<ApiKey> find(String presented) {
        lookForChange();
        KeyHash hash = KeyHash.of(presented);
        ApiKey found = null;
        for (ApiKey key : keys) {
            if (key.hash().matches(hash)) {
                found = key;
            }
        }
        return Optional.ofNullable(found);
    }

    private void lookForChange() {
        long now = nanoTime.getAsLong();
        long due = nextLook.get();
        if (file.isPresent() && now - due >= 0 && nextLook.compareAndSet(due, now + LOOK_NANOS)) {
            reload(file.get());
        }
    }

    private synchronized void reload(Path path) {
        Stamp now = Stamp.of(path);
        if (now.equals(stamp)) {
            return;
        }
        stamp = now;
        try {
            keys = with(KeyFile.read(path));
            LOG.log(System.Logger.Level.INFO, "read {0} again: {1} keys", path, keys.size());
        } catch (AccessException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the keys stay as they were, since their file cannot be used: " + e.getMessage());
        }
    }

    private List<ApiKey> with(List<ApiKey> read) {
        return Stream.concat(given.stream(), read.stream()).toList();
    }
}
