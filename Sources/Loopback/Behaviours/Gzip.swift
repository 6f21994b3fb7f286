/// Makes gzip (RFC 1952) with fixed codes and no matches: nothing is saved, but nothing can be read either.
enum Gzip {
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let head: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
        return head + deflate(bytes) + littleEndian(checksum(bytes))
            + littleEndian(UInt32(truncatingIfNeeded: bytes.count))
    }

    /// One final block with the fixed Huffman codes of RFC 1951, section 3.2.6.
    private static func deflate(_ bytes: [UInt8]) -> [UInt8] {
        var bits: [Bool] = [true, true, false]  // final block; type 1, lowest bit first
        func code(_ value: Int, _ length: Int) {
            for bit in (0..<length).reversed() { bits.append(value >> bit & 1 == 1) }
        }
        for byte in bytes.map(Int.init) {
            if byte < 144 { code(0x30 + byte, 8) } else { code(0x190 + byte - 144, 9) }
        }
        code(0, 7)  // end of block
        return stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<min(start + 8, bits.count)].reversed().reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
        }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0xedb8_8320 : rest >> 1 }
        }
    }

    private static func littleEndian(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}
