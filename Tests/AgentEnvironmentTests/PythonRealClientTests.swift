import Foundation
import Testing

@testable import AgentEnvironment

@Suite(.timeLimit(.minutes(5))) struct `Python real clients` {
    @Test(arguments: ["https://api.vendor.test/v1": "connect", "http://api.vendor.test/v1": "absolute"])
    func `of the standard library reach a vendor`(_ address: String, _ way: String) async throws {
        let python = try Tool.find("python3")
        try await LocalProxy.run { proxy in
            let environment = try proxy.agent().environment
            let output = try await Tool.run(
                python, [Tool.script("python_clients.py"), address], environment: environment)
            #expect(output.json == ["urllib": way], "\(output)")
        }
    }

    @Test func `of the usual packages reach a vendor`() async throws {
        let python = try Tool.find("python3")
        let packages = try await Packages.folder(Packages.stripe16)
        try await LocalProxy.run { proxy in
            let environment = try proxy.agent(parent: ["PYTHONPATH": packages]).environment
            let arguments = [Tool.script("python_clients.py"), "https://api.vendor.test/v1", "all"]
            let output = try await Tool.run(python, arguments, environment: environment)
            #expect(
                output.json
                    == ["urllib": "connect", "requests": "connect", "httpx": "connect", "aiohttp": "connect"],
                "\(output)")
        }
    }

    @Test(arguments: ["16", "11"])
    func `of Stripe trust us, sync and async`(_ version: String) async throws {
        let python = try Tool.find("python3")
        let packages = try await Packages.folder(version == "16" ? Packages.stripe16 : Packages.stripe11)
        try await LocalProxy.run { proxy in
            let environment = try proxy.agent(parent: ["PYTHONPATH": packages]).environment
            let output = try await Tool.run(python, [Tool.script("stripe_clients.py")], environment: environment)
            let answers = output.json
            #expect(answers["version"]?.hasPrefix(version + ".") == true, "\(output)")
            #expect(answers["key"] == Sample.placeholder)
            for way in ["sync", "client", "httpx", "aiohttp"] { #expect(answers[way] == "connect", "\(way)") }
        }
    }
}

/// A package with the layout of the real one, and what else Python finds at start-up.
@Suite(.timeLimit(.minutes(2))) struct `The start-up file for Python` {
    private func inFolder(_ body: (String, [String: String]) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "/cofferdam-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write(
            "import os\nca_bundle_path = os.path.join(os.path.dirname(__file__), 'data', 'ca.crt')\n"
                + "from stripe._http_client import read\n", to: folder + "/lib/stripe/__init__.py")
        try write(
            "import stripe\ndef read(): return stripe.ca_bundle_path\n", to: folder + "/lib/stripe/_http_client.py")
        try write("data", to: folder + "/lib/stripe/data/ca.crt")
        var surroundings = Sample.surroundings(parent: ["PYTHONPATH": folder + "/lib", "HOME": folder])
        surroundings.folder = folder + "/setup"
        let setup = AgentSetup(surroundings)
        try setup.write()
        try await body(folder, setup.environment)
    }

    private func write(_ text: String, to path: String) throws {
        let parent = URL(filePath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private func python(_ code: String, _ environment: [String: String]) async throws -> Tool.Output {
        try await Tool.run(try Tool.find("python3"), ["-c", code], environment: environment)
    }

    @Test func `gives stripe our bundle on import`() async throws {
        try await inFolder { folder, environment in
            let output = try await python("import stripe, os; print(os.path.realpath(stripe.read()))", environment)
            let bundle = URL(filePath: folder + "/setup/bundle.pem").resolvingSymlinksInPath().path
            #expect(output.out == bundle + "\n", "\(output)")
        }
    }

    @Test func `leaves a bundle that the program sets itself`() async throws {
        try await inFolder { _, environment in
            let output = try await python(
                "import stripe; stripe.ca_bundle_path = '/x'; print(stripe.read())", environment)
            #expect(output.out == "/x\n")
        }
    }

    @Test func `leaves the package's loader what it is`() async throws {
        try await inFolder { _, environment in
            let code =
                "import stripe, pkgutil, importlib; print(pkgutil.get_data('stripe', 'data/ca.crt').decode(),"
                + " type(stripe.__spec__.loader).__name__, importlib.reload(stripe).ca_bundle_path[-10:])"
            let said = try await python(code, environment).out
            #expect(said == "data SourceFileLoader bundle.pem\n")
        }
    }

    @Test func `runs the one that it hides`() async throws {
        try await inFolder { folder, environment in
            try write("import sys; sys.was_run = __file__\n", to: folder + "/lib/sitecustomize.py")
            let code = "import sys, sitecustomize; print(sys.was_run == sitecustomize.__file__)"
            let said = try await python(code, environment).out
            #expect(said == "True\n")
            let output = try await python("import stripe; print(stripe.read()[-10:])", environment)
            #expect(output.out == "bundle.pem\n")
        }
    }

    @Test func `says nothing when all is well`() async throws {
        try await inFolder { _, environment in
            let output = try await python("", environment)
            #expect(output.err.isEmpty && output.out.isEmpty && output.status == 0)
        }
    }
}
