@testable import Core

/// `POST /stripe/v1/charges`, and behind it content: what the catalogue's rules make of it, and of it as an answer.
enum PriceTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        let parts = Parts(bytes, 2)
        guard let target = target(parts.bytes(0)) else { return }
        let content = parts.bytes(1)
        if let value = try? JSONValue.parse(content) {
            try checkEstimate(.json(value), target)
            try checkAnswer(value, target)
        }
        if let form = Form(content) { try checkEstimate(.form(form), target) }
    }

    private static func target(_ line: [UInt8]) -> Target? {
        let fields = "\r\nHost: 127.0.0.1:4700\r\n\r\n"
        guard
            let head = allowed({ () throws(Refusal) in
                try HeadParser.parse((line + " HTTP/1.1".utf8 + fields.utf8)[...])
            })
        else { return nil }
        return allowed { () throws(Refusal) in
            try Binder(rules: World.rules).bind(Arrival(head: head, way: .listener, lane: 0))
        }
    }

    private static func checkEstimate(_ parsed: Content.Parsed, _ target: Target) throws(Broken) {
        guard let estimate = estimate(parsed, target) else { return }
        try hold(estimate >= .zero, "it costs \(estimate)")
        // What is sent in its place must cost the same.
        guard case .json(let value) = parsed, let form = Form(json: value), target.vendor.formOnly else { return }
        try FormTarget.checkSent(form)
        guard let sent = Form(form.bytes) else { return }
        try hold(
            self.estimate(.form(sent), target) == self.estimate(.form(form), target), "what is sent costs otherwise")
    }

    private static func estimate(_ parsed: Content.Parsed, _ target: Target) -> Money? {
        let content = Content(outgoing: .none, parsed: parsed)
        return allowed { () throws(Refusal) in
            switch target.operation?.price {
            case .amount(let rule):
                try AmountReader(rule: rule, vendor: target.vendor, rates: World.rules.rates).estimate(content, target)
            case .flat(let rule): try FlatReader(rule: rule).estimate(content, target)
            case .object(let rule):
                try ObjectMove.read(rule, content, target).flatMap { try? checked($0, target) }
            default: nil
            }
        } ?? nil
    }

    /// The most that a move of an object of five dollars comes to.
    private static func checked(_ move: ObjectMove, _ target: Target) throws(Broken) -> Money? {
        try hold(ObjectMove.isPlain(move.id.utf8), "an ID that could change a path")
        try hold(PathTarget.canonical(Array(move.path.utf8)) != nil, "\(move.path) is no path")
        return move.amount(ObjectAmount(units: 500, currency: "usd")).flatMap {
            target.vendor.money($0, World.rules.rates)
        }
    }

    private static func checkAnswer(_ answer: JSONValue, _ target: Target) throws(Broken) {
        let rates = World.rules.rates
        let cost: Money? =
            switch target.operation?.price {
            case .amount(let rule): AmountReader(rule: rule, vendor: target.vendor, rates: rates).actual(answer)
            case .flat(let rule): FlatReader(rule: rule).actual(answer, rates)
            default: nil
            }
        try hold(cost.map { $0 >= .zero } ?? true, "the answer says that it cost less than nothing")
        for kind in target.vendor.objects.values {
            let amount = kind.content(of: answer)
            try hold(amount.map { $0.units >= 0 } ?? true, "an object holds less than nothing")
        }
    }
}
