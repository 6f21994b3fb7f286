internal import Core

extension Value {
    /// Kinds of the vendor's objects that hold money, by name.
    func objectKinds() -> [String: ObjectKind]? {
        guard let table = table() else { return nil }
        var kinds: [String: ObjectKind] = [:]
        for entry in table.entries { kinds[entry.name] = entry.value.objectKind() }
        return kinds
    }

    private func objectKind() -> ObjectKind? {
        guard let table = table(.object), let path = table.required("path")?.objectPath() else { return nil }
        var kind = ObjectKind(path: path)
        table.read("amount", into: &kind.amount) { $0.jsonPath() }
        table.read("currency", into: &kind.currency) { $0.jsonPath() }
        return kind
    }

    private func objectPath() -> String? {
        let what = "a path with {id}, such as /v1/charges/{id}"
        guard let path = text(what) else { return nil }
        let filled = path.replacing("{id}", with: "id")
        guard path.split(separator: "{id}", omittingEmptySubsequences: false).count == 2,
            (try? CanonicalPath(Array(filled.utf8)[...]))?.query == .some(nil)
        else { return expected(what) }
        return path
    }
}

extension ObjectRule {
    init?(_ table: Table) {
        table.refuse(
            ["flat_usd", "unknown", "units", "by_prefix", "answer_usd", "answer_currency", "creates"],
            in: "a price by object")
        guard let object = table["object"] else { return nil }
        if let kind = object.scalar {
            self.init(inPath: kind)
        } else {
            guard let named = object.table() else { return nil }
            self.init(
                parameters: named.entries.compactMap { entry in
                    entry.value.name("a kind of \"objects\"").map { (name: entry.name, kind: $0) }
                })
        }
        table.read("amount", into: &amount) { $0.parameter() }
        table.read("currency", into: &currency) { $0.parameter() }
        table.read("moves", into: &moves) { value in
            value.word(Moves.allCases.map(\.rawValue)).flatMap(Moves.init(rawValue:))
        }
        table.read("fields_forbidden", into: &forbidden) { $0.list { $0.parameter() } }
        guard let answer = table["answer"]?.table(.answer) else { return }
        answer.read("amount", into: &answerAmount) { $0.jsonPath() }
        answer.read("currency", into: &answerCurrency) { $0.jsonPath() }
    }
}
