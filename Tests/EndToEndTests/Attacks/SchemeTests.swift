import Foundation
import Harness
import Loopback
import Testing

/// A vendor, and where its credential stands.
private struct Scheme: Sendable, CustomTestStringConvertible {
    enum Place: Sendable { case bearer, basic, field(String), query(String) }

    let name: String
    let host: String
    let place: Place
    /// A key of the vendor's that the agent brought along.
    let stray: String

    static let all = [
        Scheme(name: "stripe", host: "api.stripe.com", place: .bearer, stray: "sk_live_" + mark),
        Scheme(name: "openai", host: "api.openai.com", place: .bearer, stray: "sk-proj-" + mark),
        Scheme(name: "twilio", host: "api.twilio.com", place: .basic, stray: mark),
        Scheme(name: "anthropic", host: "api.anthropic.com", place: .field("x-api-key"), stray: "sk-ant-" + mark),
        Scheme(name: "maps", host: "api.maps.example", place: .query("key"), stray: "AIza" + mark),
    ]

    private static let mark = "0123456789stray0123456789abcdef"

    var testDescription: String { name }

    func secret(_ secrets: Stage.Secrets) -> String {
        switch name {
        case "stripe": secrets.stripe
        case "openai": secrets.openai
        case "twilio": "\(secrets.account):\(secrets.twilio)"
        case "anthropic": secrets.anthropic
        default: secrets.maps
        }
    }

    /// What is wrong with a request that reached the vendor.
    func faults(of request: RecordedRequest, _ siege: Siege) -> [String] {
        let secret = secret(siege.stage.secrets)
        var (bearer, field, query): ([String], [String], String) = ([], [], "")
        switch place {
        case .bearer: bearer = ["Bearer \(secret)"]
        case .basic: bearer = ["Basic " + Data(secret.utf8).base64EncodedString()]
        case .field: field = [secret]
        case .query(let name): query = "\(name)=\(secret)"
        }
        let asked = request.target.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
        let keys = asked.split(separator: "&").filter {
            $0.lowercased().hasPrefix("key=") || $0.lowercased().hasPrefix("%6bey=")
        }
        let text = String(decoding: request.head.bytes + request.content, as: UTF8.self)
        let faults: [(String, Bool)] = [
            ("Authorization", request.head.values("authorization") != bearer),
            ("x-api-key", !field.isEmpty && request.head.values("x-api-key") != field),
            ("the query", keys.map(String.init) != (query.isEmpty ? [] : [query]) && name == "maps"),
            ("the agent's own key", text.contains(stray) || text.contains(Data(stray.utf8).base64EncodedString())),
            ("a run's secret", text.contains(siege.secret) || text.contains(siege.otherSecret)),
            ("Host", request.head.values("host") != [host]),
        ]
        return faults.filter(\.1).map(\.0)
    }
}

/// A credential of somebody's, put somewhere.
private struct Credential: Sendable {
    let text: String
    let query: String

    init(_ text: String, query: String = "") { (self.text, self.query) = (text, query) }

    /// A key in every place, and spelling of a place, where a vendor or a naive proxy may look for one.
    static func placed(_ key: String, _ scheme: Scheme) -> [Credential] {
        let basic = { (text: String) in Data(text.utf8).base64EncodedString() }
        let fields = [
            "Authorization: Bearer \(key)", "authorization: bearer \(key)", "AUTHORIZATION:\(key)",
            "Authorization: Token \(key)", "Authorization: Basic \(basic("\(key):"))",
            "Authorization: Basic \(basic("x:\(key)"))", "Connection: authorization\r\nAuthorization: Bearer \(key)",
            "Authorization: Bearer x\r\nAuthorization: Bearer \(key)",
        ]
        let inField = [
            "x-api-key: \(key)", "X-Api-Key:\(key)", "X-API-KEY: Bearer \(key)", "X_Api_Key: \(key)",
            "Connection: x-api-key\r\nX-Api-Key: \(key)", "X-Api-Key: x\r\nx-api-key: \(key)",
        ]
        let queries = [
            "key=\(key)", "KEY=\(key)", "%6bey=\(key)", "a=b&key=\(key)", "key=\(key)&key=x", "key=x&key=\(key)",
            "key[]=\(key)", "api_key=\(key)", "a=b;key=\(key)",
        ]
        // What no prefix tells can't be known for a key where the vendor looks for none.
        let knowable = scheme.name != "twilio"
        return (fields + (knowable ? inField : [])).map { Credential($0 + "\r\n") }
            + (knowable ? queries.map { Credential("", query: "?" + $0) } : [])
    }
}

extension `End to end` {
    /// Bearer, Basic, a field of the vendor's own, and a parameter of the query.
    @Suite struct `A vendor with another credential scheme` {
        private static let ways = Way.three + Way.side

        private func ask(
            _ siege: Siege, _ scheme: Scheme, _ way: Way, _ credential: Credential, path: String = "/_test/status/200"
        ) async throws -> (mark: String, heard: Heard) {
            let mark = siege.mark()
            let wire = try await siege.wire(way, to: scheme.host)
            let text =
                "GET {path}\(path)\(credential.query) HTTP/1.1\r\nHost: {host}\r\n{who}\(credential.text)"
                + "Connection: close\r\n\r\n"
            await wire.send(siege.bytes(text, way, mark: mark, to: (scheme.name, scheme.host)))
            let heard = await wire.hear { _ in false }
            await wire.close()
            return (mark, heard)
        }

        /// Tries them by every way; answers how many got through.
        private func attempt(_ siege: Siege, _ scheme: Scheme, _ credentials: [Credential]) async throws -> Int {
            let all = credentials.flatMap { credential in Self.ways.map { (credential, $0) } }
            let results = try await concurrently(all) { credential, way in
                (credential, way, try await ask(siege, scheme, way, credential))
            }
            let seen = Dictionary(grouping: siege.stage.vendor.requests) { $0.value("x-mark") ?? "unmarked" }
            #expect(seen["unmarked"] == nil)
            for (credential, way, (mark, heard)) in results {
                let what: Comment = "\(credential) by \(way): \(heard.text.prefix(400))"
                let (requests, answers) = (seen[mark] ?? [], RawAnswers(heard).whole)
                #expect(answers.count == 1, what)
                #expect(requests.count == (answers.first?.code == nil ? 1 : 0), what)
                #expect(requests.flatMap { scheme.faults(of: $0, siege) } == [], what)
                #expect(siege.leaks(in: heard.text) == [], what)
            }
            return results.filter { seen[$0.2.mark] != nil }.count
        }

        @Test(arguments: Scheme.all)
        fileprivate func `never sees the agent's own key, wherever it stands`(_ scheme: Scheme) async throws {
            try await Siege.lay(as: "any-1") { siege in
                let credentials = Credential.placed(scheme.stray, scheme)
                let passed = try await attempt(siege, scheme, [Credential("")] + credentials)
                // An honest request by each way, and the keys that are replaced.
                #expect(passed > Self.ways.count, "\(passed)")
            }
        }

        @Test(arguments: Scheme.all)
        fileprivate func `is asked for nobody when two are shown`(_ scheme: Scheme) async throws {
            try await Siege.lay(as: "any-1") { siege in
                var credentials = [
                    "Authorization: Bearer {otherKey}", "authorization: bearer {otherKey}",
                    "Authorization: Basic {otherBasic}", "Authorization: Basic {otherUser}",
                    "X-Agent-Run-Id: any-2",
                ].map { Credential($0 + "\r\n") }
                if case .field(let name) = scheme.place { credentials.append(Credential("\(name): {otherKey}\r\n")) }
                credentials += ["key={otherKey}", "a=b&KEY={otherKey}", "api_key={otherKey}"]
                    .map { Credential("", query: "?" + $0) }
                let passed = try await attempt(siege, scheme, credentials)
                #expect(passed == 0)
            }
        }

        @Test(arguments: Scheme.all)
        fileprivate func `can't give its credential back`(_ scheme: Scheme) async throws {
            try await Siege.lay(as: "any-1") { siege in
                let paths = paths(scheme)
                let all = paths.flatMap { path in Self.ways.map { (path, $0) } }
                let answers = try await concurrently(all) { path, way in
                    (path, way, try await ask(siege, scheme, way, Credential(""), path: path).heard)
                }
                let secret = scheme.secret(siege.stage.secrets)
                for (path, way, heard) in answers {
                    #expect(heard.text.hasPrefix("HTTP/1.1 "), "\(path) by \(way)")
                    #expect(spellings(of: secret).filter(heard.text.contains) == [], "\(path) by \(way): \(heard.text)")
                }
                // Each was told its own credential.
                #expect(siege.stage.vendor.requests.count == all.count)
                #expect(siege.stage.vendor.requests.flatMap { scheme.faults(of: $0, siege) } == [])
            }
        }

        /// What makes the vendor say what it was told, in all of these forms.
        private func paths(_ scheme: Scheme) -> [String] {
            let forms = "raw,base64,base64url,percent,percent-all,json,unicode,hex"
            let field =
                switch scheme.place {
                case .bearer, .basic: "authorization"
                case .field(let name): name
                case .query: ""
                }
            let leak = "/_test/leak?key=\(field)&form=\(forms)"
            // Its `key` is the sidecar's to set.
            if field.isEmpty { return ["/_test/echo", "/_test/echo?a=b"] }
            return ["/_test/echo", leak, leak + "&chunk=3&trailer=1", "/_test/leak?key=\(field)&reason=1"]
        }

        /// The credential, and for Basic its secret half, as the vendor spells it.
        private func spellings(of secret: String) -> [String] {
            [secret, secret.split(separator: ":").last.map(String.init) ?? secret].flatMap { text in
                let hex = text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
                return [
                    text, Data(text.utf8).base64EncodedString(), hex.joined(),
                    hex.map { "%" + $0 }.joined(), hex.map { "\\u00" + $0 }.joined(),
                ]
            }
        }
    }
}
