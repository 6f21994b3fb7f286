internal import CCurl
internal import Core

/// One multi handle: the connections of one pool and one way to dial. Belongs to its loop's thread.
///
/// libcurl shares connections by host, port and TLS options; it knows nothing of the credential in the fields.
/// So every credential has a multi handle, and thus a connection cache, of its own.
final class Channel {
    let multi: UnsafeMutableRawPointer
    let dial: Dial
    let rule: AddressRule
    unowned let loop: CurlLoop
    /// Monotonic nanoseconds at which libcurl wants to be called.
    var timer: Int64 = .max
    var inFlight = 0
    /// When the last transfer ended; monotonic nanoseconds.
    var lastUsed: Int64 = 0
    /// Something was done with it in this turn: ask it for results.
    var isTouched = false
    /// The peer that was checked last; most requests meet it again.
    var checkedPeer: Peer?
    private var routes: [String: UnsafeMutablePointer<curl_slist>] = [:]

    init(_ dial: Dial, loop: CurlLoop) throws(CurlError) {
        guard let multi = curl_multi_init() else { throw CurlError(CURLM_OUT_OF_MEMORY) }
        self.multi = multi
        self.dial = dial
        self.loop = loop
        rule = AddressRule(dial)
        let context = Unmanaged.passUnretained(self).toOpaque()
        try check(ccurl_multi_on_socket(multi, onSocket, context))
        try check(ccurl_multi_on_timer(multi, onTimer, context))
        // The default is four for each transfer in flight.
        try check(ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, loop.settings.maxConnections))
        // One request on one connection: nothing of one exchange depends on another's stream.
        try check(ccurl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING)))
    }

    /// Closes its connections; nothing may be in flight, and nothing is asked of it any more.
    func close() {
        curl_multi_cleanup(multi)
    }

    deinit {
        for route in routes.values { curl_slist_free_all(route) }
    }

    func dialsLike(_ other: Dial) -> Bool {
        dial.connectTo == other.connectTo && dial.caFile == other.caFile && dial.upstreamProxy == other.upstreamProxy
            && dial.allowAddresses == other.allowAddresses
    }

    /// `host:443:address:port`, once for each host.
    func route(to host: String) throws(CurlError) -> UnsafeMutablePointer<curl_slist>? {
        guard let target = dial.connectTo else { return nil }
        if let route = routes[host] { return route }
        let text = "\(host):443:\(target)"
        guard text.utf8.allSatisfy(\.isHarmless), let route = curl_slist_append(nil, text) else {
            throw CurlError(CURLE_BAD_FUNCTION_ARGUMENT)
        }
        routes[host] = route
        return route
    }

    /// Tells libcurl that a socket is ready, or (`CURL_SOCKET_TIMEOUT`) that its time has come.
    func act(on socket: Int32, _ mask: Int32) {
        loop.touch(self)
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, mask, &running)
    }
}

/// libcurl only says when it wants to be called; the loop calls it. Never call back from here.
private let onTimer: curl_multi_timer_callback = { _, milliseconds, context in
    guard let context else { return 0 }
    let channel = Unmanaged<Channel>.fromOpaque(context).takeUnretainedValue()
    channel.timer = milliseconds < 0 ? .max : channel.loop.now + Int64(milliseconds) * 1_000_000
    return 0
}

private let onSocket: curl_socket_callback = { easy, socket, what, context, _ in
    guard let context else { return 0 }
    let channel = Unmanaged<Channel>.fromOpaque(context).takeUnretainedValue()
    channel.loop.sockets.want(socket, what, for: channel)
    if what == CURL_POLL_REMOVE { channel.loop.left(socket, by: easy) }
    return 0
}
