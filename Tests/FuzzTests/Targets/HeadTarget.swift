@testable import Core

/// A request's head: what is read and written out again is read the same, and no part of it could end a line.
enum HeadTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        let end = HeadScanner.end(in: bytes[...])
        let plain = place(of: Array("\r\n\r\n".utf8), in: bytes).map { $0 + 4 }
        try hold(end == plain, "the end of the head is \(String(describing: plain)), not \(String(describing: end))")
        guard let end else { return }
        for from in 0...(end - 4) {
            try hold(HeadScanner.end(in: bytes[...], from: from) == end, "the end is another when seen from \(from)")
        }
        guard let head = allowed({ () throws(Refusal) in try HeadParser.parse(bytes[..<end]) }) else { return }
        try checkParts(head)
        try checkFraming(head)
        let again = allowed { () throws(Refusal) in try HeadParser.parse(written(head)[...]) }
        try hold(again == head, "written out, it is another head")
    }

    private static func checkParts(_ head: RequestHead) throws(Broken) {
        try hold(isOneLine(head.target) && !head.target.contains(0x20), "the target has a line end or a space")
        for index in 0..<head.fields.count {
            let (name, value) = (head.fields.name(index), head.fields.value(index))
            try hold(!name.isEmpty && name.allSatisfy(ASCII.isToken), "a field name is no token")
            try hold(isOneLine(value), "a field has a line end")
            try hold(ASCII.trimmed(value) == value, "a value has spaces around it")
        }
    }

    /// There is one length at most, and it is what the field says.
    private static func checkFraming(_ head: RequestHead) throws(Broken) {
        let lengths = head.fields.all("content-length") + head.fields.all("transfer-encoding")
        try hold(lengths.count <= 1, "two fields say how long the content is")
        switch head.framing {
        case .none: try hold(lengths.allSatisfy { $0.elementsEqual("0".utf8) }, "a length is not obeyed")
        case .fixed(let count):
            try hold(lengths.first?.elementsEqual(String(count).utf8) == true, "another length than the field's")
        case .chunked: try hold(head.readsChunks && head.fields.contains("transfer-encoding"), "chunks out of nowhere")
        case .untilClose: throw Broken("a request without an end")
        }
        try hold(head.method != .connect || head.framing == .none, "a CONNECT with content")
    }

    static func written(_ head: RequestHead) -> [UInt8] {
        var text = Array("\(head.method.rawValue) ".utf8) + head.target + " HTTP/1.\(head.readsChunks ? 1 : 0)\r\n".utf8
        for index in 0..<head.fields.count {
            text += head.fields.name(index) + ": ".utf8 + head.fields.value(index) + "\r\n".utf8
        }
        return text + "\r\n".utf8
    }
}
