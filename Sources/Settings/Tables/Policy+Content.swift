package import Core

extension Policy {
    /// Everything that decides, in one text; where it stands in the file is not part of it.
    package var content: String {
        let operations = operationCaps.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.content)" }
        let pins = pinned.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let parts = [
            [name, runs.text, vendor, label, String(lifetime.microseconds), caps.content], endpoints.map { $0.key("") },
            operations, pins, [Tag.text(tags) ?? "-"], requiredTags, observes ? ["observe"] : [], only.map { "\($0)" },
        ]
        return "\(parts)"
    }
}

extension Caps {
    fileprivate var content: String {
        Period.allCases.map { self[$0].map { String($0.micros) } ?? "-" }.joined(separator: ",")
    }
}

extension String {
    /// 16 hexadecimal digits of its digest.
    var fingerprint: String {
        let digits = Array("0123456789abcdef")
        return String(SecretDigest(of: self).bytes.prefix(8).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
