import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.Arrays;
import java.util.Base64;
import java.util.Properties;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.postgresql.ssl.PGjdbcHostnameVerifier;

/**
 * What the JDBC driver and the JVM below it do: one request a line on standard input, one answer a line.
 *
 * Requests are tab-separated texts in base64 of UTF-8:
 *   home DIRECTORY                  the driver's idea of the user's home from now on; "ok"
 *   connect URL USER PASSWORD       logs in; answers "tls=true" or "tls=false"
 *   through STORE TYPE PASSWORD URL logs in with this as javax.net.ssl.trustStore; as connect
 *   trust STORE PASSWORD CHAIN      a TrustManagerFactory from a keystore (or PEM) judges a PEM chain; "trusted"
 *   read FILE                       the serial numbers of the certificates in it, each once, as the driver reads it
 *   parse URL                       what the driver makes of a URL: name=value, parted by |; "null" if it refuses
 *   name CHAIN HOST                 the driver's host name verifier; "true" or "false"
 * Whatever fails is answered "error: " and the messages of the exception and its causes.
 */
public class PgClient {
    public static void main(String[] args) throws Exception {
        Logger.getLogger("org.postgresql").setLevel(Level.OFF);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line; (line = in.readLine()) != null; ) {
            String[] request = line.split("\t", -1);
            for (int i = 0; i < request.length; i++) {
                request[i] = new String(Base64.getDecoder().decode(request[i]), StandardCharsets.UTF_8);
            }
            System.out.println(answer(request).replaceAll("\\p{Cntrl}|[^ -~]", " "));
        }
    }

    static String answer(String[] request) {
        try {
            switch (request[0]) {
                case "home": System.setProperty("user.home", request[1]); return "ok";
                case "connect": return connect(request[1], request[2], request[3]);
                case "through": return through(request[1], request[2], request[3], request[4]);
                case "trust": return trust(request[1], request[2], chain(request[3]));
                case "read": return read(chain(request[1]));
                case "parse": return parsed(request[1]);
                case "name": return String.valueOf(named(chain(request[1]), request[2]));
                default: return "error: no such request";
            }
        } catch (Throwable thrown) {
            StringBuilder out = new StringBuilder("error:");
            for (Throwable t = thrown; t != null; t = t.getCause()) out.append(' ').append(t.getMessage()).append(';');
            return out.toString();
        }
    }

    static String parsed(String url) {
        Properties found = org.postgresql.Driver.parseURL(url, null);
        if (found == null) return "null";
        java.util.TreeMap<String, String> sorted = new java.util.TreeMap<>();
        for (String name : found.stringPropertyNames()) sorted.put(name, found.getProperty(name));
        StringBuilder out = new StringBuilder();
        sorted.forEach((name, value) -> out.append(name).append('=').append(value).append('|'));
        return out.toString();
    }

    static String connect(String url, String user, String password) throws Exception {
        Properties info = new Properties();
        if (!user.isEmpty()) info.setProperty("user", user);
        if (!password.isEmpty()) info.setProperty("password", password);
        try (Connection connection = DriverManager.getConnection(url, info);
             ResultSet rows = connection.createStatement()
                 .executeQuery("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) {
            rows.next();
            return "tls=" + rows.getBoolean(1);
        }
    }

    /** The JVM's own trust manager, made anew: it reads the properties as it did for the first one. */
    static String through(String path, String type, String password, String url) throws Exception {
        System.setProperty("javax.net.ssl.trustStore", path);
        if (type.isEmpty()) System.clearProperty("javax.net.ssl.trustStoreType");
        else System.setProperty("javax.net.ssl.trustStoreType", type);
        if (password.isEmpty()) System.clearProperty("javax.net.ssl.trustStorePassword");
        else System.setProperty("javax.net.ssl.trustStorePassword", password);
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        SSLContext.setDefault(context);
        return connect(url, "", "");
    }

    static String trust(String path, String password, X509Certificate[] chain) throws Exception {
        KeyStore store = KeyStore.getInstance("JKS");
        if (path.endsWith(".pem")) {
            store.load(null, null);
            for (X509Certificate anchor : chain(path)) store.setCertificateEntry("cert" + store.size(), anchor);
        } else {
            store.load(new ByteArrayInputStream(Files.readAllBytes(Path.of(path))),
                password.isEmpty() ? null : password.toCharArray());
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        String kind = chain[0].getPublicKey().getAlgorithm().equals("RSA") ? "RSA" : "ECDSA";
        for (TrustManager manager : factory.getTrustManagers()) {
            ((X509TrustManager) manager).checkServerTrusted(chain, "ECDHE_" + kind);
        }
        return "trusted";
    }

    static String read(X509Certificate[] certificates) {
        return Arrays.stream(certificates).distinct().map(c -> c.getSerialNumber().toString(16))
            .collect(Collectors.joining(" "));
    }

    static boolean named(X509Certificate[] chain, String host) {
        SSLSession session = (SSLSession) Proxy.newProxyInstance(PgClient.class.getClassLoader(),
            new Class<?>[] {SSLSession.class}, (proxy, method, arguments) -> chain);
        return PGjdbcHostnameVerifier.INSTANCE.verify(host, session);
    }

    static X509Certificate[] chain(String path) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        return factory.generateCertificates(new ByteArrayInputStream(Files.readAllBytes(Path.of(path))))
            .toArray(new X509Certificate[0]);
    }
}
