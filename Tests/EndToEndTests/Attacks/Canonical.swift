import Foundation
import Harness
import Loopback

extension Siege {
    /// What is wrong with a request that reached the vendor: it must be one that the policy lists, written anew.
    func faults(of request: RecordedRequest) -> [String] {
        let names = request.fields.map { $0.name.lowercased() }
        let path = request.target.prefix { $0 != "?" }
        var faults: [String] = []
        func check(_ holds: Bool, _ fault: String) { if !holds { faults.append(fault) } }
        check(
            request.head.bytes.starts(with: Array("\(request.method) \(request.target) HTTP/1.1\r\n".utf8)), "its line")
        check(Self.lists(request.method, String(path)), "\(request.method) \(path)")
        check(request.head.values("host") == ["api.stripe.com"], "Host")
        check(request.head.values("authorization") == ["Bearer \(stage.secrets.stripe)"], "the credential")
        check(request.head.values("accept-encoding") == ["identity"], "Accept-Encoding")
        check(names.filter { $0 == "content-length" || $0 == "transfer-encoding" }.count <= 1, "its framing")
        check(request.trailers.isEmpty, "trailers")
        for name in names where Self.isForbidden(name) { faults.append(name) }
        let text = String(decoding: request.head.bytes + request.content, as: UTF8.self)
        check(text.components(separatedBy: stage.secrets.stripe).count == 2, "the credential again")
        check(!text.contains(secret) && !text.contains(otherSecret), "a run's secret")
        check(!text.contains("sk_live_"), "the agent's own credential")
        return faults
    }

    /// The policy once more, in other words.
    private static func lists(_ method: String, _ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.first == "", parts.dropFirst().dropLast().allSatisfy({ !$0.isEmpty }) else { return false }
        switch (method, Array(parts.dropFirst(1))) {
        case ("POST", ["v1", "payment_intents"]), ("GET", ["v1", "customers"]), ("HEAD", ["v1", "customers"]):
            return true
        case ("GET", let path): return path.starts(with: ["v1", "customers"]) && path.count > 2 && !path.contains("..")
        case ("POST", let path):
            return path.starts(with: ["v1", "customers"]) && path.dropFirst(3) == ["funding_instructions"]
        default: return false
        }
    }

    /// Fields that end here, that are ours, or that make another request of it.
    private static func isForbidden(_ name: String) -> Bool {
        name.contains("_") || forbidden.contains(name)
            || ["proxy-", "x-forwarded", "cofferdam-", "sec-websocket"].contains(where: name.hasPrefix)
    }

    private static let forbidden: Set = [
        "connection", "keep-alive", "te", "trailer", "upgrade", "expect", "http2-settings", "via", "forwarded",
        "x-agent-run-id", "cookie", "x-original-url", "x-rewrite-url", "x-http-method-override", "x-http-method",
        "x-method-override", "x-original-method", "x-original-host", "x-host", "x-real-ip", "x-client-ip",
        "x-cluster-client-ip", "cf-connecting-ip", "true-client-ip", "stripe-account", "stripe-context",
        "stripe-version", "x-hop",
    ]

    /// The real credentials that stand in something, in whatever spelling.
    func leaks(in text: String) -> [String] { stage.secrets.forms.filter(text.contains) }
}
