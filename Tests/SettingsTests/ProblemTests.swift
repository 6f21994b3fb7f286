import Core
import Testing

@testable import Settings

/// A mistake, and what a user is told about it.
struct Mistake: Sendable, CustomTestStringConvertible {
    var text: String
    var told: [String]

    init(_ text: String, _ told: String...) { (self.text, self.told) = (text, told) }

    var testDescription: String { told.first ?? text }
}

@Suite struct `A mistake in proxy.conf` {
    @Test(arguments: fileMistakes + listenMistakes + vendorMistakes)
    func `is told with its place`(mistake: Mistake) throws {
        let problems = try Configuration().problems(mistake.text)
        #expect(problems == mistake.told.map { "proxy.conf:" + $0 })
    }

    @Test(arguments: priceMistakes + policyMistakes + ruleMistakes)
    func `is told with its place below a vendor`(mistake: Mistake) throws {
        let problems = try Configuration().problems(stripe + mistake.text)
        #expect(problems == mistake.told.map { "proxy.conf:" + $0 })
    }

    @Test func `does not hide the others`() throws {
        let problems = try Configuration().problems("lissten: {}\nlisten: { threads: 0, drain: soon }\nspend: [1]\n")
        #expect(
            problems == [
                "proxy.conf:1:1: unknown key \"lissten\"; did you mean \"listen\"?",
                "proxy.conf:2:20: expected a number of threads from 1 to 64, found \"0\"",
                "proxy.conf:2:30: expected a duration such as 5m, 1h30m or 300 (seconds), found \"soon\"",
                "proxy.conf:3:8: expected a table, found a list",
            ])
    }

    /// Somebody writes the secret itself where its place belongs: it must not end up in a log.
    @Test(arguments: ["sk_live_abcdef", "{ env: sk_live_abcdef/x }", "{ env: [sk_live_abcdef] }"])
    func `never shows a secret`(credential: String) throws {
        let problems = try Configuration().problems("vendors: { stripe: { credential: \(credential) } }")
        #expect(problems.count == 1)
        #expect(!problems.joined().contains("sk_live"))
    }
}

private let fileMistakes = [
    Mistake("listen: {\n", "2:1: is not YAML: did not find expected node content"),
    Mistake("a: 1\n\tb: 2\n", "2:1: is not YAML: found a tab character that violates indentation"),
    Mistake("listen:\n  threads: 1\n  threads: 2\n", "2:3: the key \"threads\" stands twice in one table"),
    Mistake("[1, 2]", "1:1: expected a table, found a list"),
    Mistake("buget: []", "1:1: unknown key \"buget\"; did you mean \"budgets\"?"),
    Mistake("zzz: 1", "1:1: unknown key \"zzz\""),
    Mistake("vault: { url: x }", "1:1: \"vault\" is not supported yet; remove it"),
    Mistake("? [a]\n: 1", "1:3: expected a name as the key, found a list"),
]

private let listenMistakes = [
    Mistake(
        "listen: { proxy: 0.0.0.0:4700 }",
        "1:18: 0.0.0.0:4700 can be reached from other machines, and that needs allow_remote: true and TLS, "
            + "which is not supported yet; listen on 127.0.0.1"),
    Mistake(
        "listen: { allow_remote: true, admin: 10.0.0.1:4701 }",
        "1:38: 10.0.0.1:4701 needs TLS on the listener, which is not supported yet; listen on 127.0.0.1"),
    Mistake(
        "listen: { proxy: 4700 }",
        "1:18: expected an address to listen on such as 127.0.0.1:4700 or [::1]:4700, found \"4700\""),
    Mistake(
        "listen: { proxy: 127.0.0.1:70000 }",
        "1:18: expected an address to listen on such as 127.0.0.1:4700 or [::1]:4700, found \"127.0.0.1:70000\""),
    Mistake("listen: { admin: 127.0.0.1:4700 }", "1:18: proxy and admin can't both listen on 127.0.0.1:4700"),
    Mistake("listen: { probes: 127.0.0.1:4701 }", "1:19: another listener has 127.0.0.1:4701 already"),
    Mistake("listen: { threads: 2.0 }", "1:20: expected a number of threads from 1 to 64, found \"2.0\""),
    Mistake("listen: { allow_remote: yes }", "1:25: expected true or false, found \"yes\""),
    Mistake("listen: { drain: 1h }", "1:18: expected a duration from 0s to 10m, found \"1h\""),
    Mistake("listen: { drain: }", "1:18: expected a duration such as 5m, 1h30m or 300 (seconds), found nothing"),
    Mistake(
        "listen: { runs: [{ address: 10.0.0.1:4710, run: a }, { address: 127.0.0.1:4701, run: a b }, { run: a }] }",
        "1:29: 10.0.0.1:4710 can be reached from other machines, and a run's own listener asks for no secret; use 127.0.0.1",
        "1:86: expected a run's ID: letters, digits and . _ : -, at most 128, found \"a b\"",
        "1:93: \"address\" is missing"),
    Mistake(
        "listen: { runs: [{ address: 127.0.0.1:4700, run: a }] }", "1:17: another listener has 127.0.0.1:4700 already"),
    Mistake("store: redis", "1:8: expected sqlite or a table such as { sqlite: /path/of/the/file }, found \"redis\""),
    Mistake(
        "store: { retention: { audit: 12h } }",
        "1:30: expected forever, or a duration of a day or more such as 400d, found \"12h\""),
    Mistake("store: { retention: { holds: 30d } }", "1:23: unknown key \"holds\""),
    Mistake("store: { postgresql: { env: X } }", "1:10: \"postgresql\" is not supported yet; remove it"),
    Mistake(
        "spend: { timezone: Mars/Olympus }",
        "1:20: expected a time zone that this machine knows, such as Europe/Zurich, found \"Mars/Olympus\""),
]

private let vendorMistakes = [
    Mistake(
        "vendors: { strpe: { credential: { env: X } } }",
        "1:12: unknown vendor \"strpe\"; did you mean \"stripe\"? "
            + "Otherwise a vendor that is not in the catalogue needs \"hosts\" and \"credential\""),
    Mistake(
        "vendors: { stripe: { credential: { env: X, variables: [Y] } } }",
        "1:55: goes with command: nothing else is given variables"),
    Mistake(
        "vendors: { acme: { credential: { env: X } } }",
        "1:12: unknown vendor \"acme\"; a vendor that is not in the catalogue needs \"hosts\" and \"credential\""
    ),
    Mistake(
        "vendors: { acme: { hosts: [api.acme.test] } }",
        "1:12: vendor \"acme\" has no credential; add credential: { env: ACME_API_KEY }"),
    Mistake(
        "vendors: { Acme: { hosts: [api.acme.test] } }",
        "1:12: \"Acme\" is not a vendor's name: small letters, digits, \"-\" and \"_\" (at most 64)"),
    Mistake(
        "vendors: { acme: { hosts: [], credential: { env: X } } }", "1:27: expected at least one host, found a list"),
    Mistake(
        "vendors: { acme: { hosts: 10.0.0.1, credential: { env: X } } }",
        "1:27: \"10.0.0.1\" is an address; a vendor is known by its name"),
    Mistake(
        "vendors: { acme: { hosts: Api.acme.test, credential: { env: X } } }",
        "1:27: expected a host's name in lower case, found \"Api.acme.test\""),
    Mistake(
        "vendors: { acme: { hosts: [a.test, a.test], credential: { env: X } } }",
        "1:12: the host a.test is listed twice"),
    Mistake(
        "vendors:\n  stripe: { credential: { env: STRIPE_API_KEY } }\n"
            + "  acme: { hosts: api.stripe.com, credential: { env: X } }",
        "3:3: vendor \"stripe\" has the host api.stripe.com already"),
    Mistake(
        "vendors: { stripe: { credential: { env: A, file: b } } }",
        "1:34: must say where the secret is: { env: NAME }, { file: PATH }, { command: [PROGRAM, …] }, { systemd: NAME } "
            + "or { secret: NAME }"),
    Mistake(
        "vendors: { stripe: { credential: { command: [] } } }",
        "1:45: expected a program and its arguments, found a list"),
    Mistake(
        "vendors: { stripe: { credential: { env: A }, connect_to: sandbox:1 } }",
        "1:58: expected an address and port such as 127.0.0.1:8443, found \"sandbox:1\""),
    Mistake(
        "vendors: { stripe: { credential: { env: A }, allow_addresses: [10.0.0.0/33] } }",
        "1:64: expected a network (10.0.0.0/8), an address, or an address and port (127.0.0.1:8443), "
            + "found \"10.0.0.0/33\""),
    Mistake(
        "vendors: { stripe: { credential: { env: A }, mode: prod } }", "1:52: expected test or live, found \"prod\""),
    Mistake(
        "vendors: { stripe: { credential: { env: A }, upstream_proxy: \"https://p:1\" } }",
        "1:62: expected a proxy such as http://proxy.example.com:3128, found \"https://p:1\""),
    Mistake(
        "vendors: { stripe: { credential: { env: A }, timeouts: { conect: 1s } } }",
        "1:58: unknown key \"conect\"; did you mean \"connect\"?"),
    Mistake(
        "vendors: { stripe: { credential: { env: A }, cap_status: 200 } }",
        "1:58: expected a status from 400 to 599, found \"200\""),
]
