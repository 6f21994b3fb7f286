internal import FoundationEssentials

/// Certificates as text (RFC 7468).
enum PEM {
    private static let begin = "-----BEGIN CERTIFICATE-----"
    private static let end = "-----END CERTIFICATE-----"

    /// One certificate, 64 characters on a line, with a line end at its end.
    static func encode(_ der: [UInt8]) -> String {
        let text = Array(Data(der).base64EncodedString().utf8)
        let lines = stride(from: 0, to: text.count, by: 64).map { start in
            String(decoding: text[start..<min(start + 64, text.count)], as: UTF8.self)
        }
        return ([begin] + lines + [end, ""]).joined(separator: "\n")
    }

    /// The certificates of a bundle in DER, in order. What stands between them (comments, other objects) is skipped,
    /// and so is a block that is not base64.
    static func certificates(in text: [UInt8]) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var block: [UInt8]?
        for line in text.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            if line.elementsEqual(begin.utf8) {
                block = []
            } else if line.elementsEqual(end.utf8) {
                if let block, let der = Data(base64Encoded: Data(block)) { found.append(Array(der)) }
                block = nil
            } else {
                block?.append(contentsOf: line)
            }
        }
        return found
    }
}

/// Two digits for a byte, without a formatter.
enum Hex {
    static func lower(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    static func upper(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
}
