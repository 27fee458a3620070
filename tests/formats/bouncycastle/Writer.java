import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.util.PBKDF2Config;
import org.bouncycastle.crypto.util.ScryptConfig;
import org.bouncycastle.jcajce.BCFKSLoadStoreParameter;
import org.bouncycastle.jcajce.BCFKSLoadStoreParameter.EncryptionAlgorithm;
import org.bouncycastle.jcajce.BCFKSLoadStoreParameter.MacAlgorithm;
import org.bouncycastle.jcajce.BCFKSLoadStoreParameter.SignatureAlgorithm;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * Writes one store of every kind that BouncyCastle has, and prints what its KeyStore then reads in them.
 *
 * java -cp bcprov.jar Writer.java FOLDER ROOT.pem CHAIN.pem KEY.pem
 *
 * One line an entry, separated by blanks: file, alias, kind, date in milliseconds, SHA-256 of each certificate.
 */
public class Writer {
    static final char[] PASSWORD = "changeit".toCharArray();
    static final Provider PROVIDER;

    static {
        System.setProperty("org.bouncycastle.bks.enable_v1", "true"); // read when the provider is made
        PROVIDER = new BouncyCastleProvider();
    }

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        Certificate root = certificates(args[1])[0];
        Certificate[] chain = certificates(args[2]);
        PrivateKey key = key(args[3]);

        for (String type : List.of("BKS", "BKS-V1", "UBER", "BCFKS")) {
            KeyStore store = filled(type, root, chain, key);
            save(store, folder.resolve(type.toLowerCase() + ".store"));
        }
        save(empty("BKS"), folder.resolve("bks-empty.store"));
        save(empty("BCFKS"), folder.resolve("bcfks-empty.store"));

        PBKDF2Config sha3 = new PBKDF2Config.Builder()
            .withPRF(PBKDF2Config.PRF_SHA3_512).withIterationCount(1024).withSaltLength(32).build();
        save(folder.resolve("bcfks-sha3-wrap.store"), root, parameters -> parameters
            .withStorePBKDFConfig(sha3).withStoreMacAlgorithm(MacAlgorithm.HmacSHA3_512)
            .withStoreEncryptionAlgorithm(EncryptionAlgorithm.AES256_KWP));
        // BouncyCastle derives with the block size for the parallelization, so these differ on purpose.
        ScryptConfig scrypt = new ScryptConfig.Builder(1024, 8, 1).withSaltLength(16).build();
        save(folder.resolve("bcfks-scrypt.store"), root, parameters -> parameters.withStorePBKDFConfig(scrypt));

        // A store with a signature for its MAC is encrypted under no password at all. It is not read back here.
        KeyStore signed = empty("BCFKS");
        signed.setCertificateEntry("root", root);
        try (OutputStream out = new FileOutputStream(folder.resolve("bcfks-signed.store").toFile())) {
            signed.store(new BCFKSLoadStoreParameter.Builder(out, key)
                .withStoreSignatureAlgorithm(SignatureAlgorithm.SHA512withRSA).build());
        }
    }

    interface Setting {
        BCFKSLoadStoreParameter.Builder on(BCFKSLoadStoreParameter.Builder parameters);
    }

    static void save(Path file, Certificate root, Setting setting) throws Exception {
        KeyStore store = empty("BCFKS");
        store.setCertificateEntry("root", root);
        try (OutputStream out = new FileOutputStream(file.toFile())) {
            store.store(setting.on(new BCFKSLoadStoreParameter.Builder(out, PASSWORD)).build());
        }
        print(store, file);
    }

    static void save(KeyStore store, Path file) throws Exception {
        try (OutputStream out = new FileOutputStream(file.toFile())) {
            store.store(out, PASSWORD);
        }
        print(store, file);
    }

    static void print(KeyStore written, Path file) throws Exception {
        KeyStore store = KeyStore.getInstance(written.getType(), PROVIDER);
        try (FileInputStream in = new FileInputStream(file.toFile())) {
            store.load(in, PASSWORD);
        }
        for (String alias : Collections.list(store.aliases())) {
            Certificate[] chain = store.isCertificateEntry(alias)
                ? new Certificate[] {store.getCertificate(alias)} : store.getCertificateChain(alias);
            Key key = store.isCertificateEntry(alias) ? null : store.getKey(alias, PASSWORD);
            StringBuilder line = new StringBuilder(file.getFileName() + " " + alias + " "
                + (key == null ? "trusted" : key instanceof PrivateKey ? "private-key" : "secret-key")
                + " " + store.getCreationDate(alias).getTime());
            for (Certificate certificate : chain == null ? new Certificate[0] : chain) {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
                line.append(' ').append(HexFormat.of().formatHex(digest));
            }
            System.out.println(line);
        }
    }

    static KeyStore empty(String type) throws Exception {
        KeyStore store = KeyStore.getInstance(type, PROVIDER);
        store.load(null, null);
        return store;
    }

    static KeyStore filled(String type, Certificate root, Certificate[] chain, PrivateKey key) throws Exception {
        KeyStore store = empty(type);
        store.setCertificateEntry("root", root);
        store.setKeyEntry("server", key, PASSWORD, chain);
        store.setKeyEntry("aes", new SecretKeySpec(new byte[16], "AES"), PASSWORD, null);
        return store;
    }

    static Certificate[] certificates(String path) throws Exception {
        Collection<? extends Certificate> found = CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(Path.of(path))));
        return found.toArray(new Certificate[0]);
    }

    static PrivateKey key(String path) throws Exception {
        String text = Files.readString(Path.of(path)).replaceAll("-----[^-]*-----|\\s", "");
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
    }
}
