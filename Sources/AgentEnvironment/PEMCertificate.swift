import FoundationEssentials

/// A certificate as text (RFC 7468) and in DER.
struct PEMCertificate {
    /// With a line end at its end.
    let text: String
    let der: Data

    private static let begin = "-----BEGIN CERTIFICATE-----"
    private static let end = "-----END CERTIFICATE-----"

    /// The certificates of a file, in order. Comments, other objects and blocks that are not base64 are skipped.
    static func all(in text: String) -> [PEMCertificate] {
        var found: [PEMCertificate] = []
        var block: [Substring]?
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix(begin) {
                block = []
            } else if line.hasPrefix(end) {
                found += block.flatMap { PEMCertificate(lines: $0) }.map { [$0] } ?? []
                block = nil
            } else {
                block?.append(line)
            }
        }
        return found
    }

    /// Each once, the first place counts.
    static func unique(_ certificates: [PEMCertificate]) -> [PEMCertificate] {
        var seen: Set<Data> = []
        return certificates.filter { seen.insert($0.der).inserted }
    }

    private init?(lines: [Substring]) {
        let base64 = lines.joined().filter { !$0.isWhitespace }
        guard let der = Data(base64Encoded: base64), !der.isEmpty else { return nil }
        self.der = der
        text = ([Self.begin] + lines.map(String.init) + [Self.end, ""]).joined(separator: "\n")
    }
}
