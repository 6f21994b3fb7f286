/// Parameters that make another request of it than the one that was judged are refused wherever they can be read.
extension Target {
    /// - Throws: `.malformedRequest` for another method, `.accountNotAllowed` for another account.
    func check(parameters: some Collection<UInt8>) throws(Refusal) {
        try check(vendor.refusedParameters.first(in: parameters))
    }

    /// - Throws: the same.
    func check(form: Form) throws(Refusal) {
        for pair in form.pairs { try check(vendor.refusedParameters.read(pair.name)) }
    }

    /// - Throws: the same.
    func check(json: JSONValue) throws(Refusal) {
        guard case .object(let members) = json else { return }
        for member in members { try check(vendor.refusedParameters.read(Array(member.key.utf8))) }
    }

    /// - Throws: the same, when a name was found.
    func check(_ name: [UInt8]?) throws(Refusal) {
        guard let name else { return }
        if MethodOverride.isName(name) { throw .malformedRequest("a _method parameter") }
        throw .accountNotAllowed(field: String(bytes: name))
    }
}
