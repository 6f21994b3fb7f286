/// How long the content is, said in ways that servers read differently (RFC 9112, section 6).
enum LengthAttacks {
    private static let bad = Outcome.ends("malformed_request")
    private static let hidden = "GET {path}/v1/customers/hidden HTTP/1.1\r\nHost: {host}\r\n{who}\r\n"

    /// Two ways to tell the length at once.
    static let both: [Attack] = [
        .post("CL.TE", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nX", bad),
        .post("TE.CL", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "1\r\nX\r\n0\r\n\r\n", bad),
        .post("CL.TE with a request", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + hidden, bad),
        .post("TE.CL of 0", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n", bad),
        .post("CL.TE in other cases", "content-LENGTH: 5\r\nTRANSFER-encoding: Chunked\r\n", "0\r\n\r\n", bad),
        .post("CL beside identity", "Content-Length: 5\r\nTransfer-Encoding: identity\r\n", "hello", bad),
        .post("CL beside an empty TE", "Content-Length: 5\r\nTransfer-Encoding:\r\n", "hello", bad),
        .post(
            "CL.TE by Connection", "Connection: content-length\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "0\r\n\r\n", bad),
        .post(
            "CL.TE priced", form + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n",
            to: Attack.priced, bad),
    ]

    private static let form = Attack.form

    /// Content-Lengths that are no plain number; five bytes and a hidden request follow.
    static let odd: [Attack] = [
        "+5", "-5", "-0", "+0", "05", "00", "005", "0x5", "0X5", "5.0", "5.", ".5", "5e0", "5 5", "5,5", "5, 5", "5,6",
        ",5", "5,", "\"5\"",
        "'5'", "5;", "5;q=1", "5\u{B}", "\u{B}5", "\u{C}5", "5\u{C}", "\u{A0}5", "5\u{85}", "5\u{0}", "five", "5h",
        "h5", "0b101", "0o5", "5_0", "1_000",
        "\u{B2}", "\u{D9}\u{A5}", "18446744073709551616", "18446744073709551621", "9223372036854775808",
        "9223372036854775807",
        "4294967301x", "99999999999999999999999999999999999", "", "NaN", "Infinity", "true", "null", "%35", "&#53;",
    ].map { .post("CL \($0)", "Content-Length: \($0)\r\n", "hello" + hidden, bad) }

    static let many: [Attack] = [
        ("two equal", "Content-Length: 5\r\nContent-Length: 5\r\n"),
        ("0 and 5", "Content-Length: 0\r\nContent-Length: 5\r\n"),
        ("5 and 0", "Content-Length: 5\r\nContent-Length: 0\r\n"),
        ("three", "Content-Length: 5\r\nContent-Length: 5\r\nContent-Length: 5\r\n"),
        ("other case", "Content-Length: 5\r\ncontent-length: 6\r\n"),
        ("far apart", "Content-Length: 5\r\nX: y\r\nAccept: */*\r\nContent-Length: 6\r\n"),
        ("folded", "Content-Length:\r\n 5\r\n"), ("folded on", "Content-Length: 5\r\n 5\r\n"),
        ("folded with a tab", "Content-Length: 1\r\n\t2\r\n"),
        ("space before the colon", "Content-Length : 5\r\n"), ("tab before the colon", "Content-Length\t: 5\r\n"),
        ("VT before the colon", "Content-Length\u{B}: 5\r\n"), ("NUL in the name", "Content-\0Length: 5\r\n"),
        ("space in the name", "Content Length: 5\r\n"), ("space before the name", " Content-Length: 5\r\n"),
        ("no colon", "Content-Length 5\r\n"), ("CR in the name", "Content-Length\r: 5\r\n"),
        ("LF before it", "X: y\nContent-Length: 5\r\n"), ("CR before it", "X: y\rContent-Length: 5\r\n"),
    ].map { .post("CL \($0.0)", $0.1, "hello" + hidden, bad) }

    /// Odd, and yet plain.
    static let fine: [Attack] = [
        .post("CL in another case", "cOnTeNt-LeNgTh: 5\r\n", "hello", .passes("POST " + Attack.streamed)),
        .post(
            "CL with spaces and tabs around", "Content-Length: \t 5 \t\r\n", "hello", .passes("POST " + Attack.streamed)
        ),
        .post("CL without a space", "Content-Length:5\r\n", "hello", .passes("POST " + Attack.streamed)),
        .post("CL of another spelling is no CL", "Content_Length: 5\r\n", "", .passes("POST " + Attack.streamed)),
        .post("CL 0", "Content-Length: 0\r\n", "", .passes("POST " + Attack.streamed)),
        .post("no length is no content", "", "", .passes("POST " + Attack.streamed)),
        Attack(
            "GET with content",
            "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}Content-Length: 5\r\n\r\nhello",
            .passes("GET /v1/customers")),
        .post(
            "content longer than said", "Content-Length: 5\r\n", "hello there\r\n\r\n",
            .answers([nil, "malformed_request"], reaching: ["POST " + Attack.streamed])),
        .post("content that does not come", "Content-Length: 500\r\n", "hello", .cut),
        .post(
            "priced content that does not come", form + "Content-Length: 500\r\n", "amount=100&currency=usd",
            to: Attack.priced, .cut),
        .post("a length beyond all memory", "Content-Length: 999999999999999999\r\n", "hello", .cut),
    ]

    static let all = both + odd + many + fine
}
