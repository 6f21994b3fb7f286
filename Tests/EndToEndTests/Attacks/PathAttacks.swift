import Foundation

/// Paths that one server reads as another path than the next, and methods that become others.
enum PathAttacks {
    private static let twoWays = Outcome.refused("path_not_canonical")

    static let paths: [Attack] =
        [
            "/v1/customers/../payouts", "/v1/customers/..", "/v1/customers/../", "/v1/../v1/customers",
            "/v1/./customers", "/v1/customers/.", "/./v1/customers", "/../v1/customers",
            "/v1/customers/%2e%2e/payouts", "/v1/customers/%2E%2E/payouts", "/v1/customers/.%2e/payouts",
            "/v1/customers/%2e./payouts", "/v1/customers/%2e", "/v1/customers/%2e/x",
            "/v1/customers/%252e%252e/payouts", "/v1/customers/%25252e%25252e/payouts",
            "/v1/customers/%%32%65%%32%65/payouts", "/v1/customers/..%2fpayouts",
            "/v1/customers/..%5cpayouts", "/v1/customers/..\\payouts", "/v1/customers/..;/payouts",
            "/v1/customers/..%3b/payouts", "/v1/customers/..%00/payouts",
            "/v1/customers/..%0d%0a/payouts", "/v1/customers/..%20/payouts", "/v1/customers/.. /payouts",
            "/v1/customers/..../payouts", "/v1/customers/.../payouts",
            // Longer than UTF-8 allows, and what some servers fold to ASCII.
            "/v1/customers/%c0%ae%c0%ae/payouts", "/v1/customers/%c0%2e%c0%2e/payouts",
            "/v1/customers/%e0%80%ae%e0%80%ae/payouts", "/v1/customers/%f0%80%80%ae/payouts",
            "/v1/customers/%f8%80%80%80%ae/payouts", "/v1/customers/..%c0%afpayouts",
            "/v1/customers/..%e0%80%afpayouts", "/v1/customers/..%c1%9cpayouts", "/v1/customers/%c0%80",
            "/v1/customers/%ff", "/v1/customers/%80", "/v1/customers/%c3", "/v1/customers/%c3x",
            "/v1/customers/%ed%a0%80", "/v1/customers/%f4%90%80%80",
            "/v1/customers/%u002e%u002e/payouts", "/v1/customers/%uff0e%uff0e/payouts",
            "/v1/customers/%ef%bc%8e%ef%bc%8e/payouts", "/v1/customers/..%ef%bc%8fpayouts",
            "/v1/customers/%e2%80%a4%e2%80%a4/payouts", "/v1/customers/..%e2%88%95payouts",
            "/v1/customers/..%e2%81%84payouts", "/v1/customers/%c2%85", "/v1/customers/%c2%a0",
            "//v1/customers", "/v1//customers", "/v1/customers//", "/v1/customers//x", "///v1/customers",
            "/v1/customers/x//", "/v1\\customers", "/\\v1/customers", "/v1/customers\\",
            "/v1/customers%2f", "/v1/customers%2Fx", "/v1%2fcustomers", "/v1/customers/%2f", "/v1/customers%5cx",
            "/v1/customers%5C", "/%2fv1/customers", "/v1/customers%252fx",
            "/v1/customers%255cx", "/v1/customers%00", "/v1/customers/%00", "/v1/customers%00.json", "/v1/cus%00tomers",
            "/v1/customers%0a", "/v1/customers%0d", "/v1/customers/%0d%0aX:%20y",
            "/v1/customers%09", "/v1/customers/%1f", "/v1/customers/%7f", "/v1/customers/%08", "/v1/customers;x",
            "/v1/customers;x=y/z", "/v1;x/customers", "/v1/customers/;", "/v1/customers%3bx",
            "/v1/customers/a;b", "/v1/%63ustomers", "/%76%31/customers", "/v1/customer%73", "/v1/customers/%41",
            "/v1/customers/%7e", "/v1/customers/%2d", "/v1/customers/%5f",
            "/v1/customers/%", "/v1/customers/%2", "/v1/customers/%zz", "/v1/customers/%2g", "/v1/customers/%%",
            "/v1/customers/% 2", "/v1/customers/%25", "/v1/customers/%2525",
            "/v1/customers#x", "/v1/customers/x#/../payouts", "/v1/customers#?x", "/v1/customers?x#y", "/v1/cust\u{E9}",
            "/v1/customers/\u{C3}\u{A9}", "/v1/customers/\u{C0}\u{AE}",
            "/v1/customers\"", "/v1/customers/<x>", "/v1/customers/^", "/v1/customers/`", "/v1/customers/{id}",
            "/v1/customers/a|b", "/v1/customers/[x]", "/v1/customers.", "/v1/customers/.x.",
            "/v1/customers/x.", "/v1/customers%20", "/v1/customers/%20", "/v1/customers/%20x", "/v1/customers/x%20",
            "/v1./customers", "/v1%20/customers", "/v1/customers/x%20/y",
            "/v1/customers?x=%", "/v1/customers?x=%zz", "/v1/customers?x=%2", "/v1/customers?x\\y",
            "/v1/customers?x=\u{E9}", "/v1/customers?x=\"y\"", "/v1/customers?x=<y>", "/v1/customers?x=`y`",
            "/v1/customers?x=^", "/v1/customers?x={y}",
        ].map { .get("path \($0)", "", path: $0, $0.contains(" ") ? .ends("malformed_request") : twoWays) }

    /// These pass by their wildcard, exactly as they came.
    static let honest: [Attack] = [
        "/v1/customers/a%40b", "/v1/customers/a@b:c", "/v1/customers/a%3Ab", "/v1/customers/%C3%A9",
        "/v1/customers/%E6%97%A5", "/v1/customers/a+b", "/v1/customers/a'b", "/v1/customers/a(b)",
        "/v1/customers/a%20b", "/v1/customers/a.b", "/v1/customers/.a", "/v1/customers/..a", "/v1/customers/a=b,c",
        "/v1/customers/a$b&c", "/v1/customers/~", "/v1/customers/-", "/v1/customers?x=%00",
        "/v1/customers?x=%2e%2e%2f", "/v1/customers?x[]=1&x[]=2", "/v1/customers?", "/v1/customers??",
        "/v1/customers?x=/../y", "/v1/customers/x?y;z", "/v1/customers?x=1&x=2", "/v1/customers/http:a",
    ].map { .get("path \($0)", "", path: $0, .passes("GET \($0)")) }

    /// What the policy does not list.
    static let unlisted: [Attack] = [
        "/V1/customers", "/v1/Customers", "/v1/CUSTOMERS", "/v1/customer", "/v1/customersx", "/v1/customers.json",
        "/v1/payouts", "/v2/customers", "/v1", "/", "/customers", "/v1/customers:x", "/v1/customers@x",
        "/v1/customers=", "/v1/customers+", "/v1/customers-", "/v1/customers~", "/v1/customers&x", "/v1/customers,x",
        "/v1/ephemeral_keys", "/_test/echo",
        "/v1/stripe/customers",
    ].map { .get("path \($0)", "", path: $0, .refused("endpoint_not_allowed")) }

    private static let overrides = [
        "_method", "_METHOD", "_Method", "%5fmethod", "_%6dethod", "_method%20", "+_method", "_method[]",
        "_method%5B%5D", "%5F%4D%45%54%48%4F%44", "X-HTTP-Method-Override", "x-http-method", "X-Method-Override",
        "_HttpMethod",
    ]

    static let overridden: [Attack] =
        overrides.flatMap { name -> [Attack] in
            let form = "\(name)=DELETE"
            return [
                .get("query \(name)", "", path: "/v1/customers?\(form)", .refused("malformed_request")),
                .get(
                    "query behind another: \(name)", "", path: "/v1/customers?x=y&\(form)&z",
                    .refused("malformed_request")),
                .get(
                    "query behind a semicolon: \(name)", "", path: "/v1/customers?x=y;\(form)",
                    .refused("malformed_request")),
                .post(
                    "form \(name)", Attack.form + "Content-Length: \(form.utf8.count)\r\n", form,
                    .refused("malformed_request")),
                .post(
                    "form in chunks \(name)", Attack.form + "Transfer-Encoding: chunked\r\n",
                    "1\r\nx\r\n1\r\n&\r\n\(String(form.utf8.count, radix: 16))\r\n\(form)\r\n0\r\n\r\n",
                    .refused("malformed_request")),
                .post(
                    "multipart \(name)", multipart(name).0, multipart(name).1, .refused("malformed_request")),
            ]
        } + contents

    private static func multipart(_ name: String) -> (String, String) {
        let content = "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\nDELETE\r\n--b--\r\n"
        return ("Content-Type: multipart/form-data; boundary=b\r\nContent-Length: \(content.utf8.count)\r\n", content)
    }

    /// Forms that do not call themselves so, or do so twice.
    private static let contents: [Attack] = [
        .post(
            "two types", "Content-Type: text/plain\r\n\(Attack.form)Content-Length: 14\r\n", "_method=DELETE",
            .ends("malformed_request")),
        .post(
            "two types, the form first", "\(Attack.form)Content-Type: text/plain\r\nContent-Length: 14\r\n",
            "_method=DELETE", .ends("malformed_request")),
        .post(
            "a form in another charset",
            "Content-Type: application/x-www-form-urlencoded; charset=utf-7\r\nContent-Length: 14\r\n",
            "_method=DELETE", .refused("malformed_request")),
        .post(
            "a form in another case", "Content-Type: APPLICATION/X-WWW-FORM-URLENCODED\r\nContent-Length: 14\r\n",
            "_method=DELETE", .refused("malformed_request")),
        .post(
            "a form with a parameter", "Content-Type: application/x-www-form-urlencoded;x=y\r\nContent-Length: 14\r\n",
            "_method=DELETE", .refused("malformed_request")),
        .post(
            "an encoded form", "\(Attack.form)Content-Encoding: gzip\r\nContent-Length: 14\r\n", "_method=DELETE",
            .refused("malformed_request")),
        .post(
            "JSON", "Content-Type: application/json\r\nContent-Length: 20\r\n", "{\"_method\":\"DELETE\"}",
            .refused("malformed_request")),
        .post(
            "multipart in chunks", "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n",
            "32\r\n--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n12\r\n\r\n\r\nDELETE\r\n--b--\r\n\r\n0\r\n\r\n",
            .ends("malformed_request")),
    ]

    static let methods: [Attack] =
        [
            "TRACE", "TRACK", "DEBUG", "PROPFIND", "MKCOL", "COPY", "MOVE", "LOCK", "PURGE", "LINK", "BREW", "SEARCH",
            "get", "Get", "gET", "post", "GETT", "GE", "XGET", "GET1", "G-E-T", "QUERY", "PRI", "connect", "M-SEARCH",
            "!", "HTTP", "UPDATE", "trace", "SUBSCRIBE",
        ]
        .map { .line("\($0) {path}/v1/customers HTTP/1.1", .ends("method_not_allowed")) }
        + ["DELETE", "PUT", "PATCH", "OPTIONS"].map {
            .line("\($0) {path}/v1/customers HTTP/1.1", .refused("endpoint_not_allowed"))
        }
        + [
            .line("HEAD {path}/v1/customers HTTP/1.1", .passes("HEAD /v1/customers")),
            .line("HEAD {path}/v1/payouts HTTP/1.1", .refused("endpoint_not_allowed")),
            .line("POST {path}/v1/customers HTTP/1.1", .refused("endpoint_not_allowed")),
            .line("GET {path}/v1/payment_intents HTTP/1.1", .refused("endpoint_not_allowed")),
            .line("DELETE {path}/v1/customers/c HTTP/1.1", .refused("endpoint_not_allowed")),
            .line("POST {path}/v1/customers/c HTTP/1.1", .refused("endpoint_not_allowed")),
        ]

    static let all = paths + honest + unlisted + overridden + methods
}

/// What no wildcard reaches, in other spellings, for a run that may do everything else (`/*`).
enum SensitiveAttacks {
    private static let endpoints = [
        "ephemeral_keys", "account_sessions", "webhook_endpoints", "tax_ids", "forwarding/requests",
    ]

    private static let hidden = [
        "/v1/{}", "/v1/{}/", "/v1/{}?x=y", "/v1/{}?", "/V1/{}", "/v1/{upper}", "/V1/{upper}/", "/v1/{title}",
    ]

    private static let odd = [
        "/v1/{}.", "/v1/{}%20", "/v1/%20{}", "/v1/{}%00", "/v1/{}%0a", "/v1/{}%2f", "/v1/{}//", "/v1//{}", "//v1/{}",
        "/v1/./{}", "/v1/x/../{}", "/v1/{}/.",
        "/v1/{}/x/..", "/v1/{}/%2e", "/v1/%2e/{}", "/v1/{}%2e", "/v1/{};x=y", "/v1/{}%3b", "/v1/{}#x",
        "/v1/{}%23\u{E9}", "/v1\\{}", "/v1%2f{}", "/v1%5c{}", "/%76%31/{}", "/v1./{}", "/v1%20/{}",
        "/v1/{}%c0%ae", "/v1/{}%ff", "/v1/{}%c2%a0", "/v1/{}%ef%bc%8f", "/v1/x/%c0%ae%c0%ae/{}", "/v1/x/..%c0%af{}",
    ]

    private static func post(_ path: String, _ endpoint: String, _ outcome: Outcome) -> Attack {
        let path = path.replacing("{}", with: endpoint).replacing("{upper}", with: endpoint.uppercased())
            .replacing("{title}", with: endpoint.capitalized)
        return .post("sensitive \(path)", "Content-Length: 0\r\n", to: path, outcome)
    }

    static let all: [Attack] = endpoints.flatMap { endpoint in
        hidden.map { post($0, endpoint, .refused("endpoint_not_allowed")) }
            + odd.map { post($0, endpoint, .refused("path_not_canonical")) }
    }
}
