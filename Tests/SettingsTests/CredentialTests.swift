import Core
import Foundation
import Testing

@testable import Settings

@Suite struct `A vendor's credential` {
    let configuration: Configuration

    init() throws { configuration = try Configuration() }

    private func vendor(_ credential: String, _ more: String = "") throws -> (vendor: Vendor, warnings: [String]) {
        let settings = try configuration.load("vendors: { stripe: { credential: \(credential)\(more) } }")
        return (try #require(settings.rules.vendors["stripe"]), settings.warnings.map(\.description))
    }

    private func secret(_ vendor: Vendor) -> String? { vendor.credential.map { String(bytes: $0.reveal()) } }

    @Test func `comes from a variable, whose name is remembered`() throws {
        let settings = try configuration.load("vendors: { stripe: { credential: { env: STRIPE_API_KEY } } }")
        #expect(settings.rules.vendors["stripe"].flatMap(secret) == "sk_test_real0123456789")
        #expect(settings.credentialVariables == ["STRIPE_API_KEY"])
        #expect(settings.warnings.isEmpty)
    }

    @Test(arguments: ["sk_test_file\n", "sk_test_file\r\n", "sk_test_file"])
    func `comes from a file without its newline`(content: String) throws {
        try configuration.write(content, to: "token")
        #expect(secret(try vendor("{ file: token }").vendor) == "sk_test_file")
    }

    @Test func `comes from systemd`() throws {
        try configuration.write("sk_test_systemd", to: "stripe")
        var configuration = configuration
        configuration.environment["CREDENTIALS_DIRECTORY"] = configuration.folder
        let settings = try configuration.load("vendors: { stripe: { credential: { systemd: stripe } } }")
        #expect(settings.rules.vendors["stripe"].flatMap(secret) == "sk_test_systemd")
    }

    @Test func `comes from a command`() throws {
        #expect(secret(try vendor("{ command: [printf, \"sk_test_%s\\\\n\", c] }").vendor) == "sk_test_c")
    }

    @Test func `comes from a command that sees none of the others, only what it needs`() throws {
        var configuration = configuration
        configuration.environment["VAULT_ADDR"] = "https://vault.example"
        configuration.environment["TWILIO_AUTH_TOKEN"] = "secret"
        try configuration.write("#!/bin/sh\n/usr/bin/env | /usr/bin/sort | /usr/bin/tr '\\n' ' '; echo end", to: "show")
        let show = "[sh, \(configuration.folder)/show]"
        let plain = try configuration.load("vendors: { stripe: { credential: { command: \(show) } } }")
        let seen = plain.rules.vendors["stripe"].flatMap(secret) ?? ""
        #expect(seen.hasPrefix("HOME=/home/u") && seen.hasSuffix(" end"))
        #expect(!seen.contains("TWILIO") && !seen.contains("STRIPE") && !seen.contains("VAULT_ADDR"))
        let more = try configuration.load(
            "vendors: { stripe: { credential: { command: \(show), variables: [VAULT_ADDR] } } }")
        let told = more.rules.vendors["stripe"].flatMap(secret) ?? ""
        #expect(told.contains("VAULT_ADDR=https://vault.example") && !told.contains("TWILIO"))
    }

    @Test(arguments: [
        ("{ env: NOT_SET }", "set NOT_SET in the environment of cofferdam"),
        ("{ systemd: x }", "CREDENTIALS_DIRECTORY is not set; add LoadCredential=x:PATH to the systemd unit"),
        ("{ command: [/bin/false] }", "the command /bin/false failed with status 1; run it by hand to see why"),
        ("{ command: [/nowhere/x] }", "the command /nowhere/x can't be started; run it by hand to see why"),
        ("{ command: [\"true\"] }", "what true printed is empty; put the secret there"),
        (
            "{ command: [printf, \"a\\\\nb\"] }",
            "what printf printed holds line breaks, outer spaces or bytes that no credential has; correct it"
        ),
        (
            "{ command: [printf, \"a\\\\000b\"] }",
            "what printf printed holds line breaks, outer spaces or bytes that no credential has; correct it"
        ),
        ("{ env: PLACEHOLDER }", "it is the placeholder that agents get; put the real one there"),
        ("{ env: STRIPE_API_KEY }, mode: live", "it is a test key, and the configuration says mode: live"),
        ("{ env: STRIPE_API_KEY }, credential_scheme: basic", "it must be user:password; add user: to the credential"),
    ])
    func `that can't be had is a warning with what to do`(credential: String, told: String) throws {
        var configuration = configuration
        configuration.environment["PLACEHOLDER"] = "sk_test_cofferdam"
        let settings = try configuration.load("vendors: { stripe: { credential: \(credential) } }")
        let vendor = try #require(settings.rules.vendors["stripe"])
        #expect(vendor.credential == nil)
        #expect(vendor.credentialProblem == told)
        let warning = "proxy.conf:1:12: warning: vendor \"stripe\" has no usable credential: " + told
        #expect(settings.warnings.map(\.description) == [warning])
    }

    @Test func `whose file is gone names the file`() throws {
        let path = configuration.folder + "/gone"
        #expect(try vendor("{ file: gone }").vendor.credentialProblem == "restore \(path)")
    }

    @Test func `that others can read is a warning with the command`() throws {
        let path = try configuration.write("sk_test_file", to: "token", mode: 0o644)
        let (_, warnings) = try vendor("{ file: token }")
        #expect(warnings == ["proxy.conf:1:34: warning: others can read \(path); close it: chmod o= \(path)"])
    }

    @Test func `that its own group can read is fine`() throws {
        try configuration.write("sk_test_file", to: "token", mode: 0o640)
        #expect(try vendor("{ file: token }").warnings == [])
    }

    @Test func `may have its public half beside it`() throws {
        var configuration = configuration
        configuration.environment["SID"] = "AC123"
        configuration.environment["TOKEN"] = "0123456789abcdef"
        let text = "vendors: { twilio: { credential: { env: TOKEN, user: { env: SID } } } }"
        let vendor = try #require(try configuration.load(text).rules.vendors["twilio"])
        #expect(secret(vendor) == "AC123:0123456789abcdef")
        #expect(vendor.account == "AC123")
    }

    @Test func `by a command that hangs is given up`() {
        let command = CredentialCommand(words: ["/bin/sleep", "60"], patience: .seconds(1))
        #expect(
            throws: CredentialProblem(message: "the command /bin/sleep took longer than 1s; run it by hand to see why")
        ) {
            try command.run()
        }
    }
}

@Suite struct `A trusted program` {
    @Test func `is kept as the digest of its secret`() throws {
        var configuration = try Configuration()
        configuration.environment["S"] = "a-secret-of-many-letters"
        let settings = try configuration.load("trusted: [{ name: django, secret: { env: S }, runs: django-* }]")
        let program = try #require(settings.rules.trusted.first)
        #expect(program.digest == SecretDigest(of: "a-secret-of-many-letters"))
        #expect(program.runs == Glob("django-*"))
        #expect(settings.credentialVariables == ["S"])
    }

    @Test func `has a ceiling`() throws {
        var configuration = try Configuration()
        configuration.environment["S"] = "a-secret-of-many-letters"
        let settings = try configuration.load(
            """
            vendors: { stripe: { credential: { env: S } } }
            policies: [{ name: p, runs: r, vendor: stripe, allowed_endpoints: [] }]
            trusted:
              - { name: a, secret: { env: S }, runs: "*" }
              - { name: b, secret: { env: S }, runs: "*", policies: p, vendors: [stripe], key_lifetime_max: 30m,
                  daily_usd_cap_max: 50, total_usd_cap_max: 70, request_usd_cap_max: 0.5, required_tags: [tenant],
                  tags_from_label: "tenant-{tenant}-{run}" }
            """)
        #expect(settings.rules.trusted.first?.ceiling == Ceiling())
        #expect(settings.rules.trusted.map { $0.templates.map(\.text) } == [[], ["tenant-{tenant}-{run}"]])
        let ceiling = try #require(settings.rules.trusted.last?.ceiling)
        #expect(ceiling.policies == ["p"] && ceiling.vendors == ["stripe"] && ceiling.lifetime == .seconds(1800))
        #expect(ceiling.caps.daily == Money(decimal: "50") && ceiling.caps.total == Money(decimal: "70"))
        #expect(ceiling.caps.request == Money(decimal: "0.5") && ceiling.requiredTags == ["tenant"])
    }

    @Test func `without its secret is left out`() throws {
        let settings = try Configuration().load("trusted: [{ name: django, secret: { env: S }, runs: \"*\" }]")
        #expect(settings.rules.trusted.isEmpty)
        let told =
            "proxy.conf:1:35: warning: trusted program \"django\" has no usable secret: "
            + "set S in the environment of cofferdam"
        #expect(settings.warnings.map(\.description) == [told])
    }
}
