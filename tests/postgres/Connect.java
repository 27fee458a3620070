import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Connects to a JDBC URL, asks one question and prints the answer, or why it did not connect. */
public class Connect {
    public static void main(String[] args) {
        try (Connection connection = DriverManager.getConnection(args[0]);
             ResultSet rows = connection.createStatement().executeQuery(args[1])) {
            rows.next();
            System.out.println(rows.getString(1));
        } catch (SQLException e) {
            System.out.println(e.getMessage());
            System.exit(1);
        }
    }
}
