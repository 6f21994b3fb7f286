import Core
import Foundation
import Testing

@testable import Settings

@Suite struct `Looking for the configuration` {
    let configuration: Configuration

    init() throws { configuration = try Configuration() }

    @Test func `takes what it is told, even when it is not there`() throws {
        #expect(try SettingsLoader.locate(explicit: "/x", environment: ["COFFERDAM_CONFIG": "/y"]) == "/x")
        #expect(try SettingsLoader.locate(explicit: nil, environment: ["COFFERDAM_CONFIG": "/y"]) == "/y")
    }

    @Test func `looks in the usual folders`() throws {
        let (xdg, home) = (configuration.folder + "/xdg", configuration.folder + "/home")
        for folder in [xdg, home + "/.config"] {
            try FileManager.default.createDirectory(atPath: folder + "/cofferdam", withIntermediateDirectories: true)
            #expect(FileManager.default.createFile(atPath: folder + "/cofferdam/proxy.conf", contents: nil))
        }
        let found = try SettingsLoader.locate(explicit: nil, environment: ["XDG_CONFIG_HOME": xdg, "HOME": home])
        #expect(found == xdg + "/cofferdam/proxy.conf")
        #expect(
            try SettingsLoader.locate(explicit: nil, environment: ["HOME": home]) == home
                + "/.config/cofferdam/proxy.conf")
    }

    @Test func `says where it looked`() {
        let places = ["/nowhere/cofferdam/proxy.conf", "/etc/cofferdam/proxy.conf"]
        #expect(throws: ConfigurationMissing(places: places)) {
            try SettingsLoader.locate(explicit: nil, environment: ["XDG_CONFIG_HOME": "/nowhere"])
        }
    }
}

@Suite struct `Loading` {
    @Test func `a file that is not there is one problem`() {
        #expect {
            try SettingsLoader.load(path: "/nowhere/proxy.conf", environment: [:])
        } throws: { error in
            (error as? ConfigurationProblems)?.description
                == "/nowhere/proxy.conf: can't be read: No such file or directory"
        }
    }

    @Test func `an empty file gives the defaults`() throws {
        let settings = try Configuration().load("# nothing\n")
        #expect(settings.listen.proxy.description == "127.0.0.1:4700")
        #expect(settings.listen.admin.description == "127.0.0.1:4701")
        #expect(settings.listen.drain == .seconds(25))
        #expect(settings.store.sqlite == settings.stateDir + "/cofferdam.sqlite")
        #expect(settings.spend.zone.name == "UTC")
        #expect(settings.warnings.isEmpty)
    }

    @Test func `keeps what is over for ever, unless told`() throws {
        #expect(try Configuration().load("store: sqlite\n").store.retention == Retention())
        let text = "store: { retention: { audit: 400d, keys: forever } }\n"
        let store = try Configuration().load(text).store
        #expect(
            store.retention == Retention(audit: .seconds(400 * 86_400)) && store.sqlite.hasSuffix("/cofferdam.sqlite"))
    }

    @Test func `counts generations and remembers the file`() throws {
        let configuration = try Configuration()
        try configuration.write("")
        let settings = try SettingsLoader.load(path: configuration.path, environment: ["HOME": "/h"], generation: 7)
        #expect(settings.rules.generation == 7)
        #expect(settings.sourceFile == configuration.path)
    }

    @Test func `understands anchors, and does not expand variables`() throws {
        let text =
            "policies:\n  - &a { name: a, runs: a, vendor: stripe, allowed_endpoints: [&e charges.create], daily_usd_cap: 1 }\n"
            + "  - { name: b, runs: b, vendor: stripe, allowed_endpoints: [*e], daily_usd_cap: 1, label: \"$HOME\" }\n"
        let policies = try Configuration().load(stripe + text).rules.policies
        #expect(policies.map { $0.endpoints.map(\.text) } == [["POST /v1/charges"], ["POST /v1/charges"]])
        #expect(policies.last?.label == "$HOME")
    }

    /// A reload must end the keys of a changed policy, and of no other.
    @Test func `gives a policy another fingerprint when something that decides changes`() throws {
        func print(_ more: String, before: String = "") throws -> String? {
            let policy =
                "policies:\n  - { name: a, runs: a, vendor: stripe, allowed_endpoints: [charges.create], \(more) }"
            return try Configuration().load(before + stripe + policy).rules.policies.first?.fingerprint
        }
        let plain = try print("daily_usd_cap: 1")
        #expect(try print("daily_usd_cap: 1.0", before: "# moved down\n") == plain)
        let others = try [
            "daily_usd_cap: 2", "total_usd_cap: 1", "daily_usd_cap: 1, expires_in: 6m", "daily_usd_cap: 1, label: x",
            "daily_usd_cap: 1, pinned: { Stripe-Version: a }",
            "daily_usd_cap: 1, operations: { charges.create: { request_usd_cap: 1 } }",
        ].map { try print($0) }
        #expect(Set(others + [plain]).count == 7)
    }

    @Test(arguments: [
        ("5m", 300), ("1h30m", 5400), ("300s", 300), ("300", 300), ("2d", 172_800), ("0", 0), ("1d1h1m1s", 90_061),
    ])
    func `reads durations`(text: String, seconds: Int64) { #expect(Span(text: text) == .seconds(seconds)) }

    @Test(arguments: [
        "", "m", "5x", "1m1h", "1m1m", "5m3", "-5m", "+5", "1.5h", " 5m", "99999999999999999999", "9999999999d",
    ])
    func `refuses what is no duration`(text: String) { #expect(Span(text: text) == nil) }

    @Test func `knows days in a zone with half hours`() throws {
        let zone = try #require(SpendingZone("Australia/Lord_Howe"))
        #expect(zone.offset(at: Moment(seconds: 1_767_225_600)) == 39_600)
        #expect(zone.offset(at: Moment(seconds: 1_782_864_000)) == 37_800)
    }
}

@Suite struct `A run without a configuration` {
    private func inline(_ allow: [String], cap: String? = "20", environment: [String: String]) throws -> Settings {
        let order = InlineOrder(runID: "agent-1", allow: allow, capUSD: cap, stateDir: "/tmp/x")
        return try SettingsLoader.inline(order, environment: environment)
    }

    @Test func `gets one policy with the cap`() throws {
        let settings = try inline(
            ["stripe:payment_intents.create", "stripe:GET /v1/balance"], environment: ["STRIPE_SECRET_KEY": "sk_test_1"]
        )
        let policy = try #require(settings.rules.policies.first)
        #expect(policy.runs == Glob("agent-1"))
        #expect(policy.endpoints.map(\.text) == ["POST /v1/payment_intents", "GET /v1/balance"])
        #expect(policy.caps == Caps(total: Money(micros: 20_000_000)))
        #expect(settings.rules.budgets.isEmpty)
        #expect(settings.rules.vendors["stripe"]?.mode == "test")
        #expect(settings.credentialVariables == ["STRIPE_SECRET_KEY"])
        #expect(settings.listen.proxy == HostPort("127.0.0.1", 0))
        #expect(settings.warnings.isEmpty)
    }

    @Test func `shares the cap among vendors`() throws {
        let settings = try inline(
            ["stripe:charges.create", "twilio:messages.create"],
            environment: ["STRIPE_API_KEY": "sk_test_1", "TWILIO_AUTH_TOKEN": "0a1b", "TWILIO_ACCOUNT_SID": "AC1"])
        #expect(settings.rules.policies.map(\.vendor) == ["stripe", "twilio"])
        #expect(settings.rules.budgets.map(\.caps.total) == [Money(micros: 20_000_000)])
        #expect(settings.rules.budgets.first?.per == [.run])
        #expect(settings.rules.vendors["twilio"]?.account == "AC1")
    }

    @Test func `warns of a missing credential`() throws {
        let settings = try inline(["stripe:charges.create"], environment: [:])
        let told = "stripe: warning: has no usable credential: set STRIPE_API_KEY in the environment of cofferdam"
        #expect(settings.warnings.map(\.description) == [told])
    }

    @Test(arguments: [
        ([], "20", "--allow: is missing; say what the run may do: --allow VENDOR:OPERATION"),
        (["stripe"], "20", "--allow: expected VENDOR:OPERATION, found \"stripe\""),
        (["strpe:charges.create"], "20", "--allow: unknown vendor \"strpe\"; did you mean \"stripe\"?"),
        (
            ["stripe:charge.create"], "20",
            "--allow: stripe has no operation \"charge.create\"; did you mean \"charges.create\"?"
        ),
        (["stripe:charges.create"], "lots", "--cap: expected US dollars such as 20 or 0.50, found \"lots\""),
    ])
    func `is told what is wrong`(allow: [String], cap: String, told: String) {
        #expect {
            try inline(allow, cap: cap, environment: ["STRIPE_API_KEY": "sk_test_1"])
        } throws: { error in
            (error as? ConfigurationProblems)?.description == told
        }
    }
}
