// What an answer says of a request's price, and of the object that it moved.

extension Price {
    /// What the vendor's answer says that it cost; nil when it does not say it plainly.
    func actual(_ answer: JSONValue) -> Money? {
        switch rule {
        case .amount(let rule): AmountReader(rule: rule, vendor: target.vendor, rates: rates).actual(answer)
        case .flat(let flat): FlatReader(rule: flat).actual(answer, rates)
        case .object: object?.cost(answer, target.vendor, rates)
        default: nil
        }
    }

    /// The ID of the object that the answer is about, for the records.
    func objectID(_ answer: JSONValue) -> String? {
        guard let path = target.vendor.objectID, let id = answer[path]?.text, ObjectMove.isPlain(id.utf8) else {
            return nil
        }
        return id
    }

    /// What is known of the object that a settled request made or moved. An answer that was given before tells what the
    /// object was like then.
    func seen(_ answer: JSONValue?, cost: Money, isRepeated: Bool) -> ObjectSeen? {
        var seen = seen(answer, cost: cost)
        if isRepeated { seen?.amount = nil }
        return seen
    }

    private func seen(_ answer: JSONValue?, cost: Money) -> ObjectSeen? {
        if let held = object?.held, let object {
            let same = answer.flatMap(objectID) == object.move.id
            let amount = same ? answer.flatMap(object.move.kind.content) : nil
            return ObjectSeen(key: held.key, total: held.base + cost, amount: amount)
        }
        guard case .amount(let amount)? = rule, let kind = amount.creates, let answer, let id = objectID(answer) else {
            return nil
        }
        let key = target.objectKey(id, accounts)
        var seen = ObjectSeen(key: key, total: cost, amount: target.vendor.objects[kind]?.content(of: answer))
        seen.isNew = true
        return seen
    }
}
