@testable import ControlAPI
@testable import Core

/// A query and a JSON object as the control API reads them.
enum APITarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        let parts = Parts(bytes, 2)
        let now = Moment(seconds: 1_800_000_000)
        if let query = try? Query(parts.text(0), known: ["label", "since", "limit", "cursor", "tag.*"]) {
            let limit = try? query.limit(default: 50, most: 1000)
            try hold(limit.map { (1...1000).contains($0) } ?? true, "a page of \(limit ?? 0)")
            _ = try? query.moment("since", now: now)
            _ = try? query.number("cursor")
            _ = query.glob("label")?.matches("a")
        }
        guard let object = try? ObjectReader(parts.bytes(1), known: ["usd", "span", "moment", "text", "texts", "tags"])
        else { return }
        let money = (try? object.dollars("usd")) ?? nil
        try hold(money.map { $0 >= .zero && $0 <= Dollars.most } ?? true, "a cap of less than nothing, or too much")
        let span = (try? object.span("span")) ?? nil
        try hold(span.map { $0 > .seconds(0) } ?? true, "a duration of nothing")
        _ = (try? object.moment("moment")) ?? nil
        _ = (try? object.texts("texts")) ?? nil
        let tags = (try? object.tags()) ?? [:]
        try hold(tags.keys.allSatisfy(Tag.isName) && tags.values.allSatisfy(Tag.isValue), "a tag that is none")
    }
}
