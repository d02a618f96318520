package dev.martlet.access;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * What a server proves with that it is who it says: its certificate, those that vouch for it, and its private key. Keys
 * of RSA, EC and Ed25519, in PKCS#8, PKCS#1 or SEC 1.
 *
 * @param chain the server's own certificate first
 */
public record TlsIdentity(List<X509Certificate> chain, PrivateKey key) {
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final String PRIVATE_KEY = "PRIVATE KEY";

    /** It stays in memory. */
    private static final char[] NO_PASSWORD = {};

    public TlsIdentity {
        chain = List.copyOf(chain);
    }

    /**
     * Reads two PEM files; they may be one.
     *
     * @throws AccessException naming the file at fault, also where key and certificate do not belong together
     */
    public static TlsIdentity read(Path certificateFile, Path keyFile) {
        List<X509Certificate> chain = chain(PemFile.read(certificateFile, "certificate"));
        PublicKey publicKey = chain.getFirst().getPublicKey();
        PrivateKey key = key(PemFile.read(keyFile, "private key"), publicKey, certificateFile);
        try {
            if (!belong(key, publicKey)) {
                throw new AccessException(stranger(keyFile, certificateFile));
            }
        } catch (GeneralSecurityException e) {
            throw new AccessException(stranger(keyFile, certificateFile), e);
        }
        return new TlsIdentity(chain, key);
    }

    private static String stranger(Path keyFile, Path certificateFile) {
        return "the private key of " + keyFile + " does not belong to the first certificate of " + certificateFile;
    }

    private static List<X509Certificate> chain(PemFile file) {
        List<X509Certificate> chain = new ArrayList<>();
        for (PemFile.Block block : file.blocks()) {
            if (block.label().equals(CERTIFICATE)) {
                try {
                    chain.add((X509Certificate) CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(block.content())));
                } catch (CertificateException e) {
                    throw new AccessException(
                            "the certificate file " + file.path() + ": certificate " + (chain.size() + 1)
                                    + " cannot be read: " + e.getMessage(),
                            e);
                }
            }
        }
        if (chain.isEmpty()) {
            throw new AccessException(
                    "the certificate file " + file.path() + " has no -----BEGIN CERTIFICATE-----; PEM is wanted");
        }
        return chain;
    }

    private static PrivateKey key(PemFile file, PublicKey publicKey, Path certificateFile) {
        PemFile.Block block = file.blocks().stream()
                .filter(one -> one.label().endsWith(PRIVATE_KEY))
                .findFirst()
                .orElseThrow(() -> new AccessException(
                        "the private key file " + file.path() + " has no -----BEGIN PRIVATE KEY-----; PEM is wanted"));
        if (block.label().startsWith("ENCRYPTED") || block.headers().contains("ENCRYPTED")) {
            throw new AccessException("the private key of " + file.path()
                    + " is encrypted; openssl pkey -in FILE -out FILE2 makes a file that a server can read");
        }
        byte[] encoded = block.label().equals(PRIVATE_KEY)
                ? block.content()
                : Der.pkcs8(block.content(), publicKey.getEncoded());
        try {
            return KeyFactory.getInstance(publicKey.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(encoded));
        } catch (InvalidKeySpecException e) {
            throw new AccessException(
                    stranger(file.path(), certificateFile) + ", which is one of " + publicKey.getAlgorithm()
                            + ", or it is damaged",
                    e);
        } catch (GeneralSecurityException e) {
            throw new AccessException("keys of " + publicKey.getAlgorithm() + " are not known to this Java", e);
        }
    }

    /** Whether what one signs the other verifies. */
    private static boolean belong(PrivateKey key, PublicKey publicKey) throws GeneralSecurityException {
        Optional<String> algorithm = switch (publicKey.getAlgorithm()) {
            case "RSA" -> Optional.of("SHA256withRSA");
            case "EC" -> Optional.of("SHA256withECDSA");
            case "EdDSA", "Ed25519", "Ed448" -> Optional.of("EdDSA");
            default -> Optional.empty();
        };
        if (algorithm.isEmpty()) {
            return true;
        }
        byte[] text = {1, 2, 3};
        Signature signer = Signature.getInstance(algorithm.get());
        signer.initSign(key);
        signer.update(text);
        byte[] signed = signer.sign();
        signer.initVerify(publicKey);
        signer.update(text);
        return signer.verify(signed);
    }

    /** What is to be said of its dates at the start; empty if they are good. */
    public Optional<String> doubt() {
        try {
            chain.getFirst().checkValidity();
            return Optional.empty();
        } catch (CertificateException e) {
            return Optional.of("the server's certificate is valid from "
                    + chain.getFirst().getNotBefore().toInstant() + " to "
                    + chain.getFirst().getNotAfter().toInstant() + ", which is not now");
        }
    }

    /** For TLS 1.2 and 1.3; no certificate is asked of clients. */
    public SSLContext context() {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, NO_PASSWORD);
            store.setKeyEntry("server", key, NO_PASSWORD, chain.toArray(X509Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, NO_PASSWORD);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new AccessException("this Java cannot serve with this certificate: " + e.getMessage(), e);
        }
    }
}
