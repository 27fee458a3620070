import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What this JVM trusts in one mutant after the other, as fast as can be.
 *
 * Request: type (length of one octet, text; "X.509" for a certificate by itself), length (int), octets. Answer: number of
 * trusted entries (int) or -1 where it refuses; of each its alias (length, UTF-8) and the SHA-256 of its certificate.
 */
public class FuzzJudge {
    static final char[] PASSWORD = "changeit".toCharArray();

    public static void main(String[] args) throws Exception {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in, 1 << 20));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out, 1 << 16));
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try {
            while (true) {
                if (in.available() == 0) out.flush();
                byte[] type = new byte[in.readUnsignedByte()];
                in.readFully(type);
                byte[] data = new byte[in.readInt()];
                in.readFully(data);
                String kind = new String(type, StandardCharsets.US_ASCII);
                try {
                    if (kind.equals("X.509")) {
                        Certificate found = factory.generateCertificate(new ByteArrayInputStream(data));
                        byte[] sha256 = digest.digest(found.getEncoded());
                        out.writeInt(1);
                        out.writeInt(0);
                        out.write(sha256);
                        continue;
                    }
                    KeyStore store = KeyStore.getInstance(kind);
                    store.load(new ByteArrayInputStream(data), PASSWORD);
                    List<String> aliases = Collections.list(store.aliases());
                    java.io.ByteArrayOutputStream answer = new java.io.ByteArrayOutputStream();
                    DataOutputStream parts = new DataOutputStream(answer);
                    int trusted = 0;
                    Set<String> seen = new HashSet<>();
                    for (String listed : aliases) {
                        String alias = listed.toLowerCase(Locale.ENGLISH);  // in which every look-up ends
                        if (!seen.add(alias) || !store.isCertificateEntry(alias)) continue;
                        byte[] text = alias.getBytes(StandardCharsets.UTF_8);
                        parts.writeInt(text.length);
                        parts.write(text);
                        parts.write(digest.digest(store.getCertificate(alias).getEncoded()));
                        trusted++;
                    }
                    out.writeInt(trusted);
                    answer.writeTo(out);
                } catch (Throwable e) {
                    out.writeInt(-1);
                }
            }
        } catch (EOFException e) {
            out.flush();
        }
    }
}
