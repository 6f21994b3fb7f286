import Testing

@testable import AgentEnvironment

@Suite struct `A runtime's options` {
    @Test func `are added to those that are there`() {
        let setup = Sample.setup(parent: [
            "NODE_OPTIONS": "--max-old-space-size=512", "JAVA_TOOL_OPTIONS": "-Xmx1g", "PYTHONPATH": "/my/lib",
        ])
        #expect(
            setup.environment["NODE_OPTIONS"]
                == "--max-old-space-size=512 --require /run/cofferdam/run-1/preload.js")
        #expect(setup.environment["JAVA_TOOL_OPTIONS"]?.hasPrefix("-Xmx1g -Dhttps.proxyHost=127.0.0.1 ") == true)
        #expect(setup.environment["PYTHONPATH"] == "/run/cofferdam/run-1/python:/my/lib")
    }

    @Test func `leave no empty part in a path, which would be the current folder`() {
        #expect(Sample.setup().environment["PYTHONPATH"] == "/run/cofferdam/run-1/python")
    }

    @Test func `are not added twice when an agent's shell makes a setup again`() {
        let once = Sample.setup(parent: ["PYTHONPATH": "/my/lib", "PHP_INI_SCAN_DIR": "/etc/php"])
        let twice = Sample.setup(
            parent: once.environment,
            files: Dictionary(
                once.files.map { ("/run/cofferdam/run-1/" + $0.path, String(decoding: $0.content, as: UTF8.self)) }
            ) { old, _ in old })
        #expect(twice.set.isEmpty && twice.removed.isEmpty)
        #expect(twice.certificates("bundle.pem") == once.certificates("bundle.pem"))
        #expect(twice.text("wgetrc") == once.text("wgetrc"))
        #expect(twice.warnings.isEmpty)
    }

    @Test func `keep a framework from waiting for its maker's host, unless the user wants it asked`() {
        #expect(Sample.setup().environment["CREWAI_DISABLE_TELEMETRY"] == "true")
        let wanted = Sample.setup(parent: ["CREWAI_DISABLE_TELEMETRY": "false"])
        #expect(wanted.environment["CREWAI_DISABLE_TELEMETRY"] == "false")
    }

    @Test func `bring their files along`() {
        let setup = Sample.setup()
        #expect(setup.text("preload.js")?.hasPrefix("'use strict'") == true)
        #expect(setup.text("python/sitecustomize.py")?.contains("ca_bundle_path") == true)
    }

    @Test func `stand quoted where a path has spaces`() {
        let setup = Sample.setup { $0.folder = "/tmp/my \"runs\"/x" }
        #expect(setup.environment["NODE_OPTIONS"] == "--require \"/tmp/my \\\"runs\\\"/x/preload.js\"")
        #expect(
            setup.environment["JAVA_TOOL_OPTIONS"]?.contains(
                "'-Djavax.net.ssl.trustStore=/tmp/my \"runs\"/x/truststore.jks'") == true)
    }

    @Test func `tell Java the proxy, its exceptions and its trust`() {
        let setup = Sample.setup(parent: ["NO_PROXY": ".corp.example,10.0.0.0/8"])
        let options = setup.environment["JAVA_TOOL_OPTIONS"] ?? ""
        #expect(options.contains("-Dhttp.nonProxyHosts=*.corp.example|localhost|127.0.0.1|[::1]|127.*"))
        #expect(options.contains("-Dhttp.proxyPort=4700"))
        #expect(options.contains("-Djavax.net.ssl.trustStore=/run/cofferdam/run-1/truststore.jks"))
    }

    @Test func `never tell Java a secret, which it would print`() {
        let setup = Sample.setup()
        #expect(setup.environment["JAVA_TOOL_OPTIONS"]?.contains("run_secret") == false)
    }

    @Test func `send Java to the run's own listener when there is one`() {
        let setup = Sample.setup { $0.runListener = "127.0.0.1:4711" }
        #expect(setup.environment["JAVA_TOOL_OPTIONS"]?.contains("-Dhttps.proxyPort=4711") == true)
        #expect(setup.notes.isEmpty)
        #expect(Sample.setup().notes.contains { $0.contains("listen.runs") })
    }

    @Test func `warn when a trust store of the user's is replaced`() {
        let setup = Sample.setup(parent: ["JAVA_TOOL_OPTIONS": "-Djavax.net.ssl.trustStore=/corp.jks"])
        #expect(setup.warnings.contains { $0.contains("trust store") })
    }
}

@Suite struct `SHA-1` {
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (String(repeating: "a", count: 119), "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56"),
    ])
    func `gives the published digests`(_ message: String, _ digest: String) {
        let hex = SHA1.digest(Array(message.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == digest)
    }
}
