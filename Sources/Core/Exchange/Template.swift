/// A vendor's own error shape, with a refusal's words filled in.
package enum Template {
    /// Fills `{message}`, `{code}`, `{title}`, `{reason}`, `{status}` and `{code_number}`, JSON-escaped.
    package static func fill(_ template: String, _ refusal: Refusal, status: Int? = nil) -> String {
        let status = status ?? refusal.status
        let values = [
            "message": escaped(refusal.message), "code": refusal.code, "title": escaped(refusal.title),
            "reason": escaped(refusal.title), "status": String(status), "code_number": String(status * 100),
        ]
        var filled = ""
        var rest = template[...]
        while let open = rest.firstIndex(of: "{") {
            filled += rest[..<open]
            rest = rest[open...]
            let name = rest.dropFirst().prefix { $0.isLetter || $0 == "_" }
            if let value = values[String(name)], rest.dropFirst(name.count + 1).first == "}" {
                filled += value
                rest = rest.dropFirst(name.count + 2)
            } else {
                filled += "{"
                rest = rest.dropFirst()
            }
        }
        return filled + rest
    }

    private static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONText.appendEscaped(text.utf8, to: &bytes)
        return String(bytes: bytes)
    }
}
