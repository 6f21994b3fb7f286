internal import CCurl

/// Which sockets the loop waits for, and whose they are. Belongs to the loop's thread.
///
/// libcurl forgets a socket when its transfer ends and names it again when the connection is used again. A socket
/// of ours stays registered meanwhile, which saves two system calls for each request.
final class SocketTable {
    struct Entry {
        /// Not retained: a channel outlives its sockets.
        var channel: Unmanaged<Channel>?
        /// What epoll was told.
        var registered: UInt32 = 0
        /// What libcurl wants.
        var wanted: UInt32 = 0
        /// Opened by us, so that we hear of its closing.
        var isOurs = false
        /// The address of this end and of the other, once it was connected.
        var local = Peer()
        var remote = Peer()
    }

    private let epoll: Int32
    private var entries: [Entry] = []
    /// Sockets by the port of this end; rarely more than one.
    private var byPort: [Int32: [Int32]] = [:]
    private(set) var open = 0
    private(set) var openedEver = 0

    init(epoll: Int32) { self.epoll = epoll }

    subscript(_ socket: Int32) -> Entry {
        Int(socket) < entries.count ? entries[Int(socket)] : Entry()
    }

    // MARK: What libcurl wants

    func want(_ socket: Int32, _ what: Int32, for channel: Channel) {
        grow(to: socket)
        let index = Int(socket)
        entries[index].channel = Unmanaged.passUnretained(channel)
        entries[index].wanted = Self.mask(what)
        if entries[index].wanted == 0 {
            if !entries[index].isOurs { forget(socket) }
        } else if entries[index].registered != entries[index].wanted {
            register(socket)
        }
    }

    private static func mask(_ what: Int32) -> UInt32 {
        switch what {
        case CURL_POLL_IN: EPOLLIN.rawValue
        case CURL_POLL_OUT: EPOLLOUT.rawValue
        case CURL_POLL_INOUT: EPOLLIN.rawValue | EPOLLOUT.rawValue
        default: 0
        }
    }

    private func register(_ socket: Int32) {
        let index = Int(socket)
        var event = epoll_event(events: entries[index].wanted, data: epoll_data(fd: socket))
        let isKnown = entries[index].registered != 0
        if epoll_ctl(epoll, isKnown ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event) != 0 {
            // A number that was closed behind our back and came again, or the other way round.
            _ = epoll_ctl(epoll, isKnown ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event)
        }
        entries[index].registered = entries[index].wanted
    }

    /// Leaves the socket alone until libcurl names it again.
    private func forget(_ socket: Int32) {
        var event = epoll_event()
        _ = epoll_ctl(epoll, EPOLL_CTL_DEL, socket, &event)
        entries[Int(socket)].registered = 0
    }

    // MARK: What happened

    /// Turns what epoll saw into what libcurl wants to hear; nil: nobody waits for this socket.
    func ready(_ socket: Int32, _ seen: UInt32) -> (Channel, Int32)? {
        let entry = self[socket]
        guard entry.wanted != 0, let channel = entry.channel else {
            // An idle connection was closed, or speaks unasked; libcurl or the quiet check finds out on reuse.
            if entry.registered != 0 { forget(socket) }
            return nil
        }
        // Errors and hang-ups: libcurl finds the reason itself by what it wanted to do.
        let known = seen & (EPOLLIN.rawValue | EPOLLOUT.rawValue)
        let broken = seen & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
        let bits = broken ? known | entry.wanted : known
        let input = bits & EPOLLIN.rawValue != 0 ? CURL_CSELECT_IN : 0
        let output = bits & EPOLLOUT.rawValue != 0 ? CURL_CSELECT_OUT : 0
        return (channel.takeUnretainedValue(), input | output)
    }

    // MARK: Our own sockets

    func opened(_ socket: Int32) {
        grow(to: socket)
        entries[Int(socket)] = Entry(isOurs: true)
        open += 1
        openedEver += 1
    }

    func connected(_ socket: Int32, local: Peer, remote: Peer) {
        grow(to: socket)
        entries[Int(socket)].local = local
        entries[Int(socket)].remote = remote
        byPort[local.port, default: []].append(socket)
    }

    func close(_ socket: Int32) -> Int32 {
        let entry = self[socket]
        if entry.isOurs {
            entries[Int(socket)] = Entry()
            open -= 1
            byPort[entry.local.port]?.removeAll { $0 == socket }
            if byPort[entry.local.port]?.isEmpty == true { byPort[entry.local.port] = nil }
        }
        return System.close(socket)
    }

    /// The socket of the connection between two addresses.
    func find(local: Peer, remote: Peer) -> Int32? {
        byPort[local.port]?.first { self[$0].local == local && self[$0].remote == remote }
    }

    private func grow(to socket: Int32) {
        while entries.count <= Int(socket) { entries.append(Entry()) }
    }
}
