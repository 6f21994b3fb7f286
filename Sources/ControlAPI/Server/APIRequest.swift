package import Core

/// A request to the control API, apart from the server that read it.
package struct APIRequest: Sendable {
    /// `GET`, `POST`, …
    package var method: String
    /// As it came, without the query; starts with `/`.
    package var path: String
    /// Without `?`; nil when there is none.
    package var query: String?
    /// The `Host` field.
    package var host: String
    package var fields: Fields
    /// Filled in once everything else is found in order.
    var content: [UInt8] = []

    package init(method: String, path: String, query: String?, host: String, fields: Fields) {
        (self.method, self.path, self.query, self.host, self.fields) = (method, path, query, host, fields)
    }

    /// The one value of a field; nil without one.
    /// - Throws: `malformed` when it is there more than once.
    func single(_ name: String) throws(APIProblem) -> String? {
        let values = fields.all(name)
        guard values.count < 2 else { throw .malformed("The request has more than one \(name) field.") }
        return values.first.map { String(bytes: $0) }
    }

    /// The media type of the content, in lower case, without parameters.
    var contentType: String? {
        fields["content-type"].map { value in
            let type = value.prefix { $0 != UInt8(ascii: ";") }
            return String(bytes: ASCII.lowercased(ASCII.trimmed(type)))
        }
    }

    /// Whether the client asks for this media type.
    func accepts(_ type: String) -> Bool {
        fields.list("accept").contains { String(bytes: $0.prefix { $0 != UInt8(ascii: ";") }) == type }
    }
}
