internal import CCurl
internal import Core

// What a turn collects: channels that were called, deadlines, events to hand over.
extension CurlLoop {
    func touch(_ channel: Channel) {
        guard !channel.isTouched else { return }
        channel.isTouched = true
        touched.append(channel)
    }

    /// The transfer has events to hand over.
    func soil(_ transfer: CurlTransfer) {
        guard !transfer.leg.isDirty else { return }
        transfer.leg.isDirty = true
        soiled.append(transfer)
    }

    /// Hands the turn's events over and wakes whoever waits, with one call of the lane.
    func handOver() {
        // Content that was at hand goes out with the head, in one write.
        Failpoint.afterHeadSent.reach(if: active.contains { $0.leg.isSent && $0.leg.upload.hasContent })
        Failpoint.afterContentSent.reach(if: active.contains { $0.leg.stage == .waiting && $0.leg.upload.hasContent })
        // Reading may go on at once for some; that adds events.
        while let transfer = soiled.popLast() {
            if transfer.deliver(waking: &sleepers) { resumeAnswer(transfer) }
        }
        publishStats()
        guard !sleepers.isEmpty else { return }
        let woken = sleepers
        sleepers.removeAll(keepingCapacity: true)
        lane.execute { for sleeper in woken { sleeper.wake() } }
    }

    func publishStats() {
        counters.withLockedValue {
            $0.inFlight = active.count
            $0.connections = sockets.open
            $0.connectionsOpened = sockets.openedEver
        }
    }

    // MARK: Deadlines

    func setDeadline(of transfer: CurlTransfer, in timeout: Span) {
        let (deadline, overflow) = now.addingReportingOverflow(timeout.microseconds &* 1000)
        transfer.leg.deadline = overflow ? .max : deadline
        nextDeadline = min(nextDeadline, transfer.leg.deadline)
    }

    /// Ends what is late. `nextDeadline` is only a bound from below, so most turns do nothing here.
    func expire() {
        guard now >= nextDeadline else { return }
        for transfer in active where transfer.leg.deadline <= now { end(transfer, .timeout, transfer.leg.lateness) }
        dropOldChannels()
        nextDeadline = active.reduce(nextSweep) { min($0, $1.leg.deadline) }
    }

    // MARK: Channels

    func channel(for request: OriginRequest) throws(CurlError) -> Channel {
        if let known = pools[request.pool]?.first(where: { $0.dialsLike(request.dial) }) { return known }
        let channel = try Channel(request.dial, loop: self)
        pools[request.pool, default: []].append(channel)
        channels.append(channel)
        return channel
    }

    /// When the next channel may be dropped; a look once in a lifetime is enough.
    private var nextSweep: Int64 { channels.isEmpty ? .max : now + settings.poolLifetime.microseconds * 1000 }

    private func dropOldChannels() {
        let limit = now - settings.poolLifetime.microseconds * 1000
        let isOld = { (channel: Channel) in channel.inFlight == 0 && channel.lastUsed <= limit }
        guard channels.contains(where: isOld) else { return }
        for channel in channels where isOld(channel) { channel.close() }
        touched.removeAll(where: isOld)
        channels.removeAll(where: isOld)
        for (pool, members) in pools {
            let kept = members.filter { !isOld($0) }
            pools[pool] = kept.isEmpty ? nil : kept
        }
    }

    // MARK: Connections

    /// A new connection: remembers which of the sockets became it.
    func adopt(_ candidates: [Int32], local: Peer, remote: Peer) {
        let socket = candidates.first { sockets[$0].isOurs && System.localPort($0) == Int(local.port) }
        if let socket { sockets.connected(socket, local: local, remote: remote) }
    }
}

extension Leg {
    /// Which deadline it was, for the log.
    fileprivate var lateness: String {
        switch stage {
        case .connecting: "no connection in time"
        case .uploading: "the upload stalled"
        case .waiting: "no answer in time"
        case .answering: "the answer stalled"
        }
    }
}
