internal import ControlAPI
internal import Core
internal import NIOCore
internal import NIOHTTP1

/// Speaks to the admin listener. It honours no proxy: the environment of an operator's shell may well point at ours.
struct AdminClient: Sendable {
    let address: AdminAddress

    init(_ address: AdminAddress) { self.address = address }

    /// Makes a call and reads its JSON.
    /// - Throws: what the sidecar says is wrong, in its own words.
    func call(
        _ method: Method, _ path: String, query: [(String, String?)] = [], _ content: JSONValue? = nil
    ) async throws(Quit) -> JSONValue {
        let answer = try await exchange(method, path, query, content)
        guard let value = try? JSONValue.parse(answer.content) else {
            throw Quit("\(address.authority) does not answer like a sidecar (status \(answer.status))", .unavailable)
        }
        guard (200..<300).contains(answer.status) else { throw Self.failure(answer.status, value) }
        return value
    }

    /// Follows a stream of server-sent events; `each` gets the data of every one.
    func follow(
        _ path: String, query: [(String, String?)], _ each: @escaping @Sendable (JSONValue) -> Void
    ) async throws(Quit) {
        let events = EventReader(each)
        let answer = try await AdminConnection(address).exchange(
            request(.get, path, query, nil), nil, patience: nil
        ) { events.take($0) }
        if answer.status == 200 { throw Quit("the sidecar ended the stream", .unavailable) }
        throw Self.failure(answer.status, (try? JSONValue.parse(answer.content)) ?? .null)
    }

    /// Passes an answer on piece by piece; it may be larger than the memory.
    func download(
        _ path: String, query: [(String, String?)], _ piece: @escaping @Sendable ([UInt8]) -> Void
    ) async throws(Quit) {
        let answer = try await AdminConnection(address).exchange(
            request(.get, path, query, nil), nil, patience: nil, piece: piece)
        guard answer.status == 200 else {
            throw Self.failure(answer.status, (try? JSONValue.parse(answer.content)) ?? .null)
        }
    }

    private func exchange(
        _ method: Method, _ path: String, _ query: [(String, String?)], _ content: JSONValue?
    ) async throws(Quit) -> AdminConnection.Answer {
        let bytes = content?.bytes ?? (method == .post ? Array("{}".utf8) : nil)
        return try await AdminConnection(address).exchange(
            request(method, path, query, bytes), bytes, patience: .minutes(5))
    }

    private func request(
        _ method: Method, _ path: String, _ query: [(String, String?)], _ content: [UInt8]?
    ) -> HTTPRequestHead {
        var fields = HTTPHeaders([
            ("Host", address.authority), ("Authorization", "Bearer \(address.token)"), ("Connection", "close"),
        ])
        if let user = UserAccount.current { fields.add(name: ControlAPI.userField, value: user) }
        if let content {
            fields.add(name: "Content-Type", value: "application/json")
            fields.add(name: "Content-Length", value: "\(content.count)")
        }
        return HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: method.rawValue), uri: Self.target(path, query),
            headers: fields)
    }

    private static func target(_ path: String, _ query: [(String, String?)]) -> String {
        let pairs = query.compactMap { name, value in value.map { "\(name)=\(encoded($0))" } }
        return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
    }

    /// Percent-encodes everything but unreserved characters (RFC 3986, section 2.3).
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { result, byte in
            if ASCII.isAlphanumeric(byte) || "-._~".utf8.contains(byte) {
                result.append(Character(Unicode.Scalar(byte)))
            } else {
                result += ["%", digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }

    private static func failure(_ status: UInt, _ problem: JSONValue) -> Quit {
        let message = problem["message"]?.text ?? "the sidecar answered \(status)"
        switch status {
        case 401, 403: return Quit(message, .noPermission)
        case 503: return Quit(message, .temporary)
        case 500...: return Quit(message, .software)
        default: return Quit(message, .dataError)
        }
    }
}
