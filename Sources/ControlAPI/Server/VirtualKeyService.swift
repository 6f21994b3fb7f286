package import Core

/// The key service behind its virtual host: the calls of the vault-key wire format, with the tokens of the control API.
package struct VirtualKeyService: KeyService {
    private let sidecar: Sidecar
    private let tokens: AdminTokens
    private let surroundings: Surroundings

    package init(sidecar: Sidecar, tokens: AdminTokens, surroundings: Surroundings) {
        (self.sidecar, self.tokens, self.surroundings) = (sidecar, tokens, surroundings)
    }

    package func answer(_ head: RequestHead, _ target: ArraySlice<UInt8>, _ client: some Client) async {
        // The name was checked when the request was bound; it may be gone since.
        let host = sidecar.rules.virtualHosts.api ?? ""
        let api = ControlAPI.keyService(sidecar: sidecar, tokens: tokens, host: host, surroundings: surroundings)
        let broken = Guarded<Refusal?>(nil)
        let answer = await api.answer(APIRequest(head, target, host: host)) { () throws(ContentTooLong) in
            do throws(Refusal) { return try await Self.content(client) } catch {
                broken.withLockedValue { $0 = error }
                throw ContentTooLong()
            }
        }
        if let refusal = broken.withLockedValue({ $0 }) {
            return client.refuse(refusal, RefusalContext(requestID: nil, target: nil, identified: false))
        }
        await Self.write(answer, withoutContent: head.method == .head, client)
    }

    private static func content(_ client: some Client) async throws(Refusal) -> [UInt8] {
        var content: [UInt8] = []
        while let piece = try await client.read() {
            content += piece
            guard content.count <= ControlAPI.contentLimit else {
                throw .contentTooLarge(limit: ControlAPI.contentLimit)
            }
        }
        return content
    }

    private static func write(_ answer: APIAnswer, withoutContent: Bool, _ client: some Client) async {
        switch answer.content {
        case .whole(let bytes):
            client.begin(AnswerHead(answer, .fixed(Int64(bytes.count))))
            if !withoutContent { await client.write(bytes) }
        case .pieces(var source):
            client.begin(AnswerHead(answer, withoutContent ? .none : .chunked))
            do {
                while !withoutContent, let piece = try await source.next() { await client.write(piece) }
            } catch {
                return client.cut(event: nil)
            }
        case .stream(let pieces):
            client.begin(AnswerHead(answer, withoutContent ? .none : .chunked))
            if !withoutContent { for await piece in pieces { await client.write(piece) } }
        }
        client.end(Fields())
    }
}

extension APIRequest {
    /// The host is the one that was bound, so its field is not looked at again; the proxy's credential is not for here.
    fileprivate init(_ head: RequestHead, _ target: ArraySlice<UInt8>, host: String) {
        let parts = target.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        var fields = head.fields
        for name in ["host", "proxy-authorization"] { fields.remove(name) }
        self.init(
            method: head.method.rawValue, path: String(bytes: parts[0]),
            query: parts.count == 2 ? String(bytes: parts[1]) : nil, host: host, fields: fields)
    }
}

extension AnswerHead {
    fileprivate init(_ answer: APIAnswer, _ framing: Framing) {
        var fields = Fields([
            ("Content-Type", answer.contentType), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
        ])
        for (name, value) in answer.fields { fields.append(name, value) }
        self.init(
            status: answer.status, reason: AnswerHead.reason(answer.reason), fields: fields, framing: framing)
    }
}
