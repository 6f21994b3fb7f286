internal import CCurl
internal import Core

// The request, on its way to the wire.
extension CurlTransfer {
    /// Opens the socket for one address of the origin, or refuses it.
    func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
        guard let channel = leg.channel, permits(address, by: channel.rule) else {
            leg.refusedAddress = true
            return CURL_SOCKET_BAD
        }
        let given = address.pointee
        let socket = System.openStream(family: given.family, type: given.socktype, protocolNumber: given.protocol)
        guard socket >= 0 else { return CURL_SOCKET_BAD }
        loop.sockets.opened(socket)
        leg.sockets.append(socket)
        return socket
    }

    private func permits(_ address: UnsafeMutablePointer<curl_sockaddr>, by rule: AddressRule) -> Bool {
        if rule.isBehindProxy { return true }
        let length = Int(address.pointee.addrlen)
        return withUnsafePointer(to: &address.pointee.addr) { rule.permits($0, length: length) }
    }

    /// libcurl has a connection and asks before the first byte; on every connection, also one that is used again.
    func mayBeSent(from local: Peer, to remote: Peer) -> Bool {
        guard let channel = leg.channel, permits(remote, in: channel) else {
            leg.refusedAddress = true
            leg.verdict = (.addressRefused, "\(remote.address):\(remote.port) is not allowed")
            return false
        }
        guard !leg.isSent || mayBeSentAgain else {
            leg.verdict = (.cut, "the connection died before the answer; not sent again")
            return false
        }
        guard isUsable(local, remote) else { return false }
        leg.isSent = true
        awaitAnswer()
        return true
    }

    private func permits(_ peer: Peer, in channel: Channel) -> Bool {
        if channel.rule.isBehindProxy || peer == channel.checkedPeer { return true }
        guard channel.rule.permits(peer) else { return false }
        channel.checkedPeer = peer
        return true
    }

    /// libcurl silently sends again on a new connection when a cached one dies. That must do no harm.
    private var mayBeSentAgain: Bool { request.method.isIdempotent && !leg.upload.hasContent }

    /// A connection that is used again must have nothing to read: what lies there would be taken for our answer.
    private func isUsable(_ local: Peer, _ remote: Peer) -> Bool {
        guard leg.sockets.isEmpty else {
            loop.adopt(leg.sockets, local: local, remote: remote)
            leg.sockets = []
            return true
        }
        if let handle = leg.handle, let socket = loop.sockets.find(local: local, remote: remote),
            System.isQuiet(socket), !TLSState.hasPending(handle)
        {
            return true
        }
        leg.wantsFreshConnection = true
        return false
    }

    private func awaitAnswer() {
        leg.stage = leg.upload.isDone ? .waiting : .uploading
        postpone(leg.stage == .waiting ? request.dial.firstByteTimeout : request.dial.idleTimeout)
    }

    /// Content for libcurl's read callback.
    func giveContent(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        // libcurl asks for content when the head is out.
        Failpoint.afterHeadSent.reach()
        if leg.upload.isStreamed, leg.upload.isEmpty, leg.upload.left != 0 {
            switch takeUpload(waking: &loop.sleepers) {
            case .pieces(let pieces): leg.upload.refill(pieces)
            case .finished: return endContent()
            case .starved: return starve()
            }
        }
        let count = leg.upload.read(into: buffer)
        if leg.stage != .answering { awaitAnswer() }
        return count
    }

    private func starve() -> Int {
        leg.pausesUpload = true
        return Int(CURL_READFUNC_PAUSE)
    }

    private func endContent() -> Int {
        if let left = leg.upload.left, left > 0 {
            leg.verdict = (.cancelled, "the client's content ended \(left) bytes early")
            return Int(CURL_READFUNC_ABORT)
        }
        leg.upload.isDone = true
        if leg.stage != .answering { awaitAnswer() }
        return 0
    }
}
