import Core

@testable import OriginClient

/// An origin's answer, line by line: no part of what is read could end a line, and read again it is the same.
enum AnswerTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        for answersHead in [false, true] {
            guard let heads = read(bytes, answersHead) else { continue }
            for head in heads { try checkParts(head) }
            guard let last = heads.last, last.status >= 200 else { continue }
            try checkFraming(last, answersHead)
            let again = read(written(last), answersHead)
            try hold(again == [last], "written out, it is another head")
        }
    }

    /// The heads up to the final one; nil when one is refused.
    private static func read(_ bytes: [UInt8], _ answersHead: Bool) -> [AnswerHead]? {
        var (parser, heads) = (AnswerParser(answersHead: answersHead), [AnswerHead]())
        for line in lines(bytes) {
            guard let step = line.withUnsafeBufferPointer({ try? parser.take($0) }) else { return nil }
            switch step {
            case .more: continue
            case .interim(let head), .head(let head): heads.append(head)
            }
        }
        return heads
    }

    private static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        let ends = bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
        return zip([0] + ends, ends + [bytes.count]).map { Array(bytes[$0..<$1]) }.filter { !$0.isEmpty }
    }

    private static func checkParts(_ head: AnswerHead) throws(Broken) {
        try hold((100...999).contains(head.status) && head.status != 101, "the status \(head.status)")
        try hold(isOneLine(head.reason), "the reason phrase has a line end")
        for index in 0..<head.fields.count {
            let (name, value) = (head.fields.name(index), head.fields.value(index))
            try hold(!name.isEmpty && name.allSatisfy(ASCII.isToken), "a field name is no token")
            try hold(isOneLine(value) && ASCII.trimmed(value) == value, "a value has a line end, or spaces around it")
        }
    }

    private static func checkFraming(_ head: AnswerHead, _ answersHead: Bool) throws(Broken) {
        let (lengths, codings) = (head.fields.all("content-length"), head.fields.all("transfer-encoding"))
        try hold(lengths.isEmpty || codings.isEmpty, "two fields say how long the content is")
        try hold(codings.count <= 1, "two transfer codings")
        let silent = answersHead || head.status == 204 || head.status == 304
        try hold(!silent || head.framing == .none, "content where none can be")
        if case .fixed(let length) = head.framing {
            try hold(lengths.allSatisfy { Int64(String(bytes: $0)) == length }, "another length than the field's")
        }
        if !silent, head.framing == .none { throw Broken("an answer without content, for no reason") }
    }

    private static func written(_ head: AnswerHead) -> [UInt8] {
        var text = Array("HTTP/1.1 \(head.status) ".utf8) + head.reason + "\r\n".utf8
        for index in 0..<head.fields.count {
            text += head.fields.name(index) + ": ".utf8 + head.fields.value(index) + "\r\n".utf8
        }
        return text + "\r\n".utf8
    }
}
