@testable import Core

/// A form: what is sent is read as what was priced.
enum FormTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        guard let form = Form(bytes) else { return }
        try checkSent(form)
        // Whoever looks only for the parameter that changes the method must see it where the form has it.
        if form.pairs.contains(where: { MethodOverride.isName($0.name) }) {
            try hold(MethodOverride.isIn(parameters: bytes), "_method is overlooked")
            try hold(MethodOverride.isIn(parameters: form.bytes), "_method is overlooked in what is sent")
        }
        try checkAmounts(form)
    }

    /// The canonical spelling reads as the same form, and has no byte that a reader could take otherwise.
    static func checkSent(_ form: Form) throws(Broken) {
        let again = try present(Form(form.bytes), "what is sent can't be read")
        try hold(again == form, "what is sent is another form")
        let plain = form.bytes.allSatisfy { Percent.isUnreserved($0) || "%&=".utf8.contains($0) }
        try hold(plain, "what is sent has bytes that are read in two ways")
    }

    /// An amount that is found stands there once, and whoever splits the form naively finds the same.
    private static func checkAmounts(_ form: Form) throws(Broken) {
        let parameters = Parameters(.form(form))
        guard let units = allowed({ () throws(Refusal) in try parameters.units("amount") }) else { return }
        let naive = form.bytes.split(separator: UInt8(ascii: "&")).filter { $0.starts(with: "amount=".utf8) }
        try hold(naive.count == 1 && naive[0].dropFirst(7).elementsEqual(String(units).utf8), "not just one amount")
        let named = form.pairs.filter { String(bytes: $0.name).lowercased().hasPrefix("amount[") }
        try hold(named.isEmpty, "an amount in brackets beside it")
    }
}
