import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Gets one address with both of Java's clients; prints an answer on each line. */
final class Client {
    public static void main(String[] arguments) throws Exception {
        URI address = URI.create(arguments[0]);
        HttpRequest request = HttpRequest.newBuilder(address).build();
        System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
        HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
        try (InputStream content = connection.getInputStream()) {
            System.out.println(new String(content.readAllBytes()));
        }
    }
}
