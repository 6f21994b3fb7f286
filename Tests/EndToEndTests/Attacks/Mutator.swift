/// Makes broken requests of good ones; the same seed makes the same ones.
struct Mutator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// Bytes and texts that parsers stumble over.
    private static let spices: [[UInt8]] =
        [0, 9, 10, 11, 13, 32, 44, 58, 59, 127, 128, 255].map { [$0] }
        + [
            "\r\n", "\r\n\r\n", "\n\n", "\r\n ", " :", "chunked", "0\r\n\r\n", "Content-Length: 1\r\n", "../",
            "%2e%2e/",
            "Transfer-Encoding: chunked\r\n", "Host: evil.example\r\n", "Connection: authorization\r\n", "HTTP/1.1",
            "-1",
            "Transfer-Encoding: gzip\r\n", "Authorization: Bearer x\r\n", "\r\nGET /v1/payouts HTTP/1.1\r\n", ";a=\"",
            "+",
        ].map { Array($0.utf8) }

    /// One to four changes.
    mutating func mutant(of request: [UInt8], with other: [UInt8]) -> [UInt8] {
        var bytes = request
        for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty { change(&bytes, other) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8], _ other: [UInt8]) {
        let at = Int.random(in: 0..<bytes.count, using: &self)
        let end = min(bytes.count, at + Int.random(in: 1...12, using: &self))
        switch Int.random(in: 0..<8, using: &self) {
        case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &self)
        case 1: bytes[at] = UInt8.random(in: 0...255, using: &self)
        case 2: bytes.insert(contentsOf: Self.spices.randomElement(using: &self) ?? [], at: at)
        case 3: bytes.removeSubrange(at..<end)
        case 4: bytes.insert(contentsOf: bytes[at..<end], at: at)
        case 5: bytes.replaceSubrange(at..., with: other.suffix(Int.random(in: 0..<other.count, using: &self)))
        case 6: duplicateLine(&bytes, at)
        default: swapLines(&bytes)
        }
    }

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        bytes.split(separator: 10, omittingEmptySubsequences: false)
    }

    private mutating func duplicateLine(_ bytes: inout [UInt8], _ at: Int) {
        var lines = Self.lines(bytes)
        let line = Int.random(in: lines.indices, using: &self)
        lines.insert(lines[line], at: Int.random(in: lines.indices, using: &self))
        bytes = Array(lines.joined(separator: [10]))
    }

    private mutating func swapLines(_ bytes: inout [UInt8]) {
        var lines = Self.lines(bytes)
        lines.swapAt(Int.random(in: lines.indices, using: &self), Int.random(in: lines.indices, using: &self))
        bytes = Array(lines.joined(separator: [10]))
    }
}
