internal import CCurl
internal import Core

// What libcurl calls while it works on a transfer, always on the loop's thread. None of these calls libcurl's
// multi interface.

extension CurlTransfer {
    /// The transfer of a callback's context. The loop holds it as long as libcurl knows it.
    static func from(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
        context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    func register(with handle: EasyHandle) throws(CurlError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try check(ccurl_on_content(handle.raw, onContent, context))
        try check(ccurl_on_line(handle.raw, onLine, context))
        try check(ccurl_on_read(handle.raw, onRead, context))
        try check(ccurl_on_request(handle.raw, onRequest, context))
        try check(ccurl_on_open(handle.raw, onOpen, context))
        try handle.set(CURLOPT_PRIVATE, pointer: context)
    }
}

extension CurlTransfer {
    /// Watches for the good-bye of a connection whose end is the answer's end. libcurl's progress callback is the
    /// last one that is called while the connection is there.
    func watchForGoodbye() {
        guard let handle = leg.handle else { return }
        leg.needsGoodbye = true
        _ = ccurl_on_progress(handle.raw, onProgress, Unmanaged.passUnretained(self).toOpaque())
    }
}

private let onProgress: curl_xferinfo_callback = { context, _, _, _, _ in
    guard let transfer = CurlTransfer.from(context), let handle = transfer.leg.handle else { return 0 }
    if TLSState.hasGoodbye(handle) { transfer.leg.needsGoodbye = false }
    return 0
}

private let onLine: ccurl_bytes_callback = { bytes, size, count, context in
    guard let bytes, let transfer = CurlTransfer.from(context) else { return 0 }
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return transfer.takeLine(line.assumingMemoryBound(to: UInt8.self)) ? line.count : 0
}

private let onContent: ccurl_bytes_callback = { bytes, size, count, context in
    guard let bytes, let transfer = CurlTransfer.from(context) else { return 0 }
    return transfer.takeContent(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let onRead: ccurl_bytes_callback = { bytes, size, count, context in
    guard let bytes, let transfer = CurlTransfer.from(context) else { return Int(CURL_READFUNC_ABORT) }
    return transfer.giveContent(to: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}

private let onRequest: curl_prereq_callback = { context, remote, local, remotePort, localPort in
    guard let remote, let local, let transfer = CurlTransfer.from(context) else { return CURL_PREREQFUNC_ABORT }
    let connection = (local: Peer(local, port: localPort), remote: Peer(remote, port: remotePort))
    return transfer.mayBeSent(from: connection.local, to: connection.remote)
        ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private let onOpen: curl_opensocket_callback = { context, _, address in
    guard let address, let transfer = CurlTransfer.from(context) else { return CURL_SOCKET_BAD }
    return transfer.openSocket(address)
}
