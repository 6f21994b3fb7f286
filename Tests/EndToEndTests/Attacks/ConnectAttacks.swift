/// What comes instead of a good CONNECT, or behind one.
enum ConnectAttacks {
    private static let bad = Outcome.ends("malformed_request")

    private static func connect(_ target: String, _ outcome: Outcome, more: String = "{own}") -> Attack {
        Attack(
            "CONNECT \(target) \(more)", "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n\(more)\r\n", outcome,
            [.bare])
    }

    /// No host and port.
    private static let odd: [Attack] = [
        "api.stripe.com", "api.stripe.com:", "api.stripe.com:0", "api.stripe.com:99999", "api.stripe.com:65536",
        "api.stripe.com:+443", "api.stripe.com:-443", "api.stripe.com:0443", "api.stripe.com:443x",
        "api.stripe.com:0x1bb", "api.stripe.com:https", "api.stripe.com:443:443", "api.stripe.com:443/",
        "api.stripe.com:443/v1", "api.stripe.com:443?x", "api.stripe.com:443#x", "/", "*", ":443", ":80", "443",
        "api.stripe.com.:443", ".api.stripe.com:443", "api..stripe.com:443", "user@api.stripe.com:443",
        "user:pass@api.stripe.com:443", "api.stripe.com:443@evil.example:443", "api.stripe.com%00.evil.example:443",
        "api.stripe.com%2eevil.example:443", "%61pi.stripe.com:443", "http://api.stripe.com:443",
        "https://api.stripe.com:443/", "//api.stripe.com:443", "api.stripe.com,evil.example:443",
        "[api.stripe.com]:443",
        "[::1:443", "::1:443", "[g::]:443", "[::1]x:443", "api.stripe.com:\u{B2}", "\u{D0}\u{B0}pi.stripe.com:443",
        "\u{C3}\u{A4}pi.stripe.com:443", "*.stripe.com:443", "api.stripe.com\\:443", "api.stripe.com;x:443",
        "'api.stripe.com':443",
        "api.stripe.com:443,api.stripe.com:443", "[fe80::1%25eth0]:443",
    ].map { connect($0, bad) }

    /// Places that nobody may go to.
    private static let others: [Attack] = [
        "evil.example:443", "api.stripe.com.evil.example:443", "evil-api.stripe.com:443", "stripe.com:443",
        "api.stripe.com:80", "api.stripe.com:8443", "api.stripe.com:22", "localhost:443", "localhost:{adminPort}",
        "127.0.0.1:443", "127.0.0.1:80", "{admin}", "{vendor}", "127.1:443", "2130706433:443", "0x7f000001:443",
        "0177.0.0.1:443", "0:443", "0.0.0.0:443", "[::1]:443", "[::]:443", "[::ffff:127.0.0.1]:443",
        "[::ffff:7f00:1]:443", "169.254.169.254:80", "169.254.169.254:443", "[fd00:ec2::254]:80",
        "metadata.google.internal:80", "10.0.0.1:443", "192.168.0.1:443", "xn--api-stripe.com:443",
        "api_stripe.com:443", "[::1]:{adminPort}",
        "0.0.0.0:{adminPort}", "127.0.0.2:{adminPort}", "api.keybrake.com.evil.example:443",
    ].map { connect($0, .ends("host_not_allowed")) }

    static let heads: [Attack] = [
        connect("api.stripe.com:443", .refused("proxy_authentication_required"), more: ""),
        connect("api.stripe.com:443", bad, more: "{own}{other}"),
        connect("api.stripe.com:443", bad, more: "{other}{own}"),
        connect(
            "api.stripe.com:443", .refused("proxy_authentication_required"),
            more: "Proxy-Authorization: Bearer {ownKey}\r\n"),
        connect(
            "api.stripe.com:443", .refused("proxy_authentication_required"), more: "Authorization: Bearer {ownKey}\r\n"),
        connect("evil.example:443", .refused("proxy_authentication_required"), more: ""),
        connect("api.stripe.com:443", bad, more: "{own}Content-Length: 5\r\n"),
        connect("api.stripe.com:443", bad, more: "{own}Transfer-Encoding: chunked\r\n"),
        connect("api.stripe.com:443", bad, more: "{own}Transfer-Encoding: identity\r\n"),
        connect("api.stripe.com:443", bad, more: "{own}Content-Length: 0, 0\r\n"),
        connect("api.stripe.com:443", bad, more: "{own}Expect: x\r\n"),
        connect("api.stripe.com:443", bad, more: "{own}Host: evil.example\r\n"),
        connect("api.stripe.com:443", bad, more: "{own} X: y\r\n"),
        connect("api.stripe.com:443", bad, more: "{own}X-Agent-Run-Id: ../x\r\n"),
        connect("api.stripe.com:443", bad, more: "{own}X-Agent-Run-Id: attack-2\r\nX-Agent-Run-Id: {run}\r\n"),
        connect("api.stripe.com:443", .ends("upgrade_not_supported"), more: "{own}Upgrade: h2c\r\n"),
        Attack("CONNECT HTTP/2.0", "CONNECT api.stripe.com:443 HTTP/2.0\r\n{own}\r\n", bad, [.bare]),
        Attack(
            "connect", "connect api.stripe.com:443 HTTP/1.1\r\nHost: x\r\n{own}\r\n", .ends("method_not_allowed"),
            [.bare]),
    ]

    /// A Host that is not the target's.
    private static let hosts: [Attack] = [
        ("evil.example", "authority_mismatch"), ("evil.example:443", "authority_mismatch"),
        ("api.stripe.com:80", "authority_mismatch"), ("api.twilio.com:443", "authority_mismatch"),
        ("{admin}", "authority_mismatch"), ("user@api.stripe.com:443", "malformed_request"),
        ("a b", "malformed_request"), ("", "malformed_request"), ("https://api.stripe.com/", "malformed_request"),
        ("api.stripe.com:443, evil.example", "malformed_request"), ("\u{E9}", "malformed_request"),
    ].map { host, code in
        let head = "CONNECT api.stripe.com:443 HTTP/1.1\r\nHost: \(host)\r\n{own}\r\n"
        return Attack("CONNECT with Host \(host)", head, .ends(code), [.bare])
    }

    private static let lines: [Attack] = [
        Attack("CONNECT with LF", "CONNECT api.stripe.com:443 HTTP/1.1\n{own}\n", bad, [.bare]),
        Attack(
            "GET in authority-form", "GET api.stripe.com:443 HTTP/1.1\r\nHost: api.stripe.com\r\n{own}\r\n",
            .refused("malformed_request"), [.bare]),
    ]

    /// A good CONNECT, and no TLS behind it.
    static let behind: [Attack] = [
        "GET /v1/customers HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n", "CONNECT evil.example:443 HTTP/1.1\r\n{own}\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u{16}\u{3}\u{1}\u{0}\u{40}" + String(repeating: "x", count: 600),
        "\0\0\0\0\0\0\0\0", "SSH-2.0-x\r\n",
    ].map {
        Attack(
            "behind CONNECT: \($0.prefix(30))",
            "CONNECT api.stripe.com:443 HTTP/1.1\r\nHost: api.stripe.com:443\r\n{own}\r\n" + $0, .silence, [.bare])
    }

    /// Inside a tunnel there is no way further.
    static let inside: [Attack] = [
        "api.stripe.com:443", "evil.example:443", "{admin}", "{proxy}", "169.254.169.254:80",
    ].flatMap {
        [
            Attack(
                "CONNECT \($0) inside", "CONNECT \($0) HTTP/1.1\r\nHost: \($0)\r\n{own}\r\n",
                .ends("method_not_allowed"), [.intercept])
        ]
    }

    static let all = odd + others + heads + hosts + lines + behind + inside
}

/// Several requests at once: each is judged by itself.
enum PipelineAttacks {
    private static func get(_ path: String) -> String { "GET {path}\(path) HTTP/1.1\r\nHost: {host}\r\n{who}\r\n" }

    private static func post(_ path: String, _ lines: String, _ content: String) -> String {
        "POST {path}\(path) HTTP/1.1\r\nHost: {host}\r\n{who}\(lines)\r\n\(content)"
    }

    private static let (good, forbidden) = (get("/v1/customers"), get("/v1/payouts"))
    private static let bad = "GET {path}/v1/customers HTTP/1.1\r\nHost : {host}\r\n{who}\r\n"
    private static let other = "GET {path}/v1/customers HTTP/1.1\r\nHost: evil.example\r\n{who}\r\n"
    private static let seen = "GET /v1/customers"
    private static let sent = "POST " + Attack.streamed

    static let all: [Attack] = [
        Attack("good, forbidden", good + forbidden, .answers([nil, "endpoint_not_allowed", nil], reaching: [seen])),
        Attack("forbidden, good", forbidden + good, .answers(["endpoint_not_allowed", nil, nil], reaching: [seen])),
        Attack("good, ambiguous, good", good + bad + good, .answers([nil, "malformed_request"], reaching: [seen])),
        Attack("ambiguous, good", bad + good, .ends("malformed_request")),
        Attack(
            "good, elsewhere, good", good + other + good,
            .answers([nil, "authority_mismatch", nil, nil], reaching: [seen, seen])),
        Attack(
            "good, dots, good", good + get("/v1/../x") + good,
            .answers([nil, "path_not_canonical", nil, nil], reaching: [seen, seen])),
        Attack(
            "a hundred", String(repeating: good, count: 30),
            .answers(Array(repeating: nil, count: 31), reaching: Array(repeating: seen, count: 30))),
        Attack(
            "refused with content like a request",
            post("/v1/payouts", "Content-Length: 44\r\n", "GET /v1/secret HTTP/1.1\r\nHost: evil.exam\r\n\r\n"),
            .refused("endpoint_not_allowed")),
        Attack(
            "refused with chunks like a request",
            post(
                "/v1/payouts", "Transfer-Encoding: chunked\r\n",
                "2c\r\nGET /v1/secret HTTP/1.1\r\nHost: evil.exam\r\n\r\n\r\n0\r\n\r\n"),
            .refused("endpoint_not_allowed")),
        Attack(
            "refused with broken chunks",
            post(
                "/v1/payouts", "Transfer-Encoding: chunked\r\n",
                "1\r\nGET /v1/secret HTTP/1.1\r\nHost: evil.example\r\n\r\n"), .ends("endpoint_not_allowed")),
        Attack(
            "refused with content that waits", post("/v1/payouts", "Expect: 100-continue\r\nContent-Length: 5\r\n", ""),
            .ends("endpoint_not_allowed")),
        Attack(
            "refused with much content", post("/v1/payouts", "Content-Length: 70000\r\n", get("/v1/customers/hidden")),
            .ends("endpoint_not_allowed")),
        Attack(
            "content like a request",
            post(Attack.streamed, "Content-Length: 44\r\n", "GET /v1/secret HTTP/1.1\r\nHost: evil.exam\r\n\r\n"),
            .passes(sent)),
        Attack(
            "content that waits and comes",
            post(Attack.streamed, "Expect: 100-continue\r\nContent-Length: 5\r\n", "hello"), .passes(sent)),
        Attack(
            "a request in a GET's content",
            "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}Content-Length: 44\r\n\r\nGET /v1/secret HTTP/1.1\r\nHost: evil.exam\r\n\r\n",
            .passes(seen)),
        Attack(
            "a refused HEAD with content",
            "HEAD {path}/v1/payouts HTTP/1.1\r\nHost: {host}\r\n{who}Content-Length: 5\r\n\r\nhello",
            .refused("endpoint_not_allowed")),
        Attack(
            "close, then more",
            "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}Connection: close\r\n\r\n" + good,
            .answers([nil], reaching: [seen])),
        Attack(
            "close among others, then more",
            "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}Connection: x, CLOSE , y\r\n\r\n" + good,
            .answers([nil], reaching: [seen])),
        Attack(
            "HTTP/1.0 with keep-alive, then more",
            "GET {path}/v1/customers HTTP/1.0\r\nHost: {host}\r\n{who}Connection: keep-alive\r\n\r\n" + good,
            .answers([nil], reaching: [seen])),
        Attack(
            "good, forbidden by method", good + "TRACE {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n\r\n" + good,
            .answers([nil, "method_not_allowed"], reaching: [seen])),
        Attack(
            "other callers behind one another",
            good + "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}X-Agent-Run-Id: attack-2\r\n\r\n" + good,
            .answers([nil, "malformed_request", nil, nil], reaching: [seen, seen])),
    ]
}
