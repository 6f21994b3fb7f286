internal import CCurl

/// What OpenSSL knows of a connection and libcurl has no call for. OpenSSL is in the process already, as libcurl's
/// own library, so its functions are looked up there. Only while a transfer has its connection.
enum TLSState {
    private typealias Question = @convention(c) (UnsafeRawPointer) -> Int32

    private static let hasPendingBytes = question("SSL_has_pending")
    private static let getShutdown = question("SSL_get_shutdown")
    /// SSL_RECEIVED_SHUTDOWN
    private static let receivedShutdown: Int32 = 2

    private static func question(_ name: String) -> Question? {
        System.symbol(name).map { unsafeBitCast($0, to: Question.self) }
    }

    /// Whether the questions work with the TLS library that libcurl was built with.
    static var isSupported: Bool { hasPendingBytes != nil && getShutdown != nil }

    /// Whether bytes were taken from the socket that nobody read. libcurl reads no further than an answer's end:
    /// what an origin says beyond would become the next answer.
    static func hasPending(_ handle: EasyHandle) -> Bool {
        guard let hasPendingBytes, let session = session(handle) else { return false }
        return hasPendingBytes(session) != 0
    }

    /// Whether the other end said that it has said everything (close_notify). libcurl 7.88 takes a cut connection
    /// for a good end of an answer that lasts until the connection is closed.
    static func hasGoodbye(_ handle: EasyHandle) -> Bool {
        guard let getShutdown, let session = session(handle) else { return true }
        return getShutdown(session) & receivedShutdown != 0
    }

    private static func session(_ handle: EasyHandle) -> UnsafeMutableRawPointer? {
        var session: UnsafeMutablePointer<curl_tlssessioninfo>?
        guard ccurl_get_tls(handle.raw, &session) == CURLE_OK, let session,
            session.pointee.backend == CURLSSLBACKEND_OPENSSL
        else { return nil }
        return session.pointee.internals
    }
}
