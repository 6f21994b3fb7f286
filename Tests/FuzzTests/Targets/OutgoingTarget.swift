import CCurl
import Core

@testable import OriginClient

/// A request's head as libcurl gets it: strings that nothing in the request can end early.
enum OutgoingTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        let parts = Parts(bytes, 3)
        guard let host = parts.text(0) else { return }
        var fields = Fields()
        for line in parts.bytes(2).split(separator: 0x0A) {
            let name = line.prefix { $0 != UInt8(ascii: ":") }
            fields.append(name, line.dropFirst(name.count + 1))
        }
        let request = OriginRequest(
            method: .get, host: host, target: parts.bytes(1), fields: fields, content: .none, dial: Dial(), pool: "p",
            lane: 0)
        let list = FieldList()
        guard (try? list.fill(request)) != nil else { return }
        try checkStrings(list, request)
    }

    private static func checkStrings(_ list: FieldList, _ request: OriginRequest) throws(Broken) {
        let (url, target) = (list.url.map { String(cString: $0) }, list.target.map { String(cString: $0) })
        try hold(url == "https://\(request.host)/", "the URL is \(url ?? "none")")
        try hold(target.map { Array($0.utf8) } == request.target, "the target is another")
        var node = list.list
        for index in 0..<request.fields.count {
            let text = try present(node?.pointee.data.map { String(cString: $0) }, "a field is missing")
            try hold(isOneLine(text.utf8), "a field has a line end")
            try hold(text.utf8.starts(with: request.fields.name(index)), "a field has another name")
            node = node?.pointee.next
        }
    }
}
