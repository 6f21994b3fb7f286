import Foundation
import Testing
import VendorCatalogue

@testable import Core
@testable import Settings

/// A vendor of the catalogue as a configuration has it: with a credential, and the account where it has one.
private func vendor(_ name: String) throws -> Vendor {
    var vendor = try catalogueEntry(name).entry.finished()
    vendor.credential = Secret(Array("AC1:a-secret-of-many-letters".utf8))
    if vendor.accountInPath != nil { vendor.account = "AC1" }
    return vendor
}

/// One question to the policy: a request to a vendor under a key with this allowlist.
private struct Question {
    let vendor: Vendor
    var endpoints: [EndpointPattern]
    var pinned: [String: [String]] = [:]

    /// The refusal's code, or nil.
    func ask(
        _ method: Core.Method, _ path: String, host: String? = nil, _ fields: [(String, String)] = []
    ) throws -> String? {
        var key = VaultKey(
            id: "k", digest: SecretDigest(of: "k"), label: "l", vendor: vendor.name, endpoints: endpoints, caps: Caps(),
            createdAt: Moment(seconds: 0), expiresAt: Moment(seconds: 0))
        key.pinned = pinned
        let target = Target(
            vendor: vendor, host: host ?? vendor.primaryHost, method: method,
            path: try CanonicalPath(Array(path.utf8)[...]), way: .intercept)
        let caller = Caller(run: nil, key: key, program: nil)
        let grant = try Grant(caller: caller, key: key, policy: nil, target, Rules())
        do {
            _ = try Permit.check(grant, target, Fields(fields), Rules())
            return nil
        } catch { return error.code }
    }
}

extension Core.Operation {
    fileprivate var literals: [String?] {
        endpoint.segments.map { if case .literal(let bytes) = $0 { String(bytes: bytes) } else { nil } }
    }

    fileprivate var methods: [Core.Method] { endpoint.methods?.sorted { $0.rawValue < $1.rawValue } ?? [.get, .post] }

    /// What a client may ask that means this operation, in the spellings that some origins take for it.
    fileprivate var spellings: [String] {
        let plain = path { "x-\($0)" }
        return [
            plain, plain + "/", plain + "?a=b", "/" + literals.map { $0?.uppercased() ?? "X-1" }.joined(separator: "/"),
        ]
    }

    /// The endpoint named by hand, each variable segment by a value.
    fileprivate var named: String { location(path { "x-\($0)" }) }

    /// Everything that reaches it without naming it.
    fileprivate var wildcards: [String] {
        let parts = literals.map { $0 ?? "*" }
        let open = parts.indices.map { location("/" + (parts[..<$0] + ["*"]).joined(separator: "/")) }
        let single = parts.indices.filter { literals[$0] != nil }.map { index in
            var some = parts.map { $0 == "*" ? "{id}" : $0 }
            some[index] = "{any}"
            return location("/" + some.joined(separator: "/"))
        }
        let all = location("/" + parts.map { _ in "{any}" }.joined(separator: "/"))
        return open + (literals.contains { $0 != nil } ? single + [all] : [])
    }

    private func path(_ value: (Int) -> String) -> String {
        "/" + literals.enumerated().map { $1 ?? value($0) }.joined(separator: "/")
    }

    private func location(_ path: String) -> String { (endpoint.host ?? "") + path }
}

@Suite struct `A sensitive operation of the catalogue` {
    /// An entry in which nobody has looked for them has none.
    @Test(arguments: Catalogue.names)
    func `is there for every vendor`(name: String) throws {
        #expect(try vendor(name).operations.contains { $0.sensitive != nil })
    }

    @Test(arguments: Catalogue.names)
    func `is reached by no wildcard, and by no name of another one`(name: String) throws {
        let vendor = try vendor(name)
        // Whatever the catalogue lists that is not sensitive, all at once.
        let others = vendor.operations.filter { $0.sensitive == nil }.map(\.endpoint)
        var reached: [String] = []
        for operation in vendor.operations where operation.sensitive != nil {
            let wildcards = try operation.wildcards.map { try vendor.endpoint($0) }
            let question = Question(vendor: vendor, endpoints: wildcards + others)
            for (method, path) in operation.methods.flatMap({ m in operation.spellings.map { (m, $0) } })
            where try question.ask(method, path, host: operation.endpoint.host) != "endpoint_not_allowed" {
                reached.append("\(operation.name): \(method.rawValue) \(path)")
            }
        }
        #expect(reached == [])
    }

    @Test(arguments: Catalogue.names)
    func `is reached by its name and by its path`(name: String) throws {
        let vendor = try vendor(name)
        var missed: [String] = []
        for operation in vendor.operations where operation.sensitive != nil && operation.refused == nil {
            // The account's own segment has one value.
            let account = vendor.accountInPath.map { $0.split(separator: "/").dropLast().last.map(String.init) } ?? nil
            for endpoint in try [operation.name, operation.named].map({ try vendor.endpoint($0) }) {
                let question = Question(vendor: vendor, endpoints: [endpoint])
                let path = operation.spellings[0]
                for method in operation.methods {
                    let code = try question.ask(method, path, host: operation.endpoint.host)
                    let isOfAnother = account.map { path.contains("/\($0)/") } == true && code == "account_not_allowed"
                    if code != nil && !isOfAnother { missed.append("\(endpoint.text): \(method.rawValue) \(path)") }
                }
            }
        }
        #expect(missed == [])
    }

    @Test(arguments: Catalogue.names)
    func `that is refused for good is not reached by its name either`(name: String) throws {
        let vendor = try vendor(name)
        for operation in vendor.operations where operation.refused != nil {
            let question = Question(vendor: vendor, endpoints: [operation.endpoint])
            for method in operation.methods {
                let code = try question.ask(method, operation.spellings[0], host: operation.endpoint.host)
                #expect(code == "endpoint_not_allowed", "\(operation.name): \(method.rawValue)")
            }
        }
    }
}

/// How a request could choose another account, an organisation, a mode or a version, for each vendor of the catalogue.
private struct Chooser: Sendable {
    /// Refused unless the policy lists the value.
    var fields: [String] = []
    /// Left out unless the policy lists a value.
    var versions: [String] = []
    /// Refused in query and form.
    var parameters: [String] = []
    /// A path of the own account, and the same of others.
    var paths: (own: String, others: [String])?

    /// Vendors whose accounts stand behind the credential alone have an empty line: somebody has looked.
    static let all: [String: Chooser] = [
        "anthropic": Chooser(), "github": Chooser(), "resend": Chooser(), "slack": Chooser(),
        "openai": Chooser(fields: ["OpenAI-Organization", "OpenAI-Project"]),
        "sendgrid": Chooser(fields: ["On-Behalf-Of"]),
        "stripe": Chooser(
            fields: ["Stripe-Account", "Stripe-Context"], versions: ["Stripe-Version"],
            parameters: ["_stripe_account", "_stripe_version"]),
        "twilio": Chooser(
            paths: (
                "/2010-04-01/Accounts/AC1/Messages.json",
                [
                    "/2010-04-01/Accounts/AC2/Messages.json", "/2010-04-01/accounts/AC2/Messages.json",
                    "/2010-04-01/ACCOUNTS/AC2/Messages.json", "/2010-04-01/Accounts/ac1/Messages.json",
                    "/2010-04-01/Accounts/AC1x/Messages.json", "/2010-04-01/Accounts/AC2.json",
                    "/2010-04-01/Accounts/AC1.xml", "/2010-04-01/Accounts/AC%312",
                ]
            )),
    ]
}

@Suite struct `An account that a request selects` {
    @Test func `is looked for in every entry of the catalogue`() throws {
        #expect(Chooser.all.keys.sorted() == Catalogue.names.sorted())
        for (name, chooser) in Chooser.all {
            let vendor = try vendor(name)
            #expect(vendor.pinnedFields == chooser.fields.map { $0.lowercased() }, "\(name)")
            #expect(vendor.versionFields == chooser.versions.map { $0.lowercased() }, "\(name)")
            #expect(vendor.pinnedParameters == chooser.parameters, "\(name)")
            #expect((vendor.accountInPath != nil) == (chooser.paths != nil), "\(name)")
        }
    }

    @Test(arguments: Catalogue.names)
    func `by a field is refused but for the one that the policy lists`(name: String) throws {
        let (vendor, chooser) = (try vendor(name), try #require(Chooser.all[name]))
        let free = Question(vendor: vendor, endpoints: [try EndpointPattern("/*")])
        for field in chooser.fields + chooser.versions {
            var pinned = free
            pinned.pinned = [field.lowercased(): ["one"]]
            let isVersion = chooser.versions.contains(field)
            for value in ["two", "", "one", "ONE"] {
                let code = isVersion ? nil : "account_not_allowed"
                #expect(try free.ask(.post, "/x", [(field.uppercased(), value)]) == code, "\(field): \(value)")
                let allowed = value == "one" ? nil : "account_not_allowed"
                #expect(try pinned.ask(.post, "/x", [(field, value)]) == allowed, "\(field): \(value)")
                #expect(try pinned.ask(.post, "/x", [(field, "one"), (field, value)]) == allowed, "\(field): \(value)")
            }
        }
    }

    @Test(arguments: Catalogue.names)
    func `by the path is the configured one`(name: String) throws {
        guard let paths = try #require(Chooser.all[name]).paths else { return }
        let question = Question(vendor: try vendor(name), endpoints: [try EndpointPattern("/*")])
        #expect(try question.ask(.post, paths.own) == nil)
        for path in paths.others { #expect((try? question.ask(.post, path)) != .some(nil), "\(path)") }
    }

    @Test(arguments: Catalogue.names)
    func `by a parameter is refused in every spelling`(name: String) throws {
        let (vendor, chooser) = (try vendor(name), try #require(Chooser.all[name]))
        let path = try CanonicalPath(Array("/x".utf8)[...])
        let target = Target(vendor: vendor, host: vendor.primaryHost, method: .post, path: path, way: .intercept)
        for name in chooser.parameters {
            let spelled = [name, name.uppercased(), "%5f" + name.dropFirst(), "+\(name)", name + "[]", "x=y&\(name)"]
            for text in spelled.map({ "\($0)=acct_2" }) {
                let refused = code { () throws(Refusal) in try target.check(parameters: text.utf8) }
                #expect(refused == "account_not_allowed", "\(text)")
            }
            let json = JSONValue.object([JSONValue.Member(name, .string("acct_2"))])
            let refused = code { () throws(Refusal) in try target.check(json: json) }
            #expect(refused == "account_not_allowed", "\(name)")
        }
        let others = code { () throws(Refusal) in try target.check(parameters: "stripe_account=1&a=_stripe".utf8) }
        #expect(others == nil)
    }

    private func code(_ work: () throws(Refusal) -> Void) -> String? {
        do {
            try work()
            return nil
        } catch { return error.code }
    }
}
