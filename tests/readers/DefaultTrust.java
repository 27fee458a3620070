import java.security.KeyStore;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** How many issuers the default trust manager of this JVM accepts; or the exception that it ends with. */
public class DefaultTrust {
    public static void main(String[] arguments) throws Exception {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            for (TrustManager manager : factory.getTrustManagers()) {
                System.out.println(((X509TrustManager) manager).getAcceptedIssuers().length);
            }
        } catch (Exception exception) {
            System.out.println(exception.getClass().getName());
        }
    }
}
