package dev.martlet.server;

import dev.martlet.openai.ApiDocument;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * {@code GET /openapi.json}, and {@code GET /docs}: a page that shows it and can send requests. The page is one file with
 * its script and style inside, and may run nothing else and talk to nobody else.
 */
final class Documentation {
    private final byte[] document;
    private final byte[] page;
    private final String policy;

    Documentation() {
        String version = Documentation.class.getPackage().getImplementationVersion();
        document = ApiDocument.of(version == null ? "unpackaged" : version)
                .toString()
                .getBytes(StandardCharsets.UTF_8);
        String style = read("docs.css");
        String script = read("docs.js");
        page = read("docs.html")
                .replace("/*style*/", style)
                .replace("/*script*/", script)
                .getBytes(StandardCharsets.UTF_8);
        policy = "default-src 'none'; script-src " + hash(script) + "; style-src " + hash(style)
                + "; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    void document(ServerRequest request, ServerResponse response) {
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        response.send(document);
    }

    void page(ServerRequest request, ServerResponse response) {
        response.header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8");
        response.header("Content-Security-Policy", policy);
        response.header("X-Content-Type-Options", "nosniff");
        response.header("Referrer-Policy", "no-referrer");
        response.send(page);
    }

    /** A script or style that a content security policy allows, by what is in it. */
    private static String hash(String source) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(source.getBytes(StandardCharsets.UTF_8));
            return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String read(String resource) {
        try (InputStream in = Documentation.class.getResourceAsStream(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
