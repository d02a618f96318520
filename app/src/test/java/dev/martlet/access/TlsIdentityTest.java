package dev.martlet.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsIdentityTest {

    @TempDir
    private static Path folder;

    private static TestCertificates made;

    @BeforeAll
    static void make() {
        made = new TestCertificates(folder);
        made.selfSigned("rsa", "RSA");
        made.selfSigned("other", "RSA");
        made.selfSigned("ec", "EC");
        made.selfSigned("ed", "Ed25519", "-startdate", "-10d", "-validity", "5");
        made.signedBy("rsa", "signed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rsa", "ec", "ed", "signed"})
    void shouldReadAKeyOfEachKind(String name) {
        TlsIdentity identity = TlsIdentity.read(made.chainFile(name), made.keyFile(name));
        assertThat(identity.key()).isEqualTo(made.key(name));
        assertThat(identity.chain()).isEqualTo(made.chain(name));
        assertThat(identity.chain()).hasSize(name.equals("signed") ? 2 : 1);
        assertThat(identity.context().getProtocol()).isEqualTo("TLS");
    }

    /** What PKCS#8 wraps: a version, an algorithm, and in a string of octets the key as its own standard has it. */
    private static byte[] unwrapped(byte[] pkcs8) {
        ByteBuffer in = ByteBuffer.wrap(pkcs8);
        skipHead(in);
        in.position(in.position() + 3);
        int algorithm = skipHead(in);
        in.position(in.position() + algorithm);
        int length = skipHead(in);
        return Arrays.copyOfRange(pkcs8, in.position(), in.position() + length);
    }

    private static int skipHead(ByteBuffer in) {
        in.get();
        int length = in.get() & 0xff;
        return length == 0x82 ? in.getShort() & 0xffff : length == 0x81 ? in.get() & 0xff : length;
    }

    @ParameterizedTest
    @ValueSource(strings = {"rsa", "ec"})
    void shouldReadTheOldFormats(String name) {
        String label = name.equals("rsa") ? "RSA PRIVATE KEY" : "EC PRIVATE KEY";
        String parameters = name.equals("ec") ? TestCertificates.pem("EC PARAMETERS", new byte[] {6, 1, 1}) : "";
        Path old = made.write(
                "old.key",
                parameters
                        + TestCertificates.pem(label, unwrapped(made.key(name).getEncoded())));
        assertThat(TlsIdentity.read(made.chainFile(name), old).key()).isEqualTo(made.key(name));
    }

    @Test
    void shouldTakeKeyAndCertificateFromOneFile() throws Exception {
        Path both = made.write(
                "both.pem",
                TestCertificates.pem("PRIVATE KEY", made.key("ec").getEncoded())
                        + TestCertificates.pem(
                                "CERTIFICATE", made.chain("ec").getFirst().getEncoded()));
        assertThat(TlsIdentity.read(both, both).key()).isEqualTo(made.key("ec"));
    }

    private static void refused(Path certificate, Path key, String message) {
        assertThatThrownBy(() -> TlsIdentity.read(certificate, key))
                .isInstanceOf(AccessException.class)
                .hasMessageContaining(message);
    }

    @Test
    void shouldSayWhatIsWrongWithTheKey() {
        Path certificate = made.chainFile("rsa");
        Path none = folder.resolve("none.key");
        refused(certificate, none, "no such private key file: " + none);
        refused(certificate, certificate, certificate + " has no -----BEGIN PRIVATE KEY-----");
        Path other = made.keyFile("other");
        refused(certificate, other, "the private key of " + other + " does not belong to the first certificate of");
        refused(certificate, made.keyFile("ec"), "does not belong to the first certificate of " + certificate);
        refused(made.chainFile("ec"), made.keyFile("rsa"), "which is one of EC");
        String encrypted = TestCertificates.pem("ENCRYPTED PRIVATE KEY", new byte[40]);
        refused(certificate, made.write("encrypted.key", encrypted), "is encrypted; openssl pkey");
        String old = TestCertificates.pem("RSA PRIVATE KEY", new byte[40])
                .replaceFirst("\n", "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n");
        refused(certificate, made.write("old-encrypted.key", old), "is encrypted; openssl pkey");
        String damaged = TestCertificates.pem("PRIVATE KEY", new byte[] {1, 2, 3});
        refused(certificate, made.write("damaged.key", damaged), "or it is damaged");
        String oldDamaged = TestCertificates.pem("RSA PRIVATE KEY", new byte[] {1, 2, 3});
        refused(certificate, made.write("old-damaged.key", oldDamaged), "or it is damaged");
    }

    @Test
    void shouldSayWhatIsWrongWithTheCertificate() {
        Path key = made.keyFile("rsa");
        Path none = folder.resolve("none.crt");
        refused(none, key, "no such certificate file: " + none);
        refused(folder, key, "cannot read the certificate file " + folder);
        refused(key, key, key + " has no -----BEGIN CERTIFICATE-----");
        String damaged = TestCertificates.pem("CERTIFICATE", new byte[] {1, 2, 3});
        refused(made.write("damaged.crt", damaged), key, "certificate 1 cannot be read");
        Path noBase64 = made.write("odd.crt", "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n");
        refused(noBase64, key, noBase64 + ": block 1 is not base64");
    }

    @Test
    void shouldDoubtACertificateOutOfItsTime() {
        assertThat(TlsIdentity.read(made.chainFile("rsa"), made.keyFile("rsa")).doubt())
                .isEmpty();
        assertThat(TlsIdentity.read(made.chainFile("ed"), made.keyFile("ed")).doubt())
                .hasValueSatisfying(doubt -> assertThat(doubt).contains("which is not now"));
    }
}
