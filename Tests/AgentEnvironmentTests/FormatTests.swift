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
        #expect(AgentSetup.dotenvQuoted("http://a:b@127.0.0.1:1") == "http://a:b@127.0.0.1:1")
        #expect(AgentSetup.dotenvQuoted("a $b \"c\"\n#") == "\"a \\$b \\\"c\\\"\\n#\"")
    }

    @Test func `lists the files that a pod must mount`() {
        let text = Sample.setup().format(.k8s)
        #expect(text.contains("#   python/sitecustomize.py\n"))
        #expect(text.contains("env:\n  - name: \"AWS_CA_BUNDLE\"\n    value: \"/run/cofferdam/run-1/bundle.pem\"\n"))
    }
}
