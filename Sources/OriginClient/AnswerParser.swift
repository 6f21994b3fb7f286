internal import Core

/// What an origin said that is not HTTP/1.1; for the log only.
struct AnswerError: Error, Equatable {
    let words: String

    init(_ words: String) { self.words = words }
}

/// Reads an answer's head, interim heads and trailers from single lines; a pure value.
///
/// libcurl is lenient and reads the same lines for its own framing; what is read in two ways is refused here.
struct AnswerParser {
    enum Step {
        case more
        case interim(AnswerHead)
        case head(AnswerHead)
    }

    private enum Stage { case statusLine, fields, trailers }

    /// Bytes of all heads and trailers of one answer (CVE-2023-38039: libcurl 7.88 has no bound).
    static let budget = 65_536
    static let interimLimit = 32

    private let answersHead: Bool
    private var stage = Stage.statusLine
    private var bytes = 0
    private var interims = 0
    private var isOld = false
    private var head = AnswerHead(status: 0)
    private var evidence = FramingEvidence()
    private(set) var trailers = Fields()

    /// - Parameter answersHead: The request was a HEAD.
    init(answersHead: Bool) { self.answersHead = answersHead }

    /// Whether the final head was read.
    var hasHead: Bool { stage == .trailers }

    /// How the content of the final head is framed.
    var framing: Framing { head.framing }

    /// Whether content may follow the head that was read.
    var allowsContent: Bool { hasHead && head.framing != .none }

    /// Takes one line with its line end.
    mutating func take(_ line: UnsafeBufferPointer<UInt8>) throws(AnswerError) -> Step {
        bytes += line.count
        guard bytes <= Self.budget else { throw AnswerError("more than \(Self.budget) bytes of fields") }
        let text = try Self.withoutEnd(line)
        switch stage {
        case .statusLine: try takeStatusLine(text)
        case .fields where text.isEmpty: return try endHead()
        case .fields: try takeField(text)
        case .trailers where text.isEmpty: break
        case .trailers: try takeTrailer(text)
        }
        return .more
    }

    private static func withoutEnd(_ line: UnsafeBufferPointer<UInt8>) throws(AnswerError) -> FieldBytes {
        guard line.last == 0x0A else { throw AnswerError("a line without an end") }
        let count = line.count - (line.count > 1 && line[line.count - 2] == 0x0D ? 2 : 1)
        return FieldBytes(rebasing: line[0..<count])
    }

    private mutating func takeStatusLine(_ text: FieldBytes) throws(AnswerError) {
        let line = try StatusLine(text)
        if line.status == 101 { throw AnswerError("an unasked 101") }
        head = AnswerHead(status: line.status, reason: Array(line.reason))
        head.fields.reserve(bytes: 512, lines: 16)
        evidence = FramingEvidence()
        isOld = line.isOld
        stage = .fields
    }

    private mutating func takeField(_ text: FieldBytes) throws(AnswerError) {
        let field = try FieldLine(text)
        try evidence.note(field)
        head.fields.append(field.name, field.value)
    }

    private mutating func takeTrailer(_ text: FieldBytes) throws(AnswerError) {
        let field = try FieldLine(text)
        trailers.append(field.name, field.value)
    }

    private mutating func endHead() throws(AnswerError) -> Step {
        guard head.status < 200 else {
            head.framing = try evidence.framing(status: head.status, answersHead: answersHead, isOld: isOld)
            stage = .trailers
            return .head(head)
        }
        interims += 1
        guard interims <= Self.interimLimit else { throw AnswerError("more than \(Self.interimLimit) interim answers") }
        stage = .statusLine
        return .interim(head)
    }
}

/// Bytes of one line, without its end.
typealias FieldBytes = UnsafeBufferPointer<UInt8>
