/// Which authority a request is for, said in ways that differ (RFC 9112, section 3.2).
enum HostAttacks {
    private static let bad = Outcome.ends("malformed_request")
    private static let elsewhere = Outcome.refused("authority_mismatch")
    private static let passes = Outcome.passes("GET /v1/customers")

    private static func host(_ value: String, _ outcome: Outcome) -> Attack {
        Attack("Host \(value)", "GET {path}/v1/customers HTTP/1.1\r\nHost:\(value)\r\n{who}\r\n", outcome)
    }

    private static let others: [Attack] =
        [
            " evil.example", " evil.{host}", " [::1]", " [::1]:443", " localhost", " 169.254.169.254",
            " api.stripe.com:8443",
            " api.stripe.com.evil.example", " files.stripe.com", " api.twilio.com", " {admin}", " {vendor}",
        ].map { host($0, elsewhere) }
        + [host(" api.stripe.com:80", elsewhere).but(.absolute, passes)]

    private static let invalid: [Attack] =
        [
            "", " ", " user@{host}", " user:pass@{host}", " {host}@evil.example", " {host}.", " {host}..", " .{host}",
            " {host},evil.example", " {host}, {host}", " {host} {host}", " {host} evil.example", " {host}/",
            " {host}/v1",
            " {host}?x", " {host}#x", " {host}\\evil.example", " http://{host}", " //{host}", " {host}:", " {host}:0",
            " {host}:99999", " {host}:http", " {host}:+443", " {host}:0443", " {host}:443:443", " {host}:4 43",
            " {host}]", " [{host}", " [api.stripe.com]", " {host}%00", " {host}%2f", " %61pi.stripe.com",
            " {host}\u{A0}",
            " \u{D0}\u{B0}pi.stripe.com", " {host}\u{C3}\u{A9}", " *", " *.stripe.com", " {host};x", " \"{host}\"",
            " {host}|x", " {host}`",
        ].map { host($0, bad) }

    private static let fields: [(String, String)] = [
        ("none", ""), ("two equal", "Host: {host}\r\nHost: {host}\r\n"),
        ("two", "Host: {host}\r\nHost: evil.example\r\n"),
        ("two, the other first", "Host: evil.example\r\nHost: {host}\r\n"),
        ("in two cases", "Host: {host}\r\nhOST: evil.example\r\n"),
        ("and an empty one", "Host: {host}\r\nHost:\r\n"), ("folded", "Host:\r\n {host}\r\n"),
        ("folded on", "Host: {host}\r\n evil.example\r\n"),
        ("space before the colon", "Host : {host}\r\n"),
        ("and one with a space", "Host: {host}\r\nHost : evil.example\r\n"),
        ("space before the name", " Host: {host}\r\n"), ("behind a bare CR", "Host: {host}\rX: y\r\n"),
        ("with a NUL", "Host: {host}\0\r\n"),
        ("with an underscore", "Ho_st: {host}\r\n"),
        ("far apart", "Host: {host}\r\nX: y\r\nAccept: */*\r\nHost: evil.example\r\n"),
    ]

    static let all: [Attack] =
        others + invalid
        + fields.map { Attack("Host: \($0.0)", "GET {path}/v1/customers HTTP/1.1\r\n\($0.1){who}\r\n", bad) } + [
            host("{host}", passes), host(" \t {host} \t", passes),
            host(" API.Stripe.COM", passes).but(.gateway, elsewhere),
            host(" api.stripe.com:443", passes).but(.gateway, elsewhere).but(.absolute, elsewhere),
            Attack(
                "another Host by Connection",
                "GET {path}/v1/customers HTTP/1.1\r\nHost: evil.example\r\nConnection: host\r\n{who}\r\n", elsewhere),
            Attack(
                "no Host by Connection",
                "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\nConnection: host\r\n{who}\r\n", passes),
            Attack(
                "another Host in HTTP/1.0", "GET {path}/v1/customers HTTP/1.0\r\nHost: evil.example\r\n{who}\r\n",
                .ends("authority_mismatch")),
            Attack(
                "two Hosts in HTTP/1.0",
                "GET {path}/v1/customers HTTP/1.0\r\nHost: {host}\r\nHost: {host}\r\n{who}\r\n", bad),
            Attack(
                "no Host in HTTP/1.0", "GET {path}/v1/customers HTTP/1.0\r\n{who}\r\n",
                .answers([nil], reaching: ["GET /v1/customers"])),
        ]
}

/// Who is the target of a request line (RFC 9112, section 3.2), where it is not a path.
enum TargetAttacks {
    private static let bad = Outcome.refused("malformed_request")

    private static func get(_ target: String, host: String = "{host}", _ outcome: Outcome, _ ways: [Way]) -> Attack {
        Attack("GET \(target) for \(host)", "GET \(target) HTTP/1.1\r\nHost: \(host)\r\n{who}\r\n", outcome, ways)
    }

    /// Forms that are none.
    private static let odd: [Attack] = [
        "*", "v1/customers", "api.stripe.com:443", "api.stripe.com/v1/customers", "http:/api.stripe.com/v1/customers",
        "http:api.stripe.com/v1/customers",
        "http//api.stripe.com/v1/customers", "://api.stripe.com/v1/customers", "ftp://api.stripe.com/v1/customers",
        "file:///etc/passwd",
        "gopher://api.stripe.com/v1/customers", "javascript:alert(1)", "ws://api.stripe.com/v1/customers",
        "http:///v1/customers", "https://", "http://:443/v1/customers",
        "http://user@api.stripe.com/v1/customers", "http://user:pass@api.stripe.com/v1/customers",
        "http://@api.stripe.com/v1/customers",
        "http://api.stripe.com@evil.example/v1/customers", "http://evil.example\\@api.stripe.com/v1/customers",
        "http://api.stripe.com\\v1/customers",
        "http://api.stripe.com./v1/customers", "http://.api.stripe.com/v1/customers",
        "http://api..stripe.com/v1/customers", "http://api.stripe.com:/v1/customers",
        "http://api.stripe.com:0/v1/customers", "http://api.stripe.com:99999/v1/customers",
        "http://api.stripe.com:+80/v1/customers",
        "http://api.stripe.com:080/v1/customers", "http://api.stripe.com:80:80/v1/customers",
        "http://api.stripe%2ecom/v1/customers", "http://%61pi.stripe.com/v1/customers",
        "http://api.stripe.com%00.evil.example/v1/customers", "http://api.stripe.com%2fv1/customers",
        "http://\u{D0}\u{B0}pi.stripe.com/v1/customers",
        "http://api.stripe.com,evil.example/v1/customers", "http://*/v1/customers",
        "http://[api.stripe.com]/v1/customers", "http://api.stripe.com;x/v1/customers",
    ].map { get($0, bad, Way.three) }

    /// Other places.
    private static let others: [Attack] = [
        "http://evil.example/v1/customers", "https://evil.example/v1/customers",
        "http://169.254.169.254/latest/meta-data/", "http://localhost/v1/customers",
        "http://127.0.0.1/v1/customers", "http://127.1/v1/customers", "http://2130706433/v1/customers",
        "http://0x7f000001/v1/customers", "http://0177.0.0.1/v1/customers",
        "http://[::1]/v1/customers", "http://[::ffff:127.0.0.1]/v1/customers", "http://0/v1/customers",
        "http://metadata.google.internal/computeMetadata/v1/",
        "http://api.stripe.com.evil.example/v1/customers", "http://evil-api.stripe.com/v1/customers",
        "http://stripe.com/v1/customers",
    ].flatMap { target -> [Attack] in
        let host = target.split(separator: "/")[1]
        return [
            get(target, host: String(host), .refused("host_not_allowed"), [.absolute]),
            get(target, host: "api.stripe.com", .refused("authority_mismatch"), [.absolute, .intercept]),
        ]
    }

    static let all: [Attack] =
        odd + others + [
            get(
                "http://api.stripe.com:443/v1/customers", host: "api.stripe.com:443", .refused("host_not_allowed"),
                [.absolute]),
            get(
                "https://api.stripe.com:80/v1/customers", host: "api.stripe.com:80", .refused("host_not_allowed"),
                [.absolute]),
            get(
                "http://api.stripe.com:8443/v1/customers", host: "api.stripe.com:8443", .refused("host_not_allowed"),
                [.absolute]),
            get("http://{admin}/v1/runs", host: "{admin}", .refused("host_not_allowed"), [.absolute]),
            get("http://{vendor}/v1/customers", host: "{vendor}", .refused("host_not_allowed"), [.absolute]),
            get(
                "https://api.stripe.com/v1/customers", host: "api.stripe.com", .passes("GET /v1/customers"),
                [.absolute, .intercept]),
            get(
                "https://api.stripe.com:443/v1/customers", host: "api.stripe.com:443", .passes("GET /v1/customers"),
                [.absolute, .intercept]),
            get(
                "HTTP://API.stripe.com/v1/customers", host: "api.stripe.com", .passes("GET /v1/customers"), [.absolute]),
            get(
                "http://api.stripe.com:80/v1/customers", host: "api.stripe.com:80", .passes("GET /v1/customers"),
                [.absolute]),
            get(
                "https://api.stripe.com:8443/v1/customers", host: "api.stripe.com", .refused("authority_mismatch"),
                [.intercept]),
            get(
                "https://api.twilio.com/v1/customers", host: "api.stripe.com", .refused("authority_mismatch"),
                [.intercept]),
            get(
                "https://api.stripe.com", host: "api.stripe.com", .refused("endpoint_not_allowed"),
                [.absolute, .intercept]),
            get(
                "https://api.stripe.com?x=/v1/customers", host: "api.stripe.com", .refused("endpoint_not_allowed"),
                [.absolute, .intercept]),
            get(
                "https://api.stripe.com#/v1/customers", host: "api.stripe.com", .refused("path_not_canonical"),
                [.absolute, .intercept]),
            get("//evil.example/v1/customers", .refused("path_not_canonical"), Way.three).but(
                .absolute, .refused("authority_mismatch")),
            get("///v1/customers", .refused("path_not_canonical"), Way.three).but(
                .absolute, .refused("authority_mismatch")),
            Attack("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: {host}\r\n{who}\r\n", bad),
            Attack(
                "OPTIONS", "OPTIONS {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}\r\n",
                .refused("endpoint_not_allowed")),
            get("http://{proxy}/stripe/v1/customers", .passes("GET /v1/customers"), [.gateway]),
            get("http://{proxy}/v1/customers", .refused("unknown_vendor"), [.gateway]),
            get("http://evil.example/stripe/v1/customers", .refused("authority_mismatch"), [.gateway]),
        ] + gateway

    private static let gateway: [Attack] =
        [
            "/Stripe/v1/customers", "/STRIPE/v1/customers", "/nobody/v1/customers", "/", "/api.stripe.com/v1/customers",
            "/v1/customers", "/stripe:/v1/customers",
            "/stripe@evil.example/v1/customers", "/_cofferdam", "/_cofferdam/../stripe/v1/customers",
            "/stripe%20/v1/customers", "/stripe./v1/customers", "/%20stripe/v1/customers",
            "/https://api.stripe.com/v1/customers", "/stripe=/v1/customers",
        ].map { get($0, .refused(pathFirst.contains($0) ? "path_not_canonical" : "unknown_vendor"), [.gateway]) }
        + [
            "/%73tripe/v1/customers", "/stripe%2fv1/customers", "/stripe%00/v1/customers",
            "/stripe/../acme/v1/customers", "/stripe/../stripe/v1/customers",
            "/acme/../stripe/v1/customers", "/stripe//v1/customers", "//stripe/v1/customers", "/./stripe/v1/customers",
            "/stripe/./v1/customers", "/stripe/%2e%2e/acme",
            "/stripe;x/v1/customers", "\\stripe\\v1\\customers", "/stripe\\v1/customers", "/str\u{EF}pe/v1/customers",
        ].map { get($0, $0.hasPrefix("\\") ? bad : .refused("path_not_canonical"), [.gateway]) } + [
            get("/acme/v1/customers", .refused("vendor_not_granted"), [.gateway]),
            get("/twilio/v1/customers", .refused("vendor_not_granted"), [.gateway]),
            get("/stripe", .refused("endpoint_not_allowed"), [.gateway]),
            get("/stripe/", .refused("endpoint_not_allowed"), [.gateway]),
            get("/stripe/v1/v1/customers", .passes("GET /v1/customers"), [.gateway]),
            get("/stripe/v1/v1/v1/customers", .refused("endpoint_not_allowed"), [.gateway]),
        ]

    private static let pathFirst: Set = [
        "/_cofferdam/../stripe/v1/customers", "/https://api.stripe.com/v1/customers", "/stripe%20/v1/customers",
        "/stripe./v1/customers", "/%20stripe/v1/customers",
    ]
}
