import Core
import Testing

@testable import Settings

@Suite struct `What check finds suspicious` {
    private func check(_ text: String, _ more: [String: String] = [:]) throws -> Checked {
        var configuration = try Configuration()
        configuration.environment.merge(more) { $1 }
        try configuration.write(text)
        return try SettingsLoader.check(
            path: configuration.path, environment: configuration.environment, volatile: { _ in nil })
    }

    private func warnings(_ text: String, _ more: [String: String] = [:]) throws -> [String] {
        try check(stripe + text, more).warnings.map(\.description)
    }

    private func policy(
        _ name: String, _ runs: String, _ more: String = "daily_usd_cap: 5", may: String = "charges.create"
    ) -> String {
        "  - { name: \(name), runs: \"\(runs)\", vendor: stripe, allowed_endpoints: [\(may)], \(more) }\n"
    }

    @Test func `is nothing in a plain configuration`() throws {
        #expect(try warnings("policies:\n" + policy("a", "*")) == [])
    }

    @Test func `is a policy that never matches`() throws {
        let told = try warnings("policies:\n" + policy("a", "b*") + policy("c", "billing-*") + policy("d", "*"))
        #expect(told == ["proxy.conf:6: warning: policy \"c\" never matches: \"a\" (proxy.conf:5) takes all its runs"])
    }

    @Test func `is two policies that cross`() throws {
        let told = try warnings("policies:\n" + policy("a", "a-*") + policy("b", "*-b"))
        #expect(told == ["proxy.conf:6: warning: policies \"a\" and \"b\" overlap (a-* and *-b): the first one wins"])
    }

    @Test func `is a policy without any cap, unless it only reads`() throws {
        let text = policy("a", "a", "label: a") + policy("b", "b", "label: b", may: "GET /v1/charges/*")
        let told =
            "proxy.conf:5: warning: policy \"a\" has no cap, and no budget covers it: its runs may spend any amount"
        #expect(try warnings("policies:\n" + text) == [told])
        #expect(try warnings("policies:\n\(text)budgets: [{ name: all, total_usd_cap: 1 }]") == [])
    }

    @Test func `is a policy that allows nothing`() throws {
        #expect(
            try warnings("policies:\n" + policy("a", "a", may: "")) == [
                "proxy.conf:5: warning: policy \"a\" allows nothing"
            ])
    }

    @Test func `is a pattern that no operation matches`() throws {
        let told = try warnings("policies:\n" + policy("a", "a", may: "/v1/paymentintents, POST /v1/nothing"))
        #expect(
            told == [
                "proxy.conf:5: warning: policy \"a\": the catalogue of stripe knows no \"/v1/paymentintents\"; "
                    + "if it only reads, write \"GET /v1/paymentintents\"",
                "proxy.conf:5: warning: policy \"a\": the catalogue of stripe knows no \"POST /v1/nothing\"; give it a price",
            ])
    }

    @Test func `is a sensitive, a refused and an unpriced operation that is named under a cap`() throws {
        let vendor = try catalogueEntry("stripe").entry.finished()
        let sensitive = try #require(vendor.operations.first { $0.sensitive != nil })
        let object = try #require(vendor.operations.first { $0.price?.name == "unknown" && $0.sensitive == nil })
        let told = try warnings("policies:\n" + policy("a", "a", may: "\(sensitive.name), \(object.name)"))
        #expect(
            told.contains(
                "proxy.conf:5: warning: policy \"a\": \(sensitive.name) is sensitive: \(sensitive.sensitive ?? "")"))
        #expect(
            told.contains {
                $0.hasPrefix("proxy.conf:5: warning: policy \"a\": \(object.name) is always refused under a cap: ")
            })
    }

    @Test func `is a budget that covers no policy`() throws {
        let budgets = "budgets:\n  - { name: x, daily_usd_cap: 1, label: other-* }\n"
        let told = try warnings("policies:\n" + policy("a", "a-*") + budgets)
        let expected = "proxy.conf:7: warning: budget \"x\" covers no policy; only keys made over the API can reach it"
        #expect(told == [expected])
    }

    @Test func `is a live credential`() throws {
        let told = try warnings("policies:\n" + policy("a", "a"), ["STRIPE_API_KEY": "sk_live_1"])
        #expect(
            told == [
                "proxy.conf:2: warning: vendor \"stripe\" has a LIVE credential: what is let through moves real money"
            ])
    }

    @Test func `is a missing credential`() throws {
        let told = try warnings("", ["STRIPE_API_KEY": ""])
        let why = "set STRIPE_API_KEY in the environment of cofferdam"
        #expect(told == ["proxy.conf:2:3: warning: vendor \"stripe\" has no usable credential: \(why)"])
    }

    @Test func `is an address that will be refused`() throws {
        let told = try warnings("    connect_to: 127.0.0.1:8443\n")
        let fix = "add allow_addresses: [\"127.0.0.1:8443\"]"
        #expect(told == ["proxy.conf:2: warning: vendor \"stripe\": 127.0.0.1:8443 is not a public address; \(fix)"])
        #expect(try warnings("    connect_to: 127.0.0.1:8443\n    allow_addresses: 127.0.0.0/8\n") == [])
    }

    @Test func `is a CA file that can't be read`() throws {
        let told = try warnings("    ca_file: /nowhere/ca.pem\n")
        #expect(
            told == [
                "proxy.conf:2: warning: vendor \"stripe\": can't read ca_file /nowhere/ca.pem: No such file or directory"
            ])
    }

    @Test func `is a state folder that does not last`() throws {
        let configuration = try Configuration()
        try configuration.write("state_dir: /state")
        let checked = try SettingsLoader.check(
            path: configuration.path, environment: [:], volatile: { $0 == "/state" ? "is in memory (tmpfs)" : nil })
        let told =
            "proxy.conf: warning: state_dir /state is in memory (tmpfs): keys, spend and audit records are lost at a restart"
        #expect(checked.warnings.map(\.description) == [told])
        #expect(VolatileFolder.reason("/dev/shm/not/there") == "is in memory (tmpfs)")
    }

    @Test(arguments: [
        ("", "a: $5.00 a day for each run, runs unbounded: no budget covers it"),
        ("{ name: b, daily_usd_cap: 20 }", "a: $5.00 a day for each run, $20.00 a day (budget b) in all"),
        (
            "{ name: b, per: run, daily_usd_cap: 20 }",
            "a: $5.00 a day for each run, runs unbounded: no budget covers it"
        ),
        (
            "{ name: b, daily_usd_cap: 20, label: x }",
            "a: $5.00 a day for each run, runs unbounded: no budget covers it"
        ),
        ("{ name: b, per: policy, total_usd_cap: 20 }", "a: $5.00 a day for each run, $20.00 ever (budget b) in all"),
        (
            "{ name: b, per: [tenant, user], daily_usd_cap: 20 }",
            "a: $5.00 a day for each run, $20.00 a day (budget b) for each tenant and user, "
                + "of which there may be any number"
        ),
    ])
    func `comes with the worst case of each policy`(budget: String, line: String) throws {
        let text = "policies:\n" + policy("a", "a-*") + "budgets: [\(budget)]"
        #expect(try check(stripe + text).exposure == [line])
    }

    @Test func `is a policy that only watches`() throws {
        #expect(
            try warnings("policies:\n" + policy("a", "*", "daily_usd_cap: 5, mode: observe")) == [
                "proxy.conf:5: warning: policy \"a\" only watches (mode: observe): it refuses nothing by itself"
            ])
    }

    @Test func `tells of a budget by a tag that nothing sets`() throws {
        let text = "policies:\n" + policy("a", "a-*") + "budgets: [{ name: b, per: tenant, daily_usd_cap: 1 }]\n"
        #expect(
            try warnings(text) == [
                "proxy.conf:6: warning: budget \"b\" counts for each \"tenant\", but nothing requires that tag or reads "
                    + "it from labels: all keys and runs without it share one account"
            ])
        for rules in ["required: tenant", "from_label: \"{tenant}:{run}\""] {
            #expect(try warnings(text + "tags: { \(rules) }") == [])
        }
    }

    @Test func `says when there is no cap at all`() throws {
        let text = "policies:\n" + policy("a", "a-*", "label: a") + policy("b", "b", "label: b")
        #expect(
            try check(stripe + text).exposure == [
                "a: no cap for each run, runs unbounded: no budget covers it", "b: no cap for run b",
            ])
    }
}

@Suite struct `Two patterns of names` {
    @Test(arguments: [
        ("*", "a-*", true, true), ("a*", "a-*", true, true), ("a-*", "a*", false, true), ("a-*", "*-b", false, true),
        ("a", "a", true, true), ("a", "b", false, false), ("a-*", "b-*", false, false), ("*a*", "*ba", true, true),
        ("*a", "*b", false, false), ("a*b", "ab", true, true), ("", "*", false, true), ("ab*", "a", false, false),
    ])
    func `cover or overlap`(a: String, b: String, covers: Bool, overlaps: Bool) {
        #expect(Glob(a).covers(Glob(b)) == covers)
        #expect(Glob(a).overlaps(Glob(b)) == overlaps)
        #expect(Glob(b).overlaps(Glob(a)) == overlaps)
    }
}
