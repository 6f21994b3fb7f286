import Testing

@testable import Core

@Suite struct `A writer of bytes` {
    @Test func `grows with what is put into it`() {
        var writer = ByteWriter(capacity: 1)
        for byte in UInt8(0)..<100 { writer.append(byte) }
        [UInt8](repeating: 7, count: 5000).withUnsafeBytes { writer.append($0) }
        #expect(writer.bytes == Array(0..<100) + [UInt8](repeating: 7, count: 5000))
    }

    @Test(arguments: [(UInt64(0), 1, "0"), (0, 3, "000"), (42, 1, "42"), (42, 6, "000042"), (.max, 1, "\(UInt64.max)")])
    func `writes numbers in decimal`(_ number: UInt64, _ digits: Int, _ text: String) {
        var writer = ByteWriter(capacity: 32)
        writer.append(number, digits: digits)
        #expect(String(bytes: writer.bytes) == text)
    }

    @Test(arguments: ["", "plain", "a \"b\" \\ \n \u{1}", "søren"])
    func `escapes what JSON asks for`(_ text: String) throws {
        var writer = ByteWriter(capacity: 4)
        writer.append(quoted: text)
        #expect(try JSONValue.parse(writer.bytes).text == text)
    }
}

@Suite struct `A request's ID` {
    @Test func `is never given twice, and sorts by time`() {
        let early = (0..<20_000).map { _ in RequestID(at: Moment(microseconds: 1_795_521_600_000_042)).text }
        let late = RequestID(at: Moment(microseconds: 1_795_521_600_001_042)).text
        #expect(Set(early).count == early.count)
        #expect(early.allSatisfy { $0 < late && $0.count == 20 })
    }
}
