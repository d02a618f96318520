package dev.martlet.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/** Makes files and folders that are there whole or not at all; of several threads and processes one works, the others wait. */
final class Staging {
    private static final String PREFIX = ".fetch-";

    private Staging() {}

    /** Whether a thing is in its place, whole. */
    interface Check {
        boolean isWhole() throws IOException;
    }

    /** Makes a thing in an empty folder and returns it: the folder itself, or something in it. */
    interface Work {
        Path make(Path empty) throws IOException;
    }

    /** Makes a thing and moves it to its place, unless it is there. What failed or was interrupted leaves nothing there. */
    static synchronized void place(Path place, Check check, Work work) throws IOException {
        if (check.isWhole()) {
            return;
        }
        Path folder = place.getParent();
        Files.createDirectories(folder);
        try (FileChannel lock =
                FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock.lock(); // closing the channel releases it
            if (!check.isWhole()) {
                clear(folder, place);
                Path empty = Files.createTempDirectory(folder, PREFIX);
                try {
                    Files.move(work.make(empty), place, StandardCopyOption.ATOMIC_MOVE);
                } finally {
                    delete(empty);
                }
            }
        }
    }

    /** Deletes a file, or a folder with all that is in it; nothing if there is none. */
    static void delete(Path tree) throws IOException {
        if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    // Under the lock nobody works here: what lies about is of a process that was killed.
    private static void clear(Path folder, Path place) throws IOException {
        delete(place);
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, PREFIX + "*")) {
            for (Path leftover : leftovers) {
                delete(leftover);
            }
        }
    }
}
