import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * What a JVM sees in stores: one request a line on standard input, one answer a line on standard output.
 *
 * Request, tab-separated, texts in base64 of UTF-8: store type, path, store password (or "-" for null), then key
 * passwords to try. Answer, JSON: {"error": "..."} or {"entries": [...], "trusted": ["SHA-256 hex", ...]}.
 */
public class StoreReader {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line; (line = in.readLine()) != null; ) {
            String[] request = line.split("\t", -1);
            for (int i = 0; i < request.length; i++) request[i] = request[i].equals("-") ? null : text(request[i]);
            String answer;
            try {
                answer = view(request);
            } catch (Exception e) {
                answer = "{\"error\":" + quote(e.getClass().getName() + ": " + e.getMessage()) + "}";
            }
            System.out.println(answer);
        }
    }

    static String view(String[] request) throws Exception {
        KeyStore store = KeyStore.getInstance(request[0]);
        char[] password = request[2] == null ? null : request[2].toCharArray();
        store.load(new ByteArrayInputStream(Files.readAllBytes(Path.of(request[1]))), password);
        StringBuilder out = new StringBuilder("{\"entries\":[");
        String comma = "";
        for (String alias : Collections.list(store.aliases())) {
            String kind = store.isCertificateEntry(alias) ? "trusted"
                : store.entryInstanceOf(alias, KeyStore.SecretKeyEntry.class) ? "secret-key" : "private-key";
            Certificate[] chain = store.isCertificateEntry(alias)
                ? new Certificate[] {store.getCertificate(alias)} : store.getCertificateChain(alias);
            out.append(comma).append("{\"alias\":").append(quote(alias)).append(",\"kind\":\"").append(kind)
                .append("\",\"created\":").append(store.getCreationDate(alias).getTime())
                .append(",\"key\":").append(quote(key(store, alias, request))).append(",\"certificates\":[");
            String inner = "";
            for (Certificate certificate : chain == null ? new Certificate[0] : chain) {
                out.append(inner).append(quote(sha256(certificate.getEncoded())));
                inner = ",";
            }
            out.append("]}");
            comma = ",";
        }
        out.append("],\"trusted\":[");
        comma = "";
        for (TrustManager manager : managers(store)) {
            for (X509Certificate issuer : ((X509TrustManager) manager).getAcceptedIssuers()) {
                out.append(comma).append(quote(sha256(issuer.getEncoded())));
                comma = ",";
            }
        }
        return out.append("]}").toString();
    }

    static List<TrustManager> managers(KeyStore store) throws Exception {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return List.of(factory.getTrustManagers());
    }

    /** SHA-256 of the encoded key under the first key password that opens it; null for none. */
    static String key(KeyStore store, String alias, String[] request) throws Exception {
        if (store.isCertificateEntry(alias)) return null;
        for (int i = 2; i < request.length; i++) {
            try {
                Key key = store.getKey(alias, request[i] == null ? null : request[i].toCharArray());
                if (key != null && key.getEncoded() != null) return sha256(key.getEncoded());
            } catch (Exception e) {
                continue;
            }
        }
        return null;
    }

    static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    static String text(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    static String quote(String text) {
        if (text == null) return "null";
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        return out.append('"').toString();
    }
}
