package import Core

/// An answer of the control API, apart from the server that writes it.
package struct APIAnswer: Sendable {
    package enum Content: Sendable {
        case whole([UInt8])
        /// Pieces as they come; the stream's end is the answer's.
        case stream(AsyncStream<[UInt8]>)
        /// Pieces that are made as the client takes them; when one can't be made the answer breaks off.
        case pieces(any Pieces)
    }

    package var status: Int
    package var contentType: String
    package var fields: [(String, String)] = []
    /// A sentence for the reason phrase, where the server lets us choose one.
    package var reason = ""
    package var content: Content

    package init(status: Int, contentType: String, content: Content) {
        (self.status, self.contentType, self.content) = (status, contentType, content)
    }

    /// JSON with a line's end, so that `curl` in a terminal reads well.
    static func json(_ status: Int = 200, _ value: JSONValue) -> APIAnswer {
        APIAnswer(status: status, contentType: "application/json", content: .whole(value.bytes + [0x0A]))
    }

    static func text(_ text: String, type: String) -> APIAnswer {
        APIAnswer(status: 200, contentType: type, content: .whole(Array(text.utf8)))
    }
}
