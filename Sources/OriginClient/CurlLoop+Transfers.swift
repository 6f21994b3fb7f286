internal import CCurl
internal import Core

// The life of a transfer: start, pause and resume, end.
extension CurlLoop {
    func start(_ transfer: CurlTransfer) {
        adopt(transfer)
        if transfer.request.dial.upstreamProxy == nil { begin(transfer, with: .permitted) } else { checkName(transfer) }
    }

    /// Puts it on the list of those in flight.
    func adopt(_ transfer: CurlTransfer) {
        transfer.leg.slot = active.count
        active.append(transfer)
        setDeadline(of: transfer, in: transfer.request.dial.connectTimeout)
    }

    /// Gives it to libcurl, unless it has ended meanwhile.
    func begin(_ transfer: CurlTransfer, with name: ResolvedName) {
        guard transfer.leg.slot >= 0 else { return }
        switch name {
        case .permitted: connect(transfer)
        case .refused(let words): end(transfer, .addressRefused, words)
        case .unknown(let words): end(transfer, .unreachable, words)
        }
    }

    private func connect(_ transfer: CurlTransfer) {
        Failpoint.beforeConnect.reach()
        do {
            try prepare(transfer)
        } catch let flaw as FieldList.Flaw {
            end(transfer, .protocolError, flaw.rawValue)
        } catch {
            end(transfer, .unreachable, "\(error)")
        }
    }

    private func prepare(_ transfer: CurlTransfer) throws {
        let request = transfer.request
        if request.method == .head, transfer.leg.upload.hasContent { throw CurlError(CURLE_BAD_FUNCTION_ARGUMENT) }
        let channel = try channel(for: request)
        let handle = try idleHandles.popLast() ?? EasyHandle()
        // From here on the handle goes back to the pool when the transfer ends.
        transfer.leg.handle = handle
        try handle.reset()
        try handle.fields.fill(request)
        try handle.setStatics(settings)
        try handle.setDial(request.dial, route: channel.route(to: request.host))
        try handle.setRequest(request)
        try transfer.register(with: handle)
        try check(ccurl_on_close(handle.raw, onClose, Unmanaged.passUnretained(self).toOpaque()))
        try add(transfer, to: channel)
    }

    private func add(_ transfer: CurlTransfer, to channel: Channel) throws(CurlError) {
        guard let handle = transfer.leg.handle else { return }
        transfer.leg.channel = channel
        channel.inFlight += 1
        touch(channel)
        let code = curl_multi_add_handle(channel.multi, handle.raw)
        guard code != CURLM_OK else { return }
        transfer.leg.channel = nil
        channel.inFlight -= 1
        throw CurlError(code)
    }

    // MARK: Pausing

    func resumeAnswer(_ transfer: CurlTransfer) {
        guard transfer.leg.pausesAnswer else { return }
        transfer.leg.pausesAnswer = false
        unpause(transfer)
    }

    func resumeUpload(_ transfer: CurlTransfer) {
        guard transfer.leg.pausesUpload else { return }
        transfer.leg.pausesUpload = false
        unpause(transfer)
    }

    /// The other direction's pause must be said again, or it ends as well.
    private func unpause(_ transfer: CurlTransfer) {
        guard let handle = transfer.leg.handle, let channel = transfer.leg.channel else { return }
        touch(channel)
        transfer.postpone(transfer.request.dial.idleTimeout)
        let answer = transfer.leg.pausesAnswer ? CURLPAUSE_RECV : 0
        let upload = transfer.leg.pausesUpload ? CURLPAUSE_SEND : 0
        // Calls the callbacks with what libcurl has kept; they may pause again, or end the transfer.
        let code = curl_easy_pause(handle.raw, answer | upload)
        if code != CURLE_OK { finish(transfer, code) }
    }

    // MARK: The end

    /// Asks every multi handle that was called in this turn which transfers ended.
    func harvest() {
        while let channel = touched.popLast() {
            channel.isTouched = false
            var left: Int32 = 0
            while let message = curl_multi_info_read(channel.multi, &left) {
                guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
                var context: UnsafeMutableRawPointer?
                let code = ccurl_result(message)
                guard ccurl_get_pointer(easy, CURLINFO_PRIVATE, &context) == CURLE_OK,
                    let transfer = CurlTransfer.from(context)
                else { continue }
                finish(transfer, code)
            }
        }
    }

    private func finish(_ transfer: CurlTransfer, _ code: CURLcode) {
        if transfer.leg.wantsFreshConnection, transfer.leg.verdict == nil { return startAfresh(transfer) }
        if let verdict = transfer.leg.verdict { return end(transfer, verdict.cause, verdict.words) }
        if code == CURLE_OK { return endWell(transfer) }
        let words = transfer.leg.handle?.describe(code) ?? ""
        if !transfer.leg.isSent, transfer.leg.refusedAddress, transfer.leg.sockets.isEmpty {
            return end(transfer, .addressRefused, "no address of the name is allowed; " + words)
        }
        let cause = OriginFailure.Cause(code, sent: transfer.leg.isSent)
        end(transfer, cause == .cut && code.isOfChunks(words) ? .protocolError : cause, words)
    }

    /// libcurl waits for nothing on the socket any more. A transfer whose upload paused would wait for ever, though
    /// the whole answer is here: libcurl wants the content that the origin does not.
    func left(_ socket: Int32, by easy: UnsafeMutableRawPointer?) {
        var context: UnsafeMutableRawPointer?
        guard let easy, ccurl_get_pointer(easy, CURLINFO_PRIVATE, &context) == CURLE_OK,
            let transfer = CurlTransfer.from(context), transfer.leg.isAnsweredEarly, transfer.leg.pausesUpload,
            !transfer.leg.pausesAnswer
        else { return }
        transfer.leg.isCut = !isWhole(transfer, socket)
        answered.append(transfer)
    }

    /// libcurl would check this itself if it came to an end.
    private func isWhole(_ transfer: CurlTransfer, _ socket: Int32) -> Bool {
        guard let handle = transfer.leg.handle else { return false }
        switch transfer.leg.parser.framing {
        case .none: return true
        case .fixed(let length): return transfer.leg.received == length
        // libcurl stopped reading at the last chunk, or because the connection ended: then it must have ended well.
        case .chunked, .untilClose: return TLSState.hasGoodbye(handle) || !System.isAtEnd(socket)
        }
    }

    /// Ends those, unless libcurl has ended them in the same turn. Their connections are closed.
    func endAnswered() {
        for transfer in answered where transfer.leg.slot >= 0 {
            if transfer.leg.isCut { end(transfer, .cut, "the early answer was cut") } else { endWell(transfer) }
        }
        answered.removeAll(keepingCapacity: true)
    }

    private func endWell(_ transfer: CurlTransfer) {
        guard transfer.leg.parser.hasHead else { return end(transfer, .cut, "no whole head") }
        guard !transfer.leg.needsGoodbye else { return end(transfer, .cut, "closed without a TLS close_notify") }
        transfer.say(.end(trailers: transfer.leg.parser.trailers))
        release(transfer)
    }

    /// Nothing was sent: the cached connection was not fit for it.
    private func startAfresh(_ transfer: CurlTransfer) {
        guard let handle = transfer.leg.handle, let channel = transfer.leg.channel else { return }
        transfer.leg.wantsFreshConnection = false
        detach(transfer)
        do {
            // No cached connection this time.
            try handle.set(CURLOPT_FRESH_CONNECT, 1)
            try add(transfer, to: channel)
        } catch {
            end(transfer, .unreachable, "\(error)")
        }
    }

    /// Fails it, if it has not ended yet.
    func end(_ transfer: CurlTransfer, _ cause: OriginFailure.Cause, _ words: String) {
        guard transfer.leg.slot >= 0 else { return }
        transfer.say(.failed(OriginFailure(cause, sent: transfer.leg.isSent, detail: words)))
        release(transfer)
    }

    /// Takes it from libcurl and from the list; its connection stays in the cache if the answer was whole.
    private func release(_ transfer: CurlTransfer) {
        detach(transfer)
        if let handle = transfer.leg.handle, idleHandles.count < 256 { idleHandles.append(handle) }
        transfer.leg.handle = nil
        let slot = transfer.leg.slot
        active.swapAt(slot, active.count - 1)
        active[slot].leg.slot = slot
        active.removeLast()
        transfer.leg.slot = -1
    }

    private func detach(_ transfer: CurlTransfer) {
        guard let handle = transfer.leg.handle, let channel = transfer.leg.channel else { return }
        curl_multi_remove_handle(channel.multi, handle.raw)
        channel.inFlight -= 1
        channel.lastUsed = now
        transfer.leg.channel = nil
    }
}

/// A connection may outlive its transfer, so its closing is told to the loop, which outlives both.
private let onClose: curl_closesocket_callback = { context, socket in
    guard let context else { return System.close(socket) }
    return Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().sockets.close(socket)
}
