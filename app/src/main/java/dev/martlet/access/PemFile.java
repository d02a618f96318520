package dev.martlet.access;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The blocks of a PEM file (RFC 7468), in their order; what stands around them does not count. */
record PemFile(Path path, List<Block> blocks) {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*(?:-(?!----)[^-]*)*)-----END \\1-----");

    /** @param headers lines between the begin and the content, which old formats have */
    record Block(String label, String headers, byte[] content) {}

    PemFile {
        blocks = List.copyOf(blocks);
    }

    /**
     * @param what the file is for, to be named in messages
     * @throws AccessException if it cannot be read or a block is not base64
     */
    static PemFile read(Path path, String what) {
        String text = text(path, what);
        List<Block> blocks = new ArrayList<>();
        for (Matcher block = BLOCK.matcher(text); block.find(); ) {
            String inner = block.group(2);
            int headers = inner.contains(":") ? inner.indexOf('\n', inner.lastIndexOf(':')) : 0;
            try {
                byte[] content = Base64.getMimeDecoder().decode(inner.substring(headers));
                blocks.add(new Block(block.group(1), inner.substring(0, headers), content));
            } catch (IllegalArgumentException e) {
                throw new AccessException(
                        "the " + what + " file " + path + ": block " + (blocks.size() + 1) + " is not base64", e);
            }
        }
        return new PemFile(path, blocks);
    }

    private static String text(Path path, String what) {
        try {
            return Files.readString(path, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new AccessException("no such " + what + " file: " + path, e);
        } catch (IOException e) {
            throw new AccessException("cannot read the " + what + " file " + path + ": " + e, e);
        }
    }
}
