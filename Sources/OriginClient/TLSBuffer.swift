internal import CCurl

/// Asks OpenSSL whether it holds bytes that it took from the socket and that nobody read.
///
/// libcurl has no call for it, and reads no further than an answer's end: what an origin says beyond would become
/// the next answer. OpenSSL is in the process already, as libcurl's own library.
enum TLSBuffer {
    private typealias HasPending = @convention(c) (UnsafeRawPointer) -> Int32

    private static let hasPendingFunction: HasPending? = System.symbol("SSL_has_pending").map {
        unsafeBitCast($0, to: HasPending.self)
    }

    /// Whether the check works with the TLS library that libcurl was built with.
    static var isSupported: Bool { hasPendingFunction != nil }

    static func hasPending(_ handle: EasyHandle) -> Bool {
        var session: UnsafeMutablePointer<curl_tlssessioninfo>?
        guard let hasPendingFunction, ccurl_get_tls(handle.raw, &session) == CURLE_OK,
            let session, session.pointee.backend == CURLSSLBACKEND_OPENSSL, let ssl = session.pointee.internals
        else { return false }
        return hasPendingFunction(ssl) != 0
    }
}
