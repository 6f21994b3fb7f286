internal import Core

/// Free text that callers give.
enum Label {
    static let longest = 256

    static func check(_ text: String, _ field: String) throws(APIProblem) -> String {
        guard !text.utf8.isEmpty else { throw .field(field, "must not be empty") }
        guard text.utf8.count <= longest else { throw .field(field, "is longer than \(longest) bytes") }
        guard text.unicodeScalars.allSatisfy(isPrintable) else { throw .field(field, "has control characters") }
        guard text.isNormal else { throw .field(field, "is not in Unicode's form NFC; normalise it first") }
        return text
    }

    /// C0, DEL, C1, and the format characters that reorder or hide text in a terminal.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}

extension RunID {
    static func check(_ text: String, _ field: String) throws(APIProblem) -> String {
        guard isValid(text.utf8) else { throw .field(field, "expected 1 to 128 of the characters A-Z a-z 0-9 _ . : -") }
        return text
    }

    /// `agent-` and letters that read well aloud; a name, not a secret.
    static func generate() -> String {
        let letters = Array("abcdefghjkmnpqrstuvwxyz23456789")
        return "agent-" + String((0..<8).compactMap { _ in letters.randomElement() })
    }
}
