import Foundation
import Testing

@testable import AgentEnvironment

@Suite(.timeLimit(.minutes(3))) struct `Other real clients` {
    @Test(arguments: [["curl", "-sS"], ["wget", "-q", "-O", "-"]])
    func `of the command line reach a vendor`(_ command: [String]) async throws {
        let program = try Tool.find(command[0])
        try await LocalProxy.run { proxy in
            let arguments = command.dropFirst() + ["https://api.vendor.test/v1"]
            let output = try await Tool.run(program, Array(arguments), environment: try proxy.agent().environment)
            #expect(output.json["way"] == "connect", "\(output)")
        }
    }

    /// It logs in only when it was told to (407). To it the answer is a repository without branches.
    @Test func `like git reach a vendor`() async throws {
        let git = try Tool.find("git")
        try await LocalProxy.run { proxy in
            let arguments = ["ls-remote", "https://api.vendor.test/a.git"]
            let output = try await Tool.run(git, arguments, environment: try proxy.agent().environment)
            #expect(output.status == 0 && output.err.isEmpty, "\(output)")
        }
    }

    @Test func `of Java reach a vendor by the run's own listener`() async throws {
        let java = try Tool.find("java")
        try await LocalProxy.run { proxy in
            let setup = try proxy.agent { $0.runListener = "127.0.0.1:\(proxy.openPort)" }
            let arguments = [Tool.script("Client.java"), "https://api.vendor.test/v1"]
            let output = try await Tool.run(java, arguments, environment: setup.environment)
            let lines = output.out.split(separator: "\n")
            #expect(lines.count == 2, "\(output)")
            #expect(lines.allSatisfy { $0.contains("\"way\": \"connect\"") })
            #expect(!output.err.contains("run_secret"))
        }
    }

    /// keytool asks for a password, so it checks the digest that Java itself passes over.
    @Test func `like keytool read the trust store`() async throws {
        let keytool = try Tool.find("keytool")
        try await LocalProxy.run { proxy in
            let setup = try proxy.agent()
            let store = setup.folder + "/truststore.jks"
            let arguments = ["-list", "-keystore", store, "-storepass", JavaTrustStore.password]
            let output = try await Tool.run(keytool, arguments, environment: ["PATH": setup.environment["PATH"] ?? ""])
            let count = setup.certificates("bundle.pem").count
            #expect(count > 1)
            #expect(output.out.contains("contains \(count) entries"), "\(output)")
        }
    }
}

@Suite struct `A written environment` {
    @Test func `comes back whole from a shell`() async throws {
        let shell = try Tool.find("sh")
        let setup = Sample.setup(parent: ["ALL_PROXY": "x", "PATH": "/usr/bin:/bin"]) {
            $0.vendors = [.init(name: "odd", environment: ["ODD": "it's \"$HOME\"\n`x` \\"])]
        }
        let code = setup.format(.shell) + "env -0"
        let output = try await Tool.run(shell, ["-c", code], environment: ["PATH": "/usr/bin:/bin", "ALL_PROXY": "x"])
        let pairs = output.out.split(separator: "\0").map { $0.split(separator: "=", maxSplits: 1) }
        let back = Dictionary(pairs.map { (String($0[0]), $0.count > 1 ? String($0[1]) : "") }) { old, _ in old }
        #expect(setup.environment.allSatisfy { back[$0.key] == $0.value })
        #expect(back["ALL_PROXY"] == nil)
    }

    @Test func `lies in a folder of its own user, readable to others only when asked`() throws {
        let folder = NSTemporaryDirectory() + "/cofferdam-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let setup = Sample.setup { $0.folder = folder }
        try setup.write()
        #expect(try mode(folder) == 0o700)
        #expect(try mode(folder + "/bundle.pem") == 0o644)
        try setup.write(readableByAll: true)
        #expect(try mode(folder) == 0o755)
        #expect(try mode(folder + "/python") == 0o755)
        for file in setup.files {
            #expect(FileManager.default.contents(atPath: folder + "/" + file.path) == file.content)
        }
    }

    @Test func `does not follow a link that stands in its place`() throws {
        let folder = NSTemporaryDirectory() + "/cofferdam-test-\(UUID().uuidString)"
        try FileManager.default.createSymbolicLink(atPath: folder, withDestinationPath: NSTemporaryDirectory())
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(throws: ForeignFolder(path: folder)) { try Sample.setup { $0.folder = folder }.write() }
    }

    @Test(.enabled(if: NSUserName() == "root", "only root can give a folder away"))
    func `is not put into another user's folder`() throws {
        let folder = NSTemporaryDirectory() + "/cofferdam-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.ownerAccountID: 65_534], ofItemAtPath: folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(throws: ForeignFolder(path: folder)) { try Sample.setup { $0.folder = folder }.write() }
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
}
