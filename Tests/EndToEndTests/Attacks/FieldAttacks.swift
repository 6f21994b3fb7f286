/// Fields that would make another request of it, or another caller.
enum FieldAttacks {
    private static let passes = Outcome.passes("GET /v1/customers")
    private static let bad = Outcome.refused("malformed_request")
    private static let live = "sk_live_0123456789abcdef01234567"

    /// Dropped, whatever they say: the vendor sees none of them.
    static let dropped: [Attack] = [
        "Forwarded: for=127.0.0.1;host=evil.example;proto=http", "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http", "X-Forwarded-Port: 1",
        "X-Forwarded-Prefix: /v1/payouts", "X-Forwarded-Path: /v1/payouts", "X-Forwarded-URI: /v1/payouts",
        "X-Forwarded-Server: evil.example", "X-Forwarded-User: root", "X-Forwarded: 127.0.0.1",
        "X-Real-IP: 127.0.0.1", "True-Client-IP: 127.0.0.1", "X-Client-IP: 127.0.0.1", "X-Cluster-Client-IP: 127.0.0.1",
        "CF-Connecting-IP: 127.0.0.1", "Via: 1.1 evil.example",
        "X-Host: evil.example", "X-Original-Host: evil.example", "Cookie: session=1", "Cookie: \(live)",
        "Proxy-Connection: keep-alive", "Proxy-Foo: x", "Proxy-Authenticate: Basic", "Keep-Alive: timeout=5",
        "TE: trailers", "TE: trailers, deflate;q=0.5", "Trailer: Authorization", "Connection: keep-alive",
        "Connection: ,", "Connection:", "Connection: TE\r\nTE: trailers",
        "HTTP2-Settings: AAMAAABkAAQAAP__", "Connection: HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
        "Stripe-Version: 2020-01-01", "Stripe_Version: 2020-01-01", "Stripe_Account: acct_2",
        "X_Forwarded_For: 127.0.0.1", "X_HTTP_Method_Override: DELETE", "Authori_zation: Bearer x", "Content_Length: 5",
        "Transfer_Encoding: chunked", "Accept-Encoding: gzip, br", "Accept-Encoding: identity;q=0",
        "Connection: X-Hop\r\nX-Hop: 1", "Connection: x-hop, close2, X-HOP\r\nX-Hop: 1\r\nx-hOp: 2",
        "Connection: accept-encoding\r\nAccept-Encoding: gzip", "Expect: 100-continue", "Cofferdam-Request-Id: 1",
        "X-Agent-Run-Id: {run}", "Alt-Used: evil.example", "X-Api-Key: \(live)", "Stripe-Key: \(live)",
        "X-Key: Bearer \(live)", "X-Sent: {ownKey}", "X-Sent: x={otherKey};y",
    ].map { .get($0, $0 + "\r\n", passes) }

    /// Named by Connection, so that a naive proxy drops what it has just put in or judged.
    static let named: [Attack] = [
        "authorization", "Authorization", "host", "content-type", "accept-encoding", "x-agent-run-id",
        "proxy-authorization", "close2, authorization", "keep-alive, Authorization, host", "content-length",
        "transfer-encoding",
        "connection", "via", "x-forwarded-for", "user-agent", "\"authorization\"", "authorization;q=1",
        "stripe-account", "x-http-method-override",
    ].map { .get("Connection: \($0)", "Connection: \($0)\r\n", passes) }

    static let refused: [Attack] =
        [
            "X-HTTP-Method-Override: DELETE", "x-http-method-override: delete", "X-HTTP-Method: DELETE",
            "X-Method-Override: DELETE", "X-HTTP-Method-Override:", "X-Original-Method: DELETE",
            "X-Original-URL: /v1/payouts",
            "X-Rewrite-URL: /v1/payouts", "X-Original-URI: /v1/payouts", "X-Rewrite-URI: /v1/payouts",
            "Connection: x-http-method-override\r\nX-HTTP-Method-Override: DELETE",
            "Connection: x-original-url\r\nX-Original-URL: /v1/payouts", "X-Override-URL: /v1/payouts",
            "X-WAWS-Unencoded-URL: /v1/payouts",
            "X-Agent-Run-Id: attack-2", "X-Agent-Run-Id: {run}\r\nX-Agent-Run-Id: attack-2",
            "X-Agent-Run-Id: {run}\r\nX-Agent-Run-Id: {run}", "X-Agent-Run-Id:", "X-Agent-Run-Id: ../x",
            "X-Agent-Run-Id: \u{E9}",
            "X-Agent-Run-Id: wide-1", "Connection: x-agent-run-id\r\nX-Agent-Run-Id: attack-2",
        ].map { .get($0, $0 + "\r\n", bad) }
        + [
            "Stripe-Account: acct_2", "stripe-account: acct_2", "Stripe-Account:", "Stripe-Context: acct_2",
            "STRIPE-CONTEXT: x", "Connection: stripe-account\r\nStripe-Account: acct_2",
            "Stripe-Account: acct_1\r\nStripe-Account: acct_2",
        ].map { .get($0, $0 + "\r\n", .refused("account_not_allowed")) }
        + [
            "Upgrade: h2c", "Upgrade: websocket",
            "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13",
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__", "Upgrade:",
            "upgrade: TLS/1.0", "Upgrade: HTTP/2.0", "Connection: upgrade\r\nUpgrade: h2c, websocket",
        ].map { .get($0, $0 + "\r\n", .ends("upgrade_not_supported")) }
        + [
            "Expect: 200-ok", "Expect: 100-continue, x", "Expect: 100-continue\r\nExpect: 200-ok", "Expect:",
            "Expect: 100 continue", "Expect: 100-continue;x", "Expect: \"100-continue\"", "Expect: 101-switching",
            "Expect: x\r\nExpect: 100-continue",
        ].map { .get($0, $0 + "\r\n", .ends("malformed_request")) }

    static let all = dropped + named + refused
}

/// Parameters that select another account or version where the vendor looks for no field.
enum AccountAttacks {
    private static let names = [
        "_stripe_account", "_STRIPE_ACCOUNT", "%5fstripe%5Faccount", "_stripe_account[]", "_stripe_version",
        "_stripe.account", "_stripe%20account", "_stripe[account", "_stripe_account%00", "%0a_stripe_account",
    ]
    private static let refused = Outcome.refused("account_not_allowed")

    private static func type(_ type: String, _ content: String) -> String {
        "Content-Type: \(type)\r\nContent-Length: \(content.utf8.count)\r\n"
    }

    private static let parameters = names.flatMap { name -> [Attack] in
        let form = "amount=100&currency=usd&\(name)=acct_2"
        let length = "Content-Length: \(form.utf8.count)\r\n"
        let isRead = !name.contains("%0") && !name.contains("%20") && !name.contains("[a")
        return [
            .get("query \(name)", "", path: "/v1/customers?\(name)=acct_2", refused),
            .get("query behind another: \(name)", "", path: "/v1/customers?x=y&\(name)=acct_2", refused),
            .post("form \(name)", Attack.form + length, form, refused),
            .post(
                "priced form \(name)", Attack.form + length, form, to: Attack.priced,
                isRead ? refused : .refused("amount_ambiguous")),
            .post("form without a type \(name)", length, form, untyped: true, refused),
            .post(
                "form whose type is taken away \(name)", "Connection: content-type\r\n" + Attack.form + length, form,
                refused),
        ]
    }

    /// Types that some framework reads as a form's.
    private static let types = [
        "application/x-www-form-urlencoded; charset=utf-16", "application/x-www-form-urlencoded, x",
        "application/x-www-form-urlencoded,", "application/x-www-form-urlencoded x",
        "APPLICATION/X-WWW-FORM-URLENCODED",
    ].flatMap { name -> [Attack] in
        let form = "_stripe_account=acct_2"
        let get = "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}"
        return [
            .post("form as \(name)", type(name, form), form, refused),
            Attack("GET with a form as \(name)", get + type(name, form) + "\r\n" + form, refused),
        ]
    }

    private static let contents = names.filter { !$0.contains("%") && !$0.contains("[") }.flatMap { name -> [Attack] in
        let json = "{\"amount\":100,\"currency\":\"usd\",\"\(name)\":\"acct_2\"}"
        let isPlain = !name.contains(".")
        return [
            .post("JSON that becomes a form \(name)", type("application/json", json), json, to: Attack.priced, refused)
        ] + (isPlain ? parts(name) : [])
    }

    private static func parts(_ name: String) -> [Attack] {
        [
            "form-data; name=\"\(name)\"", "form-data; name = \(name)", "form-data;\r\n name=\"\(name)\"",
            "form-data; name*=utf-8''\(name)", "form-data; name=\"\\\(name)\"", "form-data; filename=x; name='\(name)'",
        ].map { disposition in
            let part = "--b\r\nContent-Disposition: \(disposition)\r\n\r\nacct_2\r\n--b--\r\n"
            return .post("multipart \(disposition)", type("multipart/form-data; boundary=b", part), part, refused)
        }
    }

    static let all = parameters + types + contents
}

/// Two callers in one request, and other people's keys.
enum IdentityAttacks {
    private static let passes = Outcome.passes("GET /v1/customers")
    private static let two = Outcome.refused("malformed_request")
    private static let unknown = Outcome.refused("vault_key_invalid")
    private static let live = "sk_live_0123456789abcdef01234567"
    /// Basic of a placeholder.
    private static let basic = "Authorization: Basic c2tfdGVzdF94Og=="

    /// Beside the caller's own credential.
    static let beside: [Attack] =
        [
            "Authorization: Bearer \(live)", "Authorization: Bearer sk_test_cofferdam", "Authorization: Bearer None",
            "Authorization:", "Authorization: Bearer", basic, "Authorization: Digest x",
            "Authorization: Bearer \(live)\r\nAuthorization: Bearer rk_live_0123456789abcdef01234567",
        ].map { .get("beside: \($0)", $0 + "\r\n", passes).but(.gateway, unknown) }
        + [
            "Authorization: Bearer vault_key_0123456789abcdef0123456789abcdef", "Authorization: Bearer vk_x",
            "Authorization: Bearer run_secret_x", "Authorization: Bearer {otherKey}", "Authorization: {otherKey}",
            "Authorization: bearer {otherKey}", "authorization: Bearer {otherKey}",
        ].map { .get("beside: \($0)", $0 + "\r\n", .refused("vault_key_invalid")).but(.gateway, two) }

    static let all: [Attack] =
        beside + [
            Attack(
                "two proxy credentials", "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}{other}\r\n",
                .ends("malformed_request"), [.absolute]),
            Attack(
                "two proxy credentials, the other first",
                "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{other}{who}\r\n", .ends("malformed_request"),
                [.absolute]),
            Attack(
                "the same proxy credential twice", "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{own}{who}\r\n",
                .ends("malformed_request"), [.absolute]),
            Attack(
                "another's proxy credential inside", "GET /v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}{other}\r\n",
                two, [.intercept]),
            Attack(
                "the same proxy credential inside", "GET /v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}{own}\r\n",
                passes, [.intercept]),
            Attack(
                "a proxy credential inside that is none",
                "GET /v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}Proxy-Authorization: Bearer x\r\n\r\n", two,
                [.intercept]),
            Attack(
                "another's proxy credential beside a key",
                "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}{other}\r\n", unknown, [.gateway]),
            Attack(
                "the own proxy credential beside a key",
                "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}{own}\r\n", passes, [.gateway]),
            Attack(
                "nobody", "GET http://api.stripe.com/v1/customers HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n",
                .refused("proxy_authentication_required"), [.bare]),
            Attack(
                "nobody at the gateway", "GET /stripe/v1/customers HTTP/1.1\r\nHost: {host}\r\n\r\n",
                .refused("credential_missing"), [.bare]),
            Attack(
                "a Bearer to the proxy",
                "GET http://api.stripe.com/v1/customers HTTP/1.1\r\nHost: api.stripe.com\r\nProxy-Authorization: Bearer {ownKey}\r\n\r\n",
                .refused("proxy_authentication_required"), [.bare]),
            Attack(
                "an unknown run",
                "GET http://api.stripe.com/v1/customers HTTP/1.1\r\nHost: api.stripe.com\r\nProxy-Authorization: Basic eDp5\r\n\r\n",
                .refused("proxy_authentication_required"), [.bare]),
            .get("the own key again", "Authorization: Bearer {ownKey}\r\n", passes),
            .get("the own key in the query", "", path: "/v1/customers?api_key={ownKey}", two),
            .get("another's key in the query", "", path: "/v1/customers?key={otherKey}", two),
            .get("another's key in the query, escaped", "", path: "/v1/customers?key=%72{otherTail}", two),
            .get("a vendor's key in the query", "", path: "/v1/customers?api_key=\(live)", two),
            .get(
                "a vendor's key in the query, escaped", "",
                path: "/v1/customers?x=y&access_token=%73k_live_0123456789abcdef01234567", two),
            .get("a vendor's key in the path", "", path: "/v1/customers/\(live)", two),
        ]
}
