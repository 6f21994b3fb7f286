@testable import Core

/// JSON: written out it is the same value, and as a form it says the same.
enum JSONTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        guard let value = try? JSONValue.parse(bytes) else { return }
        let written = value.bytes
        let again = try present(try? JSONValue.parse(written), "what is written is no JSON")
        try hold(again.bytes == written, "written twice, it differs")
        try hold(!written.contains { $0 < 0x20 || $0 == 0x7F }, "it is written with control bytes")
        try checkForm(value)
    }

    private static func checkForm(_ value: JSONValue) throws(Broken) {
        guard let form = Form(json: value) else { return }
        try FormTarget.checkSent(form)
        let (ours, theirs) = (Parameters(.json(value)), Parameters(.form(form)))
        for name in ["amount", "currency", "a"] {
            let amounts = (
                allowed { () throws(Refusal) in try ours.units(name) },
                allowed { () throws(Refusal) in try theirs.units(name) }
            )
            try hold(amounts.0 == amounts.1 || amounts.0 == nil, "as a form, \(name) is \(amounts.1 ?? -1)")
            try hold(amounts.1 == nil || amounts.0 == amounts.1 || nested(value, name), "\(name) appears in the form")
            let currencies = (
                allowed { () throws(Refusal) in try ours.currency(name) },
                allowed { () throws(Refusal) in try theirs.currency(name) }
            )
            try hold(currencies.0 == nil || currencies.0 == currencies.1, "as a form, \(name) is another currency")
        }
    }

    /// Whether the form has less of it than the JSON: empty lists and objects leave nothing in a form.
    private static func nested(_ value: JSONValue, _ name: String) -> Bool {
        guard case .object(let members) = value else { return false }
        return members.contains { member in
            if case .object(let inner) = member.value { return inner.isEmpty }
            if case .array(let inner) = member.value { return inner.isEmpty }
            return false
        }
    }
}
