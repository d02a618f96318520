package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.access.TestCertificates;
import dev.martlet.access.TlsIdentity;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** HTTPS, with certificates that are made for the test. */
@Timeout(120)
class TlsIT {

    @TempDir
    private static Path folder;

    private static TlsIdentity identity;
    private static SSLContext trusting;

    @BeforeAll
    static void make() throws Exception {
        TestCertificates made = new TestCertificates(folder);
        made.selfSigned("authority", "RSA", "-ext", "bc:c");
        made.signedBy("authority", "server");
        identity = TlsIdentity.read(made.chainFile("server"), made.keyFile("server"));
        trusting = trusting(made.chain("authority").getFirst());
    }

    private static SSLContext trusting(Certificate authority) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, new char[0]);
        store.setCertificateEntry("authority", authority);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static ServerConfig config() {
        return ServerRig.config().withTls(identity);
    }

    private static URI uri(int port, String path) {
        return URI.create("https://127.0.0.1:" + port + path);
    }

    private static HttpResponse<String> send(HttpClient client, HttpRequest request) throws Exception {
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest chat(int port, String members) {
        return HttpRequest.newBuilder(uri(port, "/v1/chat/completions"))
                .POST(HttpRequest.BodyPublishers.ofString(ServerRig.body("hi", members)))
                .build();
    }

    @Test
    void shouldAnswerThoseWhoTrustItsAuthority() throws Exception {
        try (ServerRig rig = ServerRig.start(config(), prompt -> "hello");
                HttpClient client = HttpClient.newBuilder().sslContext(trusting).build()) {
            int port = rig.server.port();
            for (int i = 0; i < 2; i++) {
                HttpResponse<String> health = send(
                        client, HttpRequest.newBuilder(uri(port, "/health")).build());
                assertThat(health.body()).isEqualTo("{\"status\":\"ok\"}");
                assertThat(health.sslSession().orElseThrow().getProtocol()).isEqualTo("TLSv1.3");
            }
            assertThat(send(client, chat(port, "")).body()).contains("\"content\":\"hello\"");
            assertThat(ServerRig.chunks(
                            send(client, chat(port, "\"stream\":true")).body()))
                    .hasSizeGreaterThan(2);
            HttpRequest long413 = HttpRequest.newBuilder(uri(port, "/v1/chat/completions"))
                    .POST(HttpRequest.BodyPublishers.ofString(ServerRig.body("a".repeat(200_000), "\"max_tokens\":1")))
                    .build();
            assertThat(send(client, long413).body()).contains("context_length_exceeded");
        }
    }

    @Test
    void shouldBeDistrustedWithoutItsAuthorityAndSilentToPlainHttp() throws Exception {
        try (ServerRig rig = ServerRig.start(config(), prompt -> "hello");
                HttpClient client = HttpClient.newHttpClient();
                HttpClient good = HttpClient.newBuilder().sslContext(trusting).build()) {
            int port = rig.server.port();
            assertThatThrownBy(() -> send(client, chat(port, ""))).isInstanceOf(SSLHandshakeException.class);
            URI plain = URI.create("http://127.0.0.1:" + port + "/health");
            assertThatThrownBy(() -> send(client, HttpRequest.newBuilder(plain).build()))
                    .isInstanceOf(IOException.class);
            assertThat(send(good, chat(port, "")).statusCode())
                    .as("the others go on")
                    .isEqualTo(200);
        }
    }

    @Test
    void shouldNoticeAClientThatLeaves() throws Exception {
        try (ServerRig rig = ServerRig.start(config(), prompt -> "a long story")) {
            Gate gate = rig.gate();
            try (SSLSocket socket =
                    (SSLSocket) trusting.getSocketFactory().createSocket("127.0.0.1", rig.server.port())) {
                String body = ServerRig.body("hi", "");
                socket.getOutputStream()
                        .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length()
                                        + "\r\n\r\n" + body)
                                .getBytes());
                socket.getOutputStream().flush();
                ServerRig.await("a running request", () -> gate.holds() && rig.server.running() == 1);
            }
            ServerRig.await("its end", () -> rig.server.running() == 0);
        }
    }

    @Test
    void shouldCutOffAClientThatDoesNotRead() throws Exception {
        EndlessGeneration generation = new EndlessGeneration();
        try (MartletServer server =
                        StalledReaderIT.start(config().withWriteTimeout(Duration.ofMillis(200)), generation);
                SSLSocket socket = (SSLSocket) trusting.getSocketFactory().createSocket()) {
            socket.setReceiveBufferSize(4096);
            socket.connect(new java.net.InetSocketAddress("127.0.0.1", server.port()));
            String body = ServerRig.body("hi", "\"stream\":true");
            socket.getOutputStream()
                    .write(("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length()
                                    + "\r\n\r\n" + body)
                            .getBytes());
            socket.getOutputStream().flush();
            ServerRig.await("a request", () -> generation.taken() > 0);
            ServerRig.await("its end", () -> server.running() == 0);
            assertThat(generation.isCancelled()).isTrue();
            try (HttpClient client =
                    HttpClient.newBuilder().sslContext(trusting).build()) {
                assertThat(send(
                                        client,
                                        HttpRequest.newBuilder(uri(server.port(), "/health"))
                                                .build())
                                .statusCode())
                        .isEqualTo(200);
            }
        }
    }
}
