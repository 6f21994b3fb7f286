import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    @Suite struct `The same bytes by each way in` {
        /// Allowed, refused and priced, in every framing that is legal.
        private static let requests: [(name: String, line: String, lines: String, content: String)] = [
            ("read", "GET {path}/v1/customers", "", ""),
            ("with a query", "GET {path}/v1/customers?limit=3&x[]=%2F", "", ""),
            ("only the head", "HEAD {path}/v1/customers", "", ""),
            ("with escapes", "GET {path}/v1/customers/a%3ab%c3%a9", "", ""),
            ("with a slash", "GET {path}/v1/customers/", "", ""),
            (
                "many fields", "GET {path}/v1/customers",
                "Accept: */*\r\nX-A: 1\r\nx-a: 2\r\nX-B:\t3 \r\nUser-Agent: u\r\nX-C:\r\n", ""
            ),
            (
                "dropped fields", "GET {path}/v1/customers",
                "Connection: X-Hop, authorization\r\nX-Hop: 1\r\nX_A: 1\r\nCookie: x\r\nTE: trailers\r\n", ""
            ),
            ("fixed", "POST {path}\(Attack.streamed)", "Content-Type: text/plain\r\nContent-Length: 5\r\n", "hello"),
            ("empty", "POST {path}\(Attack.streamed)", "Content-Length: 0\r\n", ""),
            ("none", "POST {path}\(Attack.streamed)", "", ""),
            (
                "chunks", "POST {path}\(Attack.streamed)", "Transfer-Encoding: chunked\r\n",
                "2\r\nhe\r\n003\r\nllo\r\n0\r\nX: y\r\n\r\n"
            ),
            ("no chunk", "POST {path}\(Attack.streamed)", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            ("expected", "POST {path}\(Attack.streamed)", "Expect: 100-continue\r\nContent-Length: 5\r\n", "hello"),
            (
                "expected chunks", "POST {path}\(Attack.streamed)",
                "Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"
            ),
            ("content of a GET", "GET {path}/v1/customers", "Content-Length: 5\r\n", "hello"),
            ("a form", "POST {path}\(Attack.streamed)", Attack.form + "Content-Length: 3\r\n", "a=b"),
            (
                "priced", "POST {path}\(Attack.priced)", Attack.form + "Content-Length: 23\r\n",
                "amount=100&currency=usd"
            ),
            (
                "priced chunks", "POST {path}\(Attack.priced)", Attack.form + "Transfer-Encoding: chunked\r\n",
                "17\r\namount=100&currency=usd\r\n0\r\n\r\n"
            ),
            (
                "priced, escaped", "POST {path}\(Attack.priced)", Attack.form + "Content-Length: 29\r\n",
                "amoun%74=100&currency=us%64&x"
            ),
            (
                "priced JSON", "POST {path}\(Attack.priced)",
                "Content-Type: application/json\r\nContent-Length: 31\r\n", "{\"amount\":100,\"currency\":\"usd\"}"
            ),
            (
                "priced twice", "POST {path}\(Attack.priced)", Attack.form + "Content-Length: 23\r\n",
                "amount=100&amount=200&x="
            ),
            (
                "priced in a query", "POST {path}\(Attack.priced)?amount=5", Attack.form + "Content-Length: 23\r\n",
                "amount=100&currency=usd"
            ),
            (
                "priced in nothing", "POST {path}\(Attack.priced)", Attack.form + "Content-Length: 23\r\n",
                "amount=100&currency=xxx"
            ),
            (
                "priced too high", "POST {path}\(Attack.priced)", Attack.form + "Content-Length: 32\r\n",
                "amount=99999999999&currency=usd&x"
            ),
            ("unlisted", "GET {path}/v1/payouts", "", ""),
            ("unlisted, with content", "POST {path}/v1/payouts", "Content-Length: 5\r\n", "hello"),
            ("sensitive", "POST {path}/v1/ephemeral_keys", "Content-Length: 0\r\n", ""),
            ("dots", "GET {path}/v1/../v1/customers", "", ""),
            ("an account", "GET {path}/v1/customers", "Stripe-Account: acct_2\r\n", ""),
            ("an override", "GET {path}/v1/customers?_method=DELETE", "", ""),
            ("another run", "GET {path}/v1/customers", "X-Agent-Run-Id: attack-2\r\n", ""),
            ("TRACE", "TRACE {path}/v1/customers", "", ""),
            ("two lengths", "POST {path}\(Attack.streamed)", "Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
            ("an upgrade", "GET {path}/v1/customers", "Upgrade: h2c\r\n", ""),
            ("another Host", "GET {path}/v1/customers", "Host: evil.example\r\n", ""),
        ]

        private struct Outcome: Equatable {
            var answers: [String] = []
            var reached: [String] = []
        }

        private func outcome(_ number: Int, _ way: Way, _ siege: Siege) async throws -> Outcome {
            let request = Self.requests[number]
            let wire = try await siege.wire(way)
            let text = "\(request.line) HTTP/1.1\r\nHost: {host}\r\n{who}\(request.lines)\r\n\(request.content)"
            let before = siege.stage.vendor.requests.count
            // One mark for all: the vendor must not be able to tell them apart.
            await wire.send(siege.bytes(text + Siege.tail, way, mark: "same"))
            let heard = await wire.hear { _ in false }
            await wire.close()
            let answers = RawAnswers(heard, headOnly: text.hasPrefix("HEAD")).whole.map {
                "\($0.status) \($0.code ?? "")"
            }
            let seen = siege.stage.vendor.requests.dropFirst(before)
            return Outcome(
                answers: answers, reached: seen.map { String(decoding: $0.head.bytes + $0.content, as: UTF8.self) })
        }

        @Test func `get one decision, and are the same bytes before the vendor`() async throws {
            try await Siege.lay { siege in
                for (number, request) in Self.requests.enumerated() {
                    var outcomes: [Outcome] = []
                    for way in Way.three { outcomes.append(try await outcome(number, way, siege)) }
                    #expect(outcomes[0].answers.count >= 1, "\(request.name): \(outcomes[0])")
                    for other in outcomes.dropFirst() { #expect(other == outcomes[0], "\(request.name)") }
                }
                let kinds = Set(siege.stage.vendor.requests.map(\.method))
                #expect(kinds == ["GET", "HEAD", "POST"] && siege.stage.vendor.accepted.count >= 9)
            }
        }
    }

    @Suite struct `The name in a client hello` {
        /// The server name inside a tunnel to api.stripe.com, and the Host.
        private static let others: [(String?, String)] = [
            ("api.twilio.com", "api.stripe.com"), ("api.twilio.com", "api.twilio.com"),
            ("evil.example", "api.stripe.com"), ("api.stripe.com.evil.example", "api.stripe.com"),
            ("files.stripe.com", "api.stripe.com"), (nil, "api.twilio.com"),
        ]

        @Test func `that is not the tunnel's opens nothing`() async throws {
            try await Siege.lay { siege in
                for (name, host) in Self.others {
                    let answer = try await ask(siege, name, host)
                    #expect(answer?.status == 421 && answer?.code == "authority_mismatch", "\(name ?? "") \(host)")
                }
                #expect(siege.stage.vendor.requests.isEmpty)
            }
        }

        @Test func `may be missing, or in another case`() async throws {
            try await Siege.lay { siege in
                for name in [nil, "api.stripe.com", "API.Stripe.com"] {
                    let answer = try await ask(siege, name, "api.stripe.com")
                    #expect(answer?.status == 200, "\(name ?? "none")")
                }
                #expect(Set(siege.stage.vendor.connections.map(\.serverName)) == ["api.stripe.com"])
            }
        }

        private func ask(_ siege: Siege, _ name: String?, _ host: String) async throws -> RawAnswer? {
            let wire = try await RawWire.connect(siege.stage.sidecar.proxyPort)
            try await siege.tunnel(wire, to: "api.stripe.com", name: name)
            await wire.send(Array("GET /v1/customers HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8))
            let heard = await wire.hear { !RawAnswers($0).whole.isEmpty }
            await wire.close()
            #expect(siege.leaks(in: heard.text) == [])
            return RawAnswers(heard).whole.first
        }
    }
}
