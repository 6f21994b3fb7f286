import Foundation
import Testing

@testable import Commands

@Suite struct `Log lines` {
    private func written(to descriptor: CInt, _ count: Int) {
        let writer = LogWriter(descriptor: descriptor)
        for number in 0..<count { writer.write("line \(number)\n") }
        writer.flush()
    }

    @Test func `that can't be written are lost, and nothing else`() {
        let full = open("/dev/full", O_WRONLY)
        written(to: full, 10)
        close(full)
        written(to: -1, 10)
    }

    @Test func `wait for a reader that stalls, in a thread of their own`() throws {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        let started = ContinuousClock.now
        // Nobody reads, and nobody closes: the thread that writes waits to the end of the process.
        written(to: ends[1], 20_000)
        #expect(ContinuousClock.now - started < .seconds(15))
    }

    @Test func `come in order`() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("lines-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let descriptor = open(file, O_WRONLY | O_CREAT, 0o600)
        written(to: descriptor, 100)
        close(descriptor)
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.map(String.init) == (0..<100).map { "line \($0)" })
    }
}
