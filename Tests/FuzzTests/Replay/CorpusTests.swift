import Foundation
import Testing

@Suite struct `Any bytes at all` {
    /// How many changed inputs each parser gets, always the same ones, and how long at most; `scripts/harden` gives them
    /// longer, and looks where they lead.
    private static let most = 1500
    private static let time = Duration.seconds(
        ProcessInfo.processInfo.environment["COFFERDAM_FUZZ_SECONDS"].flatMap { Int($0) } ?? 1)

    @Test(arguments: FuzzTarget.all) func `leave every parser true to its word, as those of the corpus`(
        _ target: FuzzTarget
    ) throws {
        let corpus = try Corpus(target.name)
        #expect(corpus.inputs.count >= 3, "a corpus of \(corpus.inputs.count)")
        for input in corpus.inputs { check(target, input.bytes, input.name) }
    }

    @Test(arguments: FuzzTarget.all) func `leave every parser true to its word, when the corpus is changed`(
        _ target: FuzzTarget
    ) throws {
        var mutator = Mutator(try Corpus(target.name))
        let end = ContinuousClock.now + Self.time
        for _ in 0..<Self.most where ContinuousClock.now < end {
            guard check(target, mutator.next(), "a changed input") else { return }
        }
    }

    @Test func `are kept for every parser, and for nothing else`() throws {
        #expect(try Corpus.names == FuzzTarget.all.map(\.name).sorted())
    }

    @discardableResult
    private func check(_ target: FuzzTarget, _ bytes: [UInt8], _ name: String) -> Bool {
        do throws(Broken) {
            try target.check(bytes)
            return true
        } catch {
            Issue.record(
                "\(target.name), \(name): \(error)\n\(String(reflecting: String(decoding: bytes, as: UTF8.self)))")
            return false
        }
    }
}
