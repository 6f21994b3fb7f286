import Foundation
import Testing

@testable import AgentEnvironment

@Suite struct `An environment that is written down` {
    @Test func `holds what changes, not what the parent has anyway`() {
        let text = Sample.setup(parent: ["HOME": "/home/me"]).format(.shell)
        #expect(!text.contains("HOME"))
        #expect(text.contains("export HTTPS_PROXY='\(Sample.proxy)'\n"))
    }

    @Test func `takes away what must go`() {
        let setup = Sample.setup(parent: ["MINE": Sample.secret, "ALL_PROXY": "x"])
        #expect(setup.format(.shell).hasPrefix("unset ALL_PROXY\nunset MINE\n"))
        #expect(setup.format(.dotenv).hasPrefix("# must not be set: ALL_PROXY MINE\n"))
        #expect(!AgentSetup.Format.allCases.contains { setup.format($0).contains(Sample.secret) })
    }

    @Test func `quotes for the shell`() {
        #expect(AgentSetup.shellQuoted("it's $HOME `x`") == "'it'\\''s $HOME `x`'")
    }

    @Test func `quotes for dotenv only where it must`() {
        for plain in ["http://a:b@127.0.0.1:1", "-Da=b -Dc=\"d e\"", "a\\\\b"] where !plain.contains("\\\\") {
            #expect(AgentSetup.isPlainInDotenv(plain))
        }
        for other in ["a #b", "$HOME", "\"a\"", "'a", " a", "a ", "a\nb", "é", "`x`", "a\\b"] {
            #expect(!AgentSetup.isPlainInDotenv(other), "\(other)")
        }
        #expect(AgentSetup.dotenvQuoted("a $b \"c\"\n#") == "\"a \\$b \\\"c\\\"\\n#\"")
    }

    /// What a loader makes of it must be the environment itself.
    @Test(arguments: ["python-dotenv", "docker"])
    func `is read by`(_ loader: String) async throws {
        let setup = Sample.setup(parent: ["NO_PROXY": "a.example,b.example"]) { $0.vendors.append(Sample.openAI) }
        let file = NSTemporaryDirectory() + "/cofferdam-test-\(UUID().uuidString).env"
        try setup.format(.dotenv).write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(setup.set.count > 20 && setup.set["JAVA_TOOL_OPTIONS"]?.contains(" ") == true)
        guard loader == "python-dotenv" else {
            return #expect(Self.docker(try String(contentsOfFile: file, encoding: .utf8)) == setup.set)
        }
        let packages = try await Packages.folder(Packages.loaders)
        let output = try await Tool.run(
            try Tool.find("python3"),
            ["-c", "import dotenv, json, sys; print(json.dumps(dotenv.dotenv_values(sys.argv[1])))", file],
            environment: ["PYTHONPATH": packages])
        #expect(output.json == setup.set, "\(output)")
    }

    /// By Docker's rule: a line is a name, `=`, and the value as it stands; `#` begins a comment at the start only.
    private static func docker(_ text: String) -> [String: String] {
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        let pairs = lines.map { $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false) }
        return Dictionary(uniqueKeysWithValues: pairs.map { (String($0[0]), $0.count > 1 ? String($0[1]) : "") })
    }

    @Test func `is a Secret with the variables and a ConfigMap with the files`() async throws {
        let setup = Sample.setup { $0.runID = "Billing:7_x-" }
        let text = setup.format(.k8s)
        #expect(text.contains("#           - { key: python_sitecustomize.py, path: python/sitecustomize.py }\n"))
        #expect(text.contains("mountPath: \"/run/cofferdam/run-1\""))
        let packages = try await Packages.folder(Packages.loaders)
        let script = """
            import base64, json, sys, yaml
            secret, files = yaml.safe_load_all(sys.argv[1])
            shown = {k: base64.b64decode(v).decode() for k, v in secret["data"].items()}
            shown["kinds"] = secret["kind"] + " " + files["kind"] + " " + secret["metadata"]["name"]
            shown["ca"] = base64.b64decode(files["binaryData"]["ca.pem"]).decode()
            print(json.dumps(shown))
            """
        let output = try await Tool.run(
            try Tool.find("python3"), ["-c", script, text], environment: ["PYTHONPATH": packages])
        var expected = setup.set
        (expected["kinds"], expected["ca"]) = ("Secret ConfigMap cofferdam-billing-7-x", setup.text("ca.pem"))
        #expect(output.json == expected, "\(output)")
    }
}
