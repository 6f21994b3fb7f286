internal import Core

/// What the loop knows of one transfer. A value that stays on the loop's thread.
struct Leg {
    /// What the transfer waits for, and so which deadline holds.
    enum Stage { case connecting, uploading, waiting, answering }

    /// A piece of an answer that is handed over is at most this long, unless libcurl gave more at once.
    static let pieceSize = 65_536

    var handle: EasyHandle?
    var channel: Channel?
    /// Its place in the loop's list, which makes removing cheap.
    var slot = -1
    var stage = Stage.connecting
    /// Monotonic nanoseconds.
    var deadline: Int64 = .max
    var parser: AnswerParser
    var upload: UploadSource

    /// libcurl reached the pre-request callback: the request may have left.
    var isSent = false
    /// A cached connection that was not quiet was refused: once more, on a new one.
    var wantsFreshConnection = false
    var refusedAddress = false
    var openedSocket = false
    /// Sockets that this transfer opened; one of them becomes its connection.
    var sockets: [Int32] = []
    /// Our own reason to end it, which outranks libcurl's code.
    var verdict: (cause: OriginFailure.Cause, words: String)?
    /// The answer ends with the connection, and the connection did not end properly yet.
    var needsGoodbye = false
    /// The origin has answered before it had all content, and wants no more.
    var isAnsweredEarly = false
    /// Such an answer was not whole.
    var isCut = false
    /// Bytes of the answer's content so far.
    var received: Int64 = 0
    var pausesAnswer = false
    var pausesUpload = false

    private var events: [OriginEvent] = []
    private(set) var pendingBytes = 0
    /// It is on the list of those that have events to hand over.
    var isDirty = false

    init(_ request: OriginRequest) {
        parser = AnswerParser(answersHead: request.method == .head)
        upload = UploadSource(request.content)
    }

    mutating func say(_ event: OriginEvent) { events.append(event) }

    /// Adds content, to the turn's last piece if that has room: libcurl gives 16 KiB at a time.
    mutating func say(content bytes: UnsafeRawBufferPointer) {
        pendingBytes += bytes.count
        received += Int64(bytes.count)
        guard case .content(var piece)? = events.last, piece.count + bytes.count <= Self.pieceSize else {
            return events.append(.content(Array(bytes)))
        }
        events.removeLast()
        piece.reserveCapacity(Self.pieceSize)
        piece.append(contentsOf: bytes)
        events.append(.content(piece))
    }

    mutating func takeEvents() -> ([OriginEvent], Int) {
        let taken = (events, pendingBytes)
        events = []
        pendingBytes = 0
        isDirty = false
        return taken
    }
}
