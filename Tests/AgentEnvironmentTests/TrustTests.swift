import Testing

@testable import AgentEnvironment

@Suite struct `An agent's trust` {
    static let all = ["public root", "other root", "our CA"]

    @Test(arguments: AgentSetup.bundleVariables)
    func `is the system's roots and ours in every variable that replaces them`(_ name: String) {
        let setup = Sample.setup()
        #expect(setup.environment[name] == "/run/cofferdam/run-1/bundle.pem")
        #expect(setup.certificates("bundle.pem") == Self.all)
    }

    @Test(arguments: AgentSetup.additionVariables)
    func `is ours alone in the variables that add`(_ name: String) {
        let setup = Sample.setup()
        #expect(setup.environment[name] == "/run/cofferdam/run-1/ca.pem")
        #expect(setup.certificates("ca.pem") == ["our CA"])
    }

    @Test(arguments: AgentSetup.bundleVariables)
    func `keeps a root that the user had set`(_ name: String) {
        let setup = Sample.setup(
            parent: [name: "/corp.pem"], files: ["/corp.pem": Sample.pem("other root") + Sample.pem("corporate")])
        #expect(setup.certificates("bundle.pem") == ["public root", "other root", "corporate", "our CA"])
        #expect(setup.warnings.isEmpty)
    }

    @Test func `keeps what Node was to trust besides`() {
        let setup = Sample.setup(
            parent: ["NODE_EXTRA_CA_CERTS": "/corp.pem"], files: ["/corp.pem": Sample.pem("corporate")])
        #expect(setup.environment["NODE_EXTRA_CA_CERTS"] == "/run/cofferdam/run-1/extra.pem")
        #expect(setup.certificates("extra.pem") == ["corporate", "our CA"])
        #expect(setup.certificates("ca.pem") == ["our CA"])
    }

    @Test func `warns of a file that can't be read`() {
        let setup = Sample.setup(parent: ["SSL_CERT_FILE": "/gone.pem"])
        #expect(setup.warnings.contains { $0.contains("/gone.pem") })
    }

    @Test func `warns when there are no public roots`() {
        let setup = Sample.setup { $0.systemBundle = "/none.pem" }
        #expect(setup.warnings.contains { $0.contains("/none.pem") })
        #expect(setup.certificates("bundle.pem") == ["our CA"])
    }

    @Test func `reads a bundle with comments, Windows line ends and broken blocks`() {
        let text =
            "# root\r\n" + Sample.pem("one").replacing("\n", with: "\r\n")
            + "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n"
            + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" + Sample.pem("two")
        #expect(PEMCertificate.all(in: text).map { String(decoding: $0.der, as: UTF8.self) } == ["one", "two"])
    }

    @Test func `reaches wget without losing the user's settings, but for passwords`() {
        let setup = Sample.setup(
            parent: ["HOME": "/home/me"],
            files: ["/home/me/.wgetrc": "tries = 3\nhttp_password = hunter2\nca-certificate=/x\nuse_proxy = off\n"])
        #expect(setup.environment["WGETRC"] == "/run/cofferdam/run-1/wgetrc")
        #expect(setup.text("wgetrc") == "tries = 3\nca_certificate = /run/cofferdam/run-1/bundle.pem\n")
    }

    @Test func `reaches wget through a file that was named already`() {
        let setup = Sample.setup(parent: ["WGETRC": "/my.rc", "HOME": "/h"], files: ["/my.rc": "timeout = 5"])
        #expect(setup.text("wgetrc")?.hasPrefix("timeout = 5\nca_certificate") == true)
    }

    @Test func `reaches PHP beside its own folder`() {
        #expect(Sample.setup().environment["PHP_INI_SCAN_DIR"] == ":/run/cofferdam/run-1/php")
        let setup = Sample.setup(parent: ["PHP_INI_SCAN_DIR": "/etc/php"])
        #expect(setup.environment["PHP_INI_SCAN_DIR"] == "/etc/php:/run/cofferdam/run-1/php")
        #expect(setup.text("php/cofferdam.ini")?.contains("curl.cainfo = \"/run/cofferdam/run-1/bundle.pem\"") == true)
    }
}
