import Testing

@testable import Core

@Suite struct `One authority, three ways in` {
    private func bind(
        _ way: Arrival.Way, _ target: String, host: [String], method: Core.Method = .get
    ) -> Result<Target, Refusal> {
        let head = RequestHead(method: method, target: Array(target.utf8), fields: Fields(host.map { ("Host", $0) }))
        do throws(Refusal) {
            return .success(try Binder(rules: Example.rules()).bind(Arrival(head: head, way: way, lane: 0)))
        } catch { return .failure(error) }
    }

    private let tunnel = Arrival.Way.tunnel(host: "api.stripe.com", nil, runID: nil)

    @Test(arguments: [
        ("/v1/x", "api.stripe.com"), ("/v1/x", "API.STRIPE.COM:443"), ("https://api.stripe.com/v1/x", "api.stripe.com"),
        ("https://api.stripe.com:443/v1/x", "api.stripe.com"), ("https://api.stripe.com/v1/x", "api.stripe.com:443"),
    ]) func `a tunnel's requests are for its host`(_ target: String, _ host: String) throws {
        let bound = try bind(tunnel, target, host: [host]).get()
        #expect(bound.host == "api.stripe.com" && bound.path.text == "/v1/x" && bound.way == .intercept)
    }

    @Test(arguments: [
        ("/v1/x", "files.stripe.com", "authority_mismatch"), ("/v1/x", "evil.com", "authority_mismatch"),
        ("/v1/x", "api.stripe.com:80", "authority_mismatch"), ("/v1/x", "api.stripe.com.", "authority_mismatch"),
        ("/v1/x", "", "authority_mismatch"), ("http://api.stripe.com/v1/x", "api.stripe.com", "authority_mismatch"),
        ("http://api.stripe.com:80/v1/x", "api.stripe.com", "authority_mismatch"),
        ("/v1/x", "127.0.0.1:4700", "authority_mismatch"),
        ("https://evil.com/v1/x", "api.stripe.com", "authority_mismatch"),
        ("https://api.stripe.com:444/v1/x", "api.stripe.com", "authority_mismatch"),
        ("https://api.stripe.com@evil.com/", "api.stripe.com", "malformed_request"),
        ("https://evil.com\\@api.stripe.com/", "api.stripe.com", "malformed_request"),
        ("ftp://api.stripe.com/", "api.stripe.com", "malformed_request"), ("*", "api.stripe.com", "malformed_request"),
        ("api.stripe.com:443", "api.stripe.com", "malformed_request"),
        ("https:/api.stripe.com/", "api.stripe.com", "malformed_request"),
        ("/v1/x?_method=DELETE", "api.stripe.com", "malformed_request"),
        ("/v1/x?a=1&%5Fmethod=DELETE", "api.stripe.com", "malformed_request"),
        ("/v1/x?a=1;_METHOD=DELETE", "api.stripe.com", "malformed_request"),
    ]) func `anything else in a tunnel is refused`(_ target: String, _ host: String, _ code: String) {
        guard case .failure(let refusal) = bind(tunnel, target, host: [host]) else {
            Issue.record("bound")
            return
        }
        #expect(refusal.code == code)
    }

    @Test(arguments: [
        ("http://api.stripe.com/v1/x", "api.stripe.com", "api.stripe.com", Target.Way.absolute),
        ("https://files.stripe.com/v1/x", "files.stripe.com", "files.stripe.com", .absolute),
        ("http://api.stripe.com:80/v1/x", "api.stripe.com:80", "api.stripe.com", .absolute),
        ("/stripe/v1/x", "127.0.0.1:4700", "api.stripe.com", .gateway),
        ("/stripe/v1/v1/x", "127.0.0.1:4700", "api.stripe.com", .gateway),
        ("http://localhost:4700/stripe/v1/x", "localhost:4700", "api.stripe.com", .gateway),
    ]) func `on the listener they are bound by their target`(
        _ target: String, _ host: String, _ expected: String, _ way: Target.Way
    ) throws {
        let bound = try bind(.listener, target, host: [host]).get()
        #expect(bound.host == expected && bound.path.text == "/v1/x" && bound.way == way)
    }

    @Test(arguments: [
        ("http://api.stripe.com/v1/x", "files.stripe.com", "authority_mismatch"),
        ("http://api.stripe.com/v1/x", "127.0.0.1:4700", "authority_mismatch"),
        ("/stripe/v1/x", "api.stripe.com", "authority_mismatch"),
        ("/stripe/v1/x", "evil.com:4700", "authority_mismatch"),
        ("/stripe/v1/x", "127.0.0.1:4701", "authority_mismatch"), ("/nobody/v1/x", "127.0.0.1:4700", "unknown_vendor"),
        ("/", "127.0.0.1:4700", "unknown_vendor"), ("/Stripe/v1", "127.0.0.1:4700", "unknown_vendor"),
        ("/stripe/../v1", "127.0.0.1:4700", "path_not_canonical"),
        ("/stripe//v1", "127.0.0.1:4700", "path_not_canonical"),
        ("http://api.stripe.com:8080/", "api.stripe.com:8080", "host_not_allowed"),
        ("https://api.stripe.com:80/", "api.stripe.com:80", "host_not_allowed"),
        ("http://169.254.169.254/", "169.254.169.254", "host_not_allowed"),
        ("http://127.0.0.1:4701/v1/keys", "127.0.0.1:4701", "host_not_allowed"),
        ("http://pypi.org/", "pypi.org", "host_not_allowed"),
    ]) func `anything else on the listener is refused`(_ target: String, _ host: String, _ code: String) {
        guard case .failure(let refusal) = bind(.listener, target, host: [host]) else {
            Issue.record("bound")
            return
        }
        #expect(refusal.code == code)
    }
}
