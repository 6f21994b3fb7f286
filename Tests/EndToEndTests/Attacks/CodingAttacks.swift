/// Transfer codings that one server takes for chunked and another does not (RFC 9112, section 6.1).
enum CodingAttacks {
    private static let bad = Outcome.ends("malformed_request")
    private static let content = "5\r\nhello\r\n0\r\n\r\n"
    private static let passes = Outcome.passes("POST " + Attack.streamed)

    static let values: [Attack] = [
        "identity", "gzip", "deflate", "compress", "gzip, chunked", "chunked, gzip", "chunked, chunked",
        "chunked,chunked", "chunked, identity",
        "identity, chunked", "chunked;q=1", "chunked; q=1", "chunked;a", "chunked;", "\"chunked\"", "'chunked'",
        "x-chunked", "xchunked", "chunkedx",
        "chunked-x", "chunke", "chunk", "ch\u{FC}nked", "chun\u{E2}\u{84}\u{AA}ed", "c hunked", "chunked ,", "chunked,",
        ",chunked", ", chunked", ",", "",
        "\u{B}chunked", "chunked\u{B}", "\u{C}chunked", "chunked\u{C}", "\u{A0}chunked", "chunked\u{A0}",
        "chunked\u{0}", "\u{0}chunked", "chunked\u{8}",
        "chunked\u{7F}", "chunked chunked", "chunked\tchunked", "chunked\r\n chunked", "\r\n chunked", "\r\n\tchunked",
        "chunked\n", "chunked\r",
        "trailers", "*", "chunked=1", "chunked/1", "(chunked)", "chunked (x)", "%63hunked", "0", "true", "cow",
        "[chunked]",
    ].map { .post("TE \($0)", "Transfer-Encoding: \($0)\r\n", content, bad) }

    static let fields: [Attack] = [
        ("twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        ("and another", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"),
        ("behind another", "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n"),
        ("and identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
        ("in two cases", "Transfer-Encoding: chunked\r\ntransfer-encoding: gzip\r\n"),
        ("and an empty one", "Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n"),
        ("space before the colon", "Transfer-Encoding : chunked\r\n"),
        ("tab before the colon", "Transfer-Encoding\t: chunked\r\n"),
        ("VT before the colon", "Transfer-Encoding\u{B}: chunked\r\n"),
        ("FF before the colon", "Transfer-Encoding\u{C}: chunked\r\n"),
        ("NUL before the colon", "Transfer-Encoding\0: chunked\r\n"),
        ("CR before the colon", "Transfer-Encoding\r: chunked\r\n"),
        ("LF before the colon", "Transfer-Encoding\n: chunked\r\n"),
        ("fold before the colon", "Transfer-Encoding\r\n : chunked\r\n"),
        ("space before the name", " Transfer-Encoding: chunked\r\n"),
        ("tab before the name", "\tTransfer-Encoding: chunked\r\n"),
        ("behind a bare LF", "X: y\nTransfer-Encoding: chunked\r\n"),
        ("behind a bare CR", "X: y\rTransfer-Encoding: chunked\r\n"),
        ("behind a NUL", "X: y\0Transfer-Encoding: chunked\r\n"),
        ("behind CR CR LF", "X: y\r\r\nTransfer-Encoding: chunked\r\n"),
        ("behind LF CR", "X: y\n\rTransfer-Encoding: chunked\r\n"),
        ("8-bit name", "Transfer-Encoding\u{E9}: chunked\r\n"),
        ("space in the name", "Transfer Encoding: chunked\r\n"), ("without a colon", "Transfer-Encoding chunked\r\n"),
        ("two colons in the name", "Transfer-Encoding:: chunked\r\n"),
        ("quoted name", "\"Transfer-Encoding\": chunked\r\n"),
        ("by Connection", "Connection: transfer-encoding\r\nTransfer-Encoding: x, chunked\r\n"),
        ("an empty name", ": chunked\r\n"), ("a name of a space", " : chunked\r\n"),
    ].map { .post("TE \($0.0)", $0.1, content, bad) }

    static let others: [Attack] = [
        Attack(
            "TE in HTTP/1.0",
            "POST {path}\(Attack.streamed) HTTP/1.0\r\nHost: {host}\r\n{who}Transfer-Encoding: chunked\r\n\r\n"
                + content, bad),
        .get("TE of a GET that is none", "Transfer-Encoding: identity\r\n", bad),
        .post("TE in another case", "tRANSFER-eNCODING: cHUNKED\r\n", content, passes),
        .post("TE with spaces and tabs around", "Transfer-Encoding: \t chunked \t\r\n", content, passes),
        .post(
            "TE named by Connection", "Connection: transfer-encoding, keep-alive\r\nTransfer-Encoding: chunked\r\n",
            content, passes),
        .post(
            "TE with an underscore, and chunks", "Transfer_Encoding: chunked\r\n", content,
            .answers([nil, "malformed_request"], reaching: ["POST " + Attack.streamed])),
        .post("TE with an underscore", "Transfer_Encoding: chunked\r\n", "", passes),
        .post("TE under another name", "X-Transfer-Encoding: chunked\r\n", "", passes),
        .post("TE in TE", "TE: chunked\r\nConnection: TE\r\n", "", passes),
    ]

    static let all = values + fields + others
}
