/// Request lines, line ends and field lines (RFC 9112, sections 2 to 5).
enum LineAttacks {
    private static let bad = Outcome.ends("malformed_request")
    private static let rest = "Host: {host}\r\n{who}\r\n"

    static let lines: [Attack] =
        [
            "GET {path}/v1/customers HTTP/1.2", "GET {path}/v1/customers HTTP/2.0", "GET {path}/v1/customers HTTP/2",
            "GET {path}/v1/customers HTTP/0.9",
            "GET {path}/v1/customers HTTP/1", "GET {path}/v1/customers HTTP/1.", "GET {path}/v1/customers HTTP/1.10",
            "GET {path}/v1/customers HTTP/01.1",
            "GET {path}/v1/customers HTTP/1.01", "GET {path}/v1/customers HTTP/11.1",
            "GET {path}/v1/customers HTTP/1,1", "GET {path}/v1/customers HTTP 1.1",
            "GET {path}/v1/customers http/1.1", "GET {path}/v1/customers HTTPS/1.1", "GET {path}/v1/customers HTP/1.1",
            "GET {path}/v1/customers ICY/1.1",
            "GET {path}/v1/customers HTTP/1.1 ", "GET {path}/v1/customers  HTTP/1.1",
            "GET  {path}/v1/customers HTTP/1.1", " GET {path}/v1/customers HTTP/1.1",
            "\tGET {path}/v1/customers HTTP/1.1", "GET\t{path}/v1/customers HTTP/1.1",
            "GET {path}/v1/customers\tHTTP/1.1", "GET {path}/v1/customers HTTP/1.1\t",
            "GET\u{B}{path}/v1/customers HTTP/1.1", "GET\u{A0}{path}/v1/customers HTTP/1.1",
            "GET {path}/v1/customers HTTP/1.1 HTTP/1.1",
            "GET {path}/v1/customers x HTTP/1.1", "GET {path}/v1/cus tomers HTTP/1.1", "GET {path}/v1/customers",
            "GET {path}/v1/customers ", "GET", "GET ", "",
            "GET HTTP/1.1", "HTTP/1.1 200 OK", "{path}/v1/customers HTTP/1.1", "GET {path}/v1/customers HTTP/1.1\0",
            "\0GET {path}/v1/customers HTTP/1.1",
            "GE\0T {path}/v1/customers HTTP/1.1", "GET {path}/v1/cus\0tomers HTTP/1.1",
            "GET {path}/v1/cus\u{1}tomers HTTP/1.1",
            "GET {path}/v1/cus\u{7F}tomers HTTP/1.1", "GET {path}/v1/customers\u{B} HTTP/1.1",
            "G\u{C9}T {path}/v1/customers HTTP/1.1",
            "\u{EF}\u{BB}\u{BF}GET {path}/v1/customers HTTP/1.1", "GET{path}/v1/customers HTTP/1.1",
            "\"GET\" {path}/v1/customers HTTP/1.1",
            "GET/ {path}/v1/customers HTTP/1.1", "G(E)T {path}/v1/customers HTTP/1.1", "PRI * HTTP/2.0",
            "GET {path}/v1/customers HTTP/1.1\r",
            "GET {path}/v1/customers\r HTTP/1.1", "GET {path}/v1/customers HTTP/1.1\nX: y",
            "GET {path}/v1/customers HTTP/1.1\rX: y", "SSH-2.0-OpenSSH_9.2",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}",
        ].map { .line($0, bad) }

    static let ends: [Attack] = [
        Attack("all is LF", "GET {path}/v1/customers HTTP/1.1\nHost: {host}\n\n", bad),
        Attack("all is CR", "GET {path}/v1/customers HTTP/1.1\rHost: {host}\r\r", bad),
        Attack("LF behind the line", "GET {path}/v1/customers HTTP/1.1\n" + rest, bad),
        Attack("CR behind the line", "GET {path}/v1/customers HTTP/1.1\r" + rest, bad),
        Attack("LF CR", "GET {path}/v1/customers HTTP/1.1\n\r" + rest, bad),
        Attack("CR CR LF", "GET {path}/v1/customers HTTP/1.1\r\r\n" + rest, bad),
        Attack("LF for the empty line", "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}\n", bad),
        Attack("CR for the empty line", "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}\r", bad),
        Attack("a space in the empty line", "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who} \r\n\r\n", bad),
        Attack(
            "an empty line before, and one is fine", "\r\nGET {path}/v1/customers HTTP/1.1\r\n" + rest,
            .passes("GET /v1/customers")),
        Attack("two empty lines before", "\r\n\r\nGET {path}/v1/customers HTTP/1.1\r\n" + rest, bad),
        Attack(
            "a flood of empty lines",
            String(repeating: "\r\n", count: 500) + "GET {path}/v1/customers HTTP/1.1\r\n" + rest, bad),
        Attack(
            "a flood of LF", String(repeating: "\n", count: 500) + "GET {path}/v1/customers HTTP/1.1\r\n" + rest, bad),
        Attack("LF before", "\nGET {path}/v1/customers HTTP/1.1\r\n" + rest, bad),
        Attack("CR before", "\rGET {path}/v1/customers HTTP/1.1\r\n" + rest, bad),
        Attack("a folded first field", "GET {path}/v1/customers HTTP/1.1\r\n X: y\r\n" + rest, bad),
        Attack("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\u{12}\u{4}\0\0\0\0\0", bad),
        Attack("HTTP/0.9", "GET {path}/v1/customers\r\n", bad),
        Attack("HTTP/0.9 with LF", "GET {path}/v1/customers\n", bad),
        Attack("a head that ends", "GET {path}/v1/customers HTTP/1.1\r\nHost: {ho", .cut),
    ]

    /// They never end as a head must; what can't become a head is refused as soon as that is seen.
    private static let hopeless: [Attack] = [
        "GET {path}/v1/customers HTTP/1.1\nHost: {host}\n\n", "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\n\n",
        "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}\n", "GET {path}/v1/customers\r\n",
        "GET {path}/v1/customers\n", "GET {path}/v1/customers HTTP/1.2\r\nHost: {host}\r\n", "\n", "\r\r\n", "\rX",
        "\u{16}\u{3}\u{1}\u{2}\n", "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\nX: y\rZ: a",
    ].map { Attack("hopeless \($0)", $0, bad).alone() }

    private static let fields = [
        "X : y", "X\t: y", "X\u{B}: y", "X\u{A0}: y", " X: y", "\tX: y", "X y", "X", ": y", ":", " : y", "X\0: y",
        "X: y\0", "X: \u{1}y", "X: y\u{8}", "X: \u{B}y",
        "X: y\u{C}", "X: \u{1B}[0m", "X: y\u{7F}", "X\u{E9}: y", "X\u{C3}\u{A9}: y", "X(y): z", "X/y: z", "X,y: z",
        "X;y: z", "X<y: z", "X@y: z", "X[y]: z",
        "X\\y: z", "X{y: z", "\"X\": y", "X=y: z", "X?: y", "X\r: y", "X\n: y", "X: y\rZ: a", "X: y\nZ: a",
        "X: y\r\n z", "X: y\r\n\tz", "X: y\r\n\r z", "X:\r\n y",
        "X\r\n: y", "X\r\n : y", "X: y\r\r", "X: y\n\n", "X: y\u{85}\nZ: a", "Authorization : Bearer x",
        "Host : evil.example", "Connection : close",
    ]

    static let all: [Attack] =
        lines + ends + hopeless + fields.map { .get("field line \($0)", $0 + "\r\n", bad) } + [
            .get("an 8-bit value", "X: \u{E9}\u{80}\u{FF}\r\n", .passes("GET /v1/customers")),
            .get("an empty value", "X:\r\nY: \t \r\n", .passes("GET /v1/customers")),
            .get("colons in a value", "X: :y: z:\r\n", .passes("GET /v1/customers")),
            .get("all symbols of a token but one", "X!#$%&'*+-.^`|~9: y\r\n", .passes("GET /v1/customers")),
            .get("a hundred and one fields", String(repeating: "X: y\r\n", count: 101), .ends("head_too_large")),
            .get("33 KiB of fields", "X: " + String(repeating: "y", count: 33 << 10) + "\r\n", .ends("head_too_large")),
            .get("a name of 33 KiB", String(repeating: "y", count: 33 << 10) + ": x\r\n", .ends("head_too_large")),
            .get(
                "33 KiB of path", "", path: "/v1/customers/" + String(repeating: "y", count: 33 << 10),
                .ends("head_too_large")),
        ]
}
