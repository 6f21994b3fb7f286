import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    /// `COFFERDAM_FUZZ_SEED` and `COFFERDAM_FUZZ_COUNT` choose others.
    @Suite struct `Requests that chance has broken` {
        private static func number(_ name: String, _ usual: UInt64) -> UInt64 {
            Machine.environment[name].flatMap { UInt64($0) } ?? usual
        }

        private static let seed = number("COFFERDAM_FUZZ_SEED", UInt64.random(in: 0..<1_000_000))
        private static let count = Int(number("COFFERDAM_FUZZ_COUNT", 100))

        private static let form = "amount=100&currency=usd"
        private static let good: [String] = [
            "GET {path}/v1/customers/c?limit=3 HTTP/1.1\r\nHost: {host}\r\n{who}Accept: */*\r\n\r\n",
            "POST {path}\(Attack.streamed) HTTP/1.1\r\nHost: {host}\r\n{who}Content-Length: 11\r\n\r\nhello there",
            "POST {path}\(Attack.streamed) HTTP/1.1\r\nHost: {host}\r\n{who}Transfer-Encoding: chunked\r\n\r\n"
                + "5\r\nhello\r\n6\r\n there\r\n0\r\nX-Sum: 1\r\n\r\n",
            "POST {path}\(Attack.priced) HTTP/1.1\r\nHost: {host}\r\n{who}\(Attack.form)Content-Length: 23\r\n\r\n\(form)",
            "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}\r\nPOST {path}\(Attack.priced) HTTP/1.1\r\n"
                + "Host: {host}\r\n{who}\(Attack.form)Transfer-Encoding: chunked\r\n\r\n17\r\n\(form)\r\n0\r\n\r\n",
        ]

        private struct Mutant: Sendable {
            let way: Way
            let bytes: [UInt8]
        }

        private func mutants(_ siege: Siege) -> [Mutant] {
            var chance = Mutator(seed: Self.seed)
            return (0..<Self.count).flatMap { _ in
                Way.three.map { way in
                    let two = (0..<2).map { _ in
                        siege.bytes(Self.good.randomElement(using: &chance) ?? "", way, mark: siege.mark())
                    }
                    return Mutant(way: way, bytes: chance.mutant(of: two[0], with: two[1]))
                }
            }
        }

        @Test func `reach the vendor whole and canonical, or not at all`() async throws {
            print("COFFERDAM_FUZZ_SEED=\(Self.seed)")
            try await Siege.lay { siege in
                let heard = try await concurrently(mutants(siege), width: 48) { mutant in
                    let wire = try await siege.wire(mutant.way)
                    await wire.send(mutant.bytes + siege.bytes(Siege.tail, mutant.way, mark: "tail"))
                    // What waits for more will wait for ever; nothing is told of it but by the vendor.
                    let heard = await wire.hear(within: .seconds(1)) { _ in false }
                    await wire.close()
                    return (mutant, heard)
                }
                for (mutant, heard) in heard {
                    let text = String(decoding: mutant.bytes, as: UTF8.self).debugDescription
                    let what: Comment = "seed \(Self.seed) by \(mutant.way): \(text)\n\(heard.text)"
                    #expect(siege.leaks(in: heard.text) == [], what)
                    #expect(RawAnswers(heard).whole.filter { $0.status == 500 }.isEmpty, what)
                }
                let meant = heard.reduce(into: Set<Reading>()) { all, mutant in
                    all.formUnion(Reading.all(in: mutant.0.bytes + siege.bytes(Siege.tail, mutant.0.way, mark: "tail")))
                }
                try await check(siege, meant, heard.map(\.0.bytes))
            }
        }

        /// The vendor's own view, and that of the books.
        private func check(_ siege: Siege, _ meant: Set<Reading>, _ said: [[UInt8]]) async throws {
            try await siege.canaries()
            try await siege.atRest()
            #expect(siege.stage.vendor.connections.compactMap(\.malformed) == [], "seed \(Self.seed)")
            for request in siege.stage.vendor.requests {
                let bytes = String(decoding: request.head.bytes + request.content, as: UTF8.self).debugDescription
                #expect(siege.faults(of: request) == [], "seed \(Self.seed): \(bytes)")
                guard request.isComplete, request.value("x-mark")?.hasPrefix("canary") != true else { continue }
                let mark = Array("X-Mark: \(request.value("x-mark") ?? "")\r".utf8)
                let who = said.filter { $0.firstRange(of: mark) != nil }.map { String(decoding: $0, as: UTF8.self) }
                let isMeant = meant.contains(Reading(request))
                #expect(isMeant, "seed \(Self.seed): nobody said that: \(bytes), but: \(who)")
            }
            try await siege.checkBooks(doubt: true)
        }
    }
}
