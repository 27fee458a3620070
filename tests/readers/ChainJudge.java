import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * What a TLS client of this JVM makes of a server: a handshake in memory for each line on standard input, in which the
 * client verifies what the server sends with the default trust manager over the anchors. One answer a line.
 *
 * Tab-separated: the server's protocol; the start of the names of the cipher suites, or empty for the JVM's own; the private key
 * of the server (KIND:PKCS8 in base64); what it sends and what the client trusts, DER in base64 between commas.
 * Answers: "trusted", or "error: " and the messages of the exception and its causes. What the server cannot do, not the
 * client, is answered "server: " and the message. "block", a tab and a SHA-256: from now on as if lib/security/blocked.certs
 * had that line, too; "ok" (needs --add-opens java.base/sun.security.util=ALL-UNNAMED).
 */
public class ChainJudge {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII), 1 << 20);
        for (String line; (line = in.readLine()) != null; ) {
            System.out.println(answer(line.split("\t", -1)).replace('\n', ' '));
        }
    }

    static class ServerException extends Exception {
        ServerException(Throwable cause) { super(cause); }
    }

    static String answer(String[] request) {
        try {
            if (request[0].equals("block")) return block(request[1]);
            shake(request);
            return "trusted";
        } catch (ServerException thrown) {
            return "server: " + thrown.getCause();
        } catch (Throwable thrown) {
            StringBuilder out = new StringBuilder("error:");
            for (Throwable t = thrown; t != null; t = t.getCause()) {
                out.append(' ').append(t instanceof RuntimeException ? t : t.getMessage()).append(';');
            }
            return out.toString();
        }
    }

    static String block(String fingerprint) throws Exception {
        java.lang.reflect.Field field = Class.forName("sun.security.util.UntrustedCertificates").getDeclaredField("props");
        field.setAccessible(true);
        ((Properties) field.get(null)).put(fingerprint, "");
        return "ok";
    }

    static void shake(String[] request) throws Exception {
        SSLContext trusting = SSLContext.getInstance("TLS");
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (byte[] der : ders(request[4])) store.setCertificateEntry("a" + store.size(), parse(der));
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            trusting.init(null, factory.getTrustManagers(), null);
        } catch (Exception unreadable) {
            throw new Exception("anchors", unreadable);
        }
        String[] key = request[2].split(":");
        PrivateKey secret = KeyFactory.getInstance(key[0])
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(key[1])));
        List<X509Certificate> sent = new ArrayList<>();
        for (byte[] der : ders(request[3])) {
            X509Certificate read = null;
            try {
                read = parse(der);
            } catch (Exception sentAllTheSame) {
                if (sent.isEmpty()) throw sentAllTheSame;  // a server here cannot have it; any client refuses it
            }
            sent.add(new Raw(der, read));
        }
        SSLContext serving = SSLContext.getInstance("TLS");
        serving.init(new KeyManager[] {new Keys(secret, sent.toArray(new X509Certificate[0]))}, null, null);
        SSLEngine client = trusting.createSSLEngine(), server = serving.createSSLEngine();
        client.setUseClientMode(true);
        server.setUseClientMode(false);
        server.setEnabledProtocols(new String[] {request[0]});  // the client offers what it offers
        if (!request[1].isEmpty()) {
            List<String> suites = new ArrayList<>();
            for (String suite : client.getSupportedCipherSuites()) if (suite.startsWith(request[1])) suites.add(suite);
            for (SSLEngine engine : List.of(client, server)) engine.setEnabledCipherSuites(suites.toArray(new String[0]));
        }
        exchange(client, server);
    }

    static void exchange(SSLEngine client, SSLEngine server) throws Exception {
        ByteBuffer up = ByteBuffer.allocate(1 << 18), down = ByteBuffer.allocate(1 << 18);
        client.beginHandshake();
        server.beginHandshake();
        Exception refused = null;
        for (int round = 0; round < 50; round++) {
            try {
                turn(client, down, up);
            } catch (Exception exception) {
                throw refused == null ? exception : new ServerException(refused);
            }
            try {
                turn(server, up, down);
            } catch (Exception exception) {
                if (refused != null) throw new ServerException(refused);
                refused = exception;
            }
            HandshakeStatus status = client.getHandshakeStatus();
            if (status == HandshakeStatus.NOT_HANDSHAKING || status == HandshakeStatus.FINISHED) return;
        }
        throw new ServerException(refused == null ? new Exception("no end") : refused);
    }

    static void turn(SSLEngine engine, ByteBuffer from, ByteBuffer to) throws Exception {
        ByteBuffer none = ByteBuffer.allocate(0), plain = ByteBuffer.allocate(1 << 16);
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK:
                    for (Runnable task; (task = engine.getDelegatedTask()) != null; ) task.run();
                    break;
                case NEED_WRAP:
                    engine.wrap(none, to);
                    break;
                case NEED_UNWRAP:
                    from.flip();
                    SSLEngineResult result;
                    try {
                        result = engine.unwrap(from, plain);
                    } finally {
                        from.compact();
                    }
                    if (result.getStatus() != SSLEngineResult.Status.OK) return;
                    break;
                default:
                    return;
            }
        }
    }

    static List<byte[]> ders(String field) {
        List<byte[]> found = new ArrayList<>();
        for (String one : field.split(",")) if (!one.isEmpty()) found.add(Base64.getDecoder().decode(one));
        return found;
    }

    static X509Certificate parse(byte[] der) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    /** A certificate that is sent as it is, though it may not be read. */
    static class Raw extends X509Certificate {
        final byte[] der;
        final X509Certificate read;

        Raw(byte[] der, X509Certificate read) {
            this.der = der;
            this.read = read;
        }

        public byte[] getEncoded() { return der.clone(); }
        public PublicKey getPublicKey() { return read == null ? null : read.getPublicKey(); }
        public Set<String> getCriticalExtensionOIDs() { return read == null ? null : read.getCriticalExtensionOIDs(); }
        public Set<String> getNonCriticalExtensionOIDs() { return null; }
        public byte[] getExtensionValue(String oid) { return null; }
        public boolean hasUnsupportedCriticalExtension() { return false; }
        public void checkValidity() { }
        public void checkValidity(Date date) { }
        public int getVersion() { return 3; }
        public BigInteger getSerialNumber() { return BigInteger.ONE; }
        public Principal getIssuerDN() { return read == null ? null : read.getIssuerX500Principal(); }
        public Principal getSubjectDN() { return read == null ? null : read.getSubjectX500Principal(); }
        public Date getNotBefore() { return new Date(0); }
        public Date getNotAfter() { return new Date(Long.MAX_VALUE); }
        public byte[] getTBSCertificate() throws CertificateEncodingException { return null; }
        public byte[] getSignature() { return null; }
        public String getSigAlgName() { return read == null ? "" : read.getSigAlgName(); }
        public String getSigAlgOID() { return read == null ? "" : read.getSigAlgOID(); }
        public byte[] getSigAlgParams() { return null; }
        public boolean[] getIssuerUniqueID() { return null; }
        public boolean[] getSubjectUniqueID() { return null; }
        public boolean[] getKeyUsage() { return null; }
        public int getBasicConstraints() { return -1; }
        public void verify(PublicKey key) { }
        public void verify(PublicKey key, String provider) { }
        public String toString() { return ""; }
    }

    /** The server's key and what it sends, whatever is asked for. */
    static class Keys extends X509ExtendedKeyManager {
        final PrivateKey key;
        final X509Certificate[] chain;

        Keys(PrivateKey key, X509Certificate[] chain) {
            this.key = key;
            this.chain = chain;
        }

        boolean fits(String kind) {
            String own = key.getAlgorithm();
            return kind.equals(own) || (own.equals("EdDSA") && kind.startsWith("Ed")) || kind.startsWith(own + "_");
        }

        public String chooseEngineServerAlias(String kind, Principal[] issuers, SSLEngine engine) {
            return fits(kind) ? "server" : null;
        }

        public String chooseServerAlias(String kind, Principal[] issuers, Socket socket) { return fits(kind) ? "server" : null; }
        public String[] getServerAliases(String kind, Principal[] issuers) { return new String[] {"server"}; }
        public String[] getClientAliases(String kind, Principal[] issuers) { return null; }
        public String chooseClientAlias(String[] kinds, Principal[] issuers, Socket socket) { return null; }
        public X509Certificate[] getCertificateChain(String alias) { return chain; }
        public PrivateKey getPrivateKey(String alias) { return key; }
    }
}
