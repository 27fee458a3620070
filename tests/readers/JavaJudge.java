import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * What a JVM makes of certificates and stores: requests on standard input, one answer each on standard output.
 *
 * Numbers are four octets, big-endian; bytes and texts (UTF-8) are their length and their octets; -1 is null.
 * Request 'C', bytes: a certificate for CertificateFactory. The answer is an empty text, or the exception.
 * Request 'S', type, password, bytes: a store for KeyStore. The answer is lines: "trusted", "manager" (whom a
 * TrustManagerFactory made from it trusts) or "anchor" (of PKIXParameters) with a SHA-256, or "error", "manager-error",
 * "anchor-error" with the exception.
 */
public class JavaJudge {
    public static void main(String[] args) throws Exception {
        DataInputStream in = new DataInputStream(new java.io.BufferedInputStream(System.in, 1 << 16));
        DataOutputStream out = new DataOutputStream(new java.io.BufferedOutputStream(System.out, 1 << 16));
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        for (int command; (command = in.read()) >= 0; ) {
            String answer = command == 'C' ? certificate(factory, bytes(in)) : store(text(in), text(in), bytes(in));
            byte[] octets = answer.getBytes(StandardCharsets.UTF_8);
            out.writeInt(octets.length);
            out.write(octets);
            if (in.available() == 0) out.flush();
        }
        out.flush();
    }

    static String certificate(CertificateFactory factory, byte[] der) {
        try {
            factory.generateCertificate(new ByteArrayInputStream(der));
            return "";
        } catch (Throwable e) {
            return e.toString();
        }
    }

    static String store(String type, String password, byte[] data) {
        List<String> lines = new ArrayList<>();
        try {
            KeyStore store = KeyStore.getInstance(type);
            store.load(new ByteArrayInputStream(data), password == null ? null : password.toCharArray());
            for (String alias : Collections.list(store.aliases()))
                if (store.isCertificateEntry(alias)) lines.add("trusted " + sha256(store.getCertificate(alias)));
            try {
                TrustManagerFactory managers =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                managers.init(store);
                for (TrustManager manager : managers.getTrustManagers())
                    for (X509Certificate issuer : ((X509TrustManager) manager).getAcceptedIssuers())
                        lines.add("manager " + sha256(issuer));
            } catch (Throwable e) {
                lines.add("manager-error " + oneLine(e));
            }
            try {
                for (TrustAnchor anchor : new PKIXParameters(store).getTrustAnchors())
                    lines.add("anchor " + sha256(anchor.getTrustedCert()));
            } catch (Throwable e) {
                lines.add("anchor-error " + oneLine(e));
            }
        } catch (Throwable e) {
            lines.add("error " + oneLine(e));
        }
        return String.join("\n", lines);
    }

    static String oneLine(Throwable e) {
        return e.toString().replace('\n', ' ');
    }

    static String sha256(Certificate certificate) throws Exception {
        StringBuilder hex = new StringBuilder();
        for (byte b : MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()))
            hex.append(String.format("%02x", b));
        return hex.toString();
    }

    static String text(DataInputStream in) throws Exception {
        byte[] octets = bytes(in);
        return octets == null ? null : new String(octets, StandardCharsets.UTF_8);
    }

    static byte[] bytes(DataInputStream in) throws Exception {
        int length = in.readInt();
        if (length < 0) return null;
        byte[] octets = new byte[length];
        in.readFully(octets);
        return octets;
    }
}
