import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.InvalidAlgorithmParameterException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * What this JVM makes of stores: one request a line on standard input, one answer a line on standard output.
 *
 * Request, tab-separated: type of store ("-" for the default), its bytes in base64, password in base64 of UTF-8 or "-" for null. Answer,
 * JSON: {"error": [exceptions, outermost first]} or {"entries": [[alias, SHA-256]], "anchors": [SHA-256],
 * "accepted": [SHA-256]}: trusted entries, what PKIXParameters and what a TrustManagerFactory takes from the store.
 *
 * Or: "make", type of store, password, then alias and certificate (DER) in turn, all in base64, then settings of the
 * kind that keytool takes after -J-D, as name=value. Answer: {"store": its bytes in base64}.
 *
 * Or: "path", an anchor and a certificate below it (DER in base64). Answer: {} where PKIX takes that path.
 */
public class StoreJudge {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line; (line = in.readLine()) != null; ) {
            String[] request = line.split("\t", -1);
            String answer;
            try {
                answer = request[0].equals("make") ? make(request)
                    : request[0].equals("path") ? path(request) : view(request);
            } catch (Throwable e) {
                List<String> causes = new ArrayList<>();
                for (Throwable t = e; t != null && causes.size() < 8; t = t.getCause()) causes.add(quote(t.toString()));
                answer = "{\"error\":" + causes + "}";
            }
            System.out.println(answer);
            System.out.flush();
        }
    }

    static String view(String[] request) throws Exception {
        KeyStore store = KeyStore.getInstance(request[0].equals("-") ? KeyStore.getDefaultType() : request[0]);
        char[] password = request[2].equals("-") ? null : text(request[2]).toCharArray();
        store.load(new ByteArrayInputStream(bytes(request[1])), password);
        List<String> entries = new ArrayList<>();
        for (String alias : Collections.list(store.aliases())) {
            if (store.isCertificateEntry(alias)) {
                entries.add("[" + quote(alias) + "," + sha256(store.getCertificate(alias)) + "]");
            }
        }
        List<String> anchors = new ArrayList<>();
        try {
            for (TrustAnchor anchor : new PKIXParameters(store).getTrustAnchors()) {
                anchors.add(sha256(anchor.getTrustedCert()));
            }
        } catch (InvalidAlgorithmParameterException e) {
            anchors.clear();  // "the trustAnchors parameter must be non-empty"
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        List<String> accepted = new ArrayList<>();
        for (TrustManager manager : factory.getTrustManagers()) {
            for (Certificate issuer : ((X509TrustManager) manager).getAcceptedIssuers()) accepted.add(sha256(issuer));
        }
        return "{\"entries\":" + entries + ",\"anchors\":" + anchors + ",\"accepted\":" + accepted + "}";
    }

    static String make(String[] request) throws Exception {
        KeyStore store = KeyStore.getInstance(request[1]);
        store.load(null, null);
        Properties before = (Properties) System.getProperties().clone();
        for (int i = 3; i < request.length; i++) {
            String[] setting = request[i].split("=", 2);
            if (request[i].startsWith("keystore.")) System.setProperty(setting[0], setting[1]);
            else store.setCertificateEntry(text(request[i]), CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(bytes(request[++i]))));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            store.store(out, text(request[2]).toCharArray());
        } finally {
            System.setProperties(before);
        }
        return "{\"store\":\"" + Base64.getEncoder().encodeToString(out.toByteArray()) + "\"}";
    }

    static String path(String[] request) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        X509Certificate anchor =
            (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(bytes(request[1])));
        Certificate below = factory.generateCertificate(new ByteArrayInputStream(bytes(request[2])));
        PKIXParameters parameters = new PKIXParameters(Collections.singleton(new TrustAnchor(anchor, null)));
        parameters.setRevocationEnabled(false);
        CertPathValidator.getInstance("PKIX")
            .validate(factory.generateCertPath(Collections.singletonList(below)), parameters);
        return "{}";
    }

    static byte[] bytes(String base64) {
        return Base64.getDecoder().decode(base64);
    }

    static String text(String base64) {
        return new String(bytes(base64), StandardCharsets.UTF_8);
    }

    static String sha256(Certificate certificate) throws Exception {
        StringBuilder out = new StringBuilder("\"");
        for (byte b : MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded())) {
            out.append(String.format("%02x", b));
        }
        return out.append('"').toString();
    }

    static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        return out.append('"').toString();
    }
}
