import Testing

@testable import AgentEnvironment

@Suite struct `An agent's proxy variables` {
    @Test(arguments: ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"])
    func `name the run's proxy in every spelling, whatever the parent has`(_ name: String) {
        let setup = Sample.setup(parent: [name: "http://corporate:8080"])
        #expect(setup.environment[name] == Sample.proxy)
    }

    @Test(arguments: ["ALL_PROXY", "all_proxy", "grpc_proxy", "CARGO_HTTP_PROXY", "npm_config_https_proxy"])
    func `lose those that would be taken instead`(_ name: String) {
        let setup = Sample.setup(parent: [name: "socks5://elsewhere:1080"])
        #expect(setup.environment[name] == nil)
        #expect(setup.removed == [name])
    }

    @Test func `leave the loopback alone`() {
        let setup = Sample.setup()
        #expect(setup.environment["NO_PROXY"] == "localhost,127.0.0.1,::1")
        #expect(setup.environment["no_proxy"] == "localhost,127.0.0.1,::1")
    }

    @Test func `keep the parent's exceptions, each once`() {
        let setup = Sample.setup(parent: ["NO_PROXY": "db.internal, localhost", "no_proxy": "db.internal,10.0.0.0/8"])
        #expect(setup.environment["NO_PROXY"] == "db.internal,localhost,10.0.0.0/8,127.0.0.1,::1")
    }

    @Test func `refuse an exception for everything`() {
        let setup = Sample.setup(parent: ["no_proxy": "*"])
        #expect(setup.environment["no_proxy"] == "localhost,127.0.0.1,::1")
        #expect(setup.warnings.contains { $0.contains("NO_PROXY=*") })
    }

    @Test(arguments: ["NODE_USE_ENV_PROXY", "PERL_LWP_ENV_PROXY"])
    func `ask for attention where a runtime needs that`(_ name: String) {
        #expect(Sample.setup().environment[name] == "1")
    }

    @Test(arguments: [
        ("http://run-1:s@127.0.0.1:4700", "127.0.0.1", "4700"), ("127.0.0.1:4701", "127.0.0.1", "4701"),
        ("http://a:b@[::1]:4700/", "::1", "4700"),
    ])
    func `are split for Java`(_ url: String, _ host: String, _ port: String) throws {
        let address = try #require(ProxyAddress(url))
        #expect(address.host == host)
        #expect(address.port == port)
    }
}
