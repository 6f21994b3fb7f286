internal import CCurl
internal import Core

/// An error of libcurl, or of the system calls around it, with its own code.
package struct CurlError: Error, Sendable, CustomStringConvertible {
    package let code: UInt32
    package let words: String

    init(_ code: CURLcode) {
        self.code = code.rawValue
        words = String(cString: curl_easy_strerror(code))
    }

    init(_ code: CURLMcode) {
        self.code = UInt32(bitPattern: code.rawValue)
        words = String(cString: curl_multi_strerror(code))
    }

    init(system call: String, errno: Int32) {
        code = UInt32(bitPattern: errno)
        words = call
    }

    package var description: String { "libcurl \(code): \(words)" }
}

func check(_ code: CURLcode) throws(CurlError) {
    if code != CURLE_OK { throw CurlError(code) }
}

func check(_ code: CURLMcode) throws(CurlError) {
    if code != CURLM_OK { throw CurlError(code) }
}

extension OriginFailure.Cause {
    /// What a result of libcurl means to an exchange; `sent`: whether the request may have left.
    init(_ code: CURLcode, sent: Bool) {
        switch code {
        case CURLE_OPERATION_TIMEDOUT:
            self = .timeout
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_USE_SSL_FAILED, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_ENGINE_NOTFOUND,
            CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_SHUTDOWN_FAILED,
            CURLE_SSL_CLIENTCERT:
            self = .tlsFailed
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_TOO_MANY_REDIRECTS, CURLE_URL_MALFORMAT, CURLE_WRITE_ERROR,
            CURLE_BAD_FUNCTION_ARGUMENT:
            self = .protocolError
        case CURLE_ABORTED_BY_CALLBACK:
            self = .cancelled
        default:
            // Before the request was sent, whatever went wrong means that the origin was not reached.
            self = sent ? .cut : .unreachable
        }
    }
}

extension CURLcode {
    /// Whether an answer broke off because its chunks can't be read. libcurl has the same code for that as for a broken
    /// connection; only its words tell, which name no chunk then (7.88 and 8.x).
    func isOfChunks(_ words: String) -> Bool { self == CURLE_RECV_ERROR && words.contains("chunk") }
}
