/// Chunks that end somewhere else for somebody else (RFC 9112, section 7.1).
enum ChunkAttacks {
    private static let bad = Outcome.ends("malformed_request")
    private static let coding = "Transfer-Encoding: chunked\r\n"
    private static let last = "0\r\n\r\n"
    private static let hidden = "GET {path}/v1/customers/hidden HTTP/1.1\r\nHost: {host}\r\n{who}\r\n"

    /// Sizes of a chunk of five bytes.
    private static let sizes = [
        "0x5", "0X5", "+5", "-5", "-1", " 5", "5 ", "\t5", "5\t", "5h", "h", "x5", "5.0", "5,", "5_", "\"5\"", "", " ",
        "\u{B}5", "5\u{B}", "5\u{A0}",
        "5\u{0}", "\u{0}5", "\u{B2}", "5 5", "5=5", "5:5", "fffffffffffffffff", "ffffffffffffffff", "FFFFFFFFFFFFFFFB",
        "10000000000000005",
        "100000000000000000000000000000005", "0000000000000000000000005", "8000000000000000", "7fffffffffffffff1",
        String(repeating: "0", count: 80) + "5", "5\r", "\r5", "5\n", "\n5",
        // Extensions: nobody needs them, and not everybody finds their end.
        "5;", "5;a", "5;a=b", "5; a=b", "5 ;a=b", "5;a=\"b\"", "5;a=\"\r\nX\"", "5;a=\"b\n\"", "5;\nX", "5;a\r", "5;\0",
        "5;\"", "5;a=\"\\\"",
        "5;a=b;c=d", "5;;", "5;" + String(repeating: "a", count: 2000), "5;" + String(repeating: "a=b;", count: 300),
    ]

    /// What follows a chunk's five bytes, or its size.
    private static let ends: [(String, String)] = [
        ("size ends with LF", "5\nhello\r\n" + last), ("size ends with CR", "5\rhello\r\n" + last),
        ("size ends with LF CR", "5\n\rhello\r\n" + last), ("size ends with CR CR LF", "5\r\r\nhello\r\n" + last),
        ("content ends with LF", "5\r\nhello\n" + last), ("content ends with CR", "5\r\nhello\r" + last),
        ("content ends with LF LF", "5\r\nhello\n\n" + last), ("content ends with CR CR", "5\r\nhello\r\r" + last),
        ("content ends with LF CR", "5\r\nhello\n\r" + last), ("content ends with nothing", "5\r\nhello" + last),
        ("content is longer", "5\r\nhello there\r\n" + last), ("content is shorter", "5\r\nhell\r\n" + last),
        ("content ends with spaces", "5\r\nhello  " + last), ("two empty lines", "5\r\nhello\r\n\r\n" + last),
        ("all is LF", "5\nhello\n0\n\n"), ("last ends with LF", "5\r\nhello\r\n0\n\r\n"),
        ("last line ends with LF", "5\r\nhello\r\n0\r\n\n"),
        ("last line ends with CR", "5\r\nhello\r\n0\r\n\rX\r\n\r\n"), ("last size twice", "5\r\nhello\r\n00x\r\n\r\n"),
        ("last of minus 0", "5\r\nhello\r\n-0\r\n\r\n"), ("last with an extension", "5\r\nhello\r\n0;a=b\r\n\r\n"),
        ("last with a space", "5\r\nhello\r\n0 \r\n\r\n"), ("no last", "5\r\nhello\r\n"),
        ("no size", "hello\r\n" + last),
        ("a request instead of a size", hidden), ("a request behind a chunk", "5\r\nhello\r\n" + hidden),
    ]

    private static let trailers: [(String, String)] = [
        ("without a colon", "X\r\n"), ("with LF", "X: y\n"), ("with CR", "X: y\rZ: a\r\n"), ("with NUL", "X: \0\r\n"),
        ("folded", "X: y\r\n z\r\n"),
        ("space before the colon", "X : y\r\n"), ("8-bit name", "X\u{E9}: y\r\n"), ("empty name", ": y\r\n"),
        ("control byte", "X: \u{1}\r\n"),
        ("a request line", "GET /v1/customers/hidden HTTP/1.1\r\nHost: api.stripe.com\r\n"),
    ]

    /// Read where they are streamed, and where they are judged.
    static let refused: [Attack] =
        sizes.flatMap { both("chunk of \($0.prefix(40))", "\($0)\r\nhello\r\n" + last) }
        + ends.flatMap { both("chunk: \($0.0)", $0.1) }
        + trailers.flatMap { both("trailer \($0.0)", "5\r\nhello\r\n0\r\n\($0.1)\r\n") }

    private static func both(_ name: String, _ content: String) -> [Attack] {
        [
            .post(name, coding, content, bad),
            .post("priced \(name)", Attack.form + coding, content, to: Attack.priced, bad),
        ]
    }

    /// Trailers are read, and end here.
    static let passed: [Attack] = [
        ("none", ""), ("an honest one", "X-Sum: 1\r\n"), ("Host", "Host: evil.example\r\n"),
        ("a length", "Content-Length: 500\r\n"),
        ("a coding", "Transfer-Encoding: chunked\r\n"),
        ("a credential", "Authorization: Bearer sk_live_0123456789abcdef01234567\r\n"),
        ("a run", "X-Agent-Run-Id: attack-2\r\n"), ("another credential", "{other}"),
        ("another key", "Authorization: Bearer {otherKey}\r\n"),
        ("an account", "Stripe-Account: acct_2\r\n"), ("an override", "X-HTTP-Method-Override: DELETE\r\n"),
        ("a URL", "X-Original-URL: /v1/payouts\r\n"),
        ("Connection", "Connection: close, authorization\r\n"), ("Upgrade", "Upgrade: h2c\r\n"),
        ("Expect", "Expect: 100-continue\r\n"),
        ("thirty", String(repeating: "X-Sum: 1\r\n", count: 30)),
    ].map {
        .post("trailer that is \($0.0)", coding, "5\r\nhello\r\n0\r\n\($0.1)\r\n", .passes("POST " + Attack.streamed))
    }

    static let fine: [Attack] = [
        .post("sizes with zeros", coding, "005\r\nhello\r\n000\r\n\r\n", .passes("POST " + Attack.streamed)),
        .post(
            "sizes in both cases", coding, "a\r\n0123456789\r\nA\r\n0123456789\r\n" + last,
            .passes("POST " + Attack.streamed)),
        .post("one byte each", coding, "1\r\nh\r\n1\r\ni\r\n" + last, .passes("POST " + Attack.streamed)),
        .post("no content", coding, last, .passes("POST " + Attack.streamed)),
        .post(
            "a request inside a chunk", coding, "2e\r\nGET /v1/payouts HTTP/1.1\r\nHost: evil.example\r\n\r\n" + last,
            .passes("POST " + Attack.streamed)),
        .post(
            "priced in chunks", Attack.form + coding, "a\r\namount=100\r\nd\r\n&currency=usd\r\n" + last,
            to: Attack.priced, .passes("POST " + Attack.priced)),
        .post(
            "a request behind the last chunk", coding, last + hidden,
            .answers([nil, nil, nil], reaching: ["POST " + Attack.streamed, "GET /v1/customers/hidden"])),
        .post("cut in a size", coding, "5\r\nhello\r\n4", .cut), .post("cut in a chunk", coding, "50\r\nhello", .cut),
        .post("cut before the last line", coding, "5\r\nhello\r\n0\r\n", .cut),
        .post("cut in a trailer", coding, "0\r\nX: y", .cut),
        .post(
            "cut while it is judged", Attack.form + coding, "17\r\namount=100&currency=usd\r\n0\r\n", to: Attack.priced,
            .cut),
        .post(
            "endless trailers", coding, "0\r\n" + String(repeating: "X: y\r\n", count: 1500), .ends("head_too_large")),
        .post(
            "too many trailers", coding, "0\r\n" + String(repeating: "X:\r\n", count: 120) + "\r\n",
            .ends("head_too_large")),
    ]

    static let all = refused + passed + fine
}
