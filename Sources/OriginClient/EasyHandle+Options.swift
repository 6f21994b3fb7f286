internal import CCurl
internal import Core

extension EasyHandle {
    /// Everything that is the same for every request. A reason for each, because each differs from libcurl's
    /// default or must not depend on it.
    func setStatics(_ settings: CurlSettings) throws(CurlError) {
        // Nothing but verified TLS: a vendor's credential is on board.
        try set(CURLOPT_PROTOCOLS_STR, checked: "https")
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        // Versions before 1.2 are broken (RFC 8996).
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        // Later issue: HTTP/2 to the origin. 1.1 keeps one request on one connection at a time.
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        // Redirects are returned: the credential goes to the configured name only.
        try set(CURLOPT_FOLLOWLOCATION, 0)
        // An answer without a head can't be judged.
        try set(CURLOPT_HTTP09_ALLOWED, 0)
        // No ~/.netrc: the credential is in the fields already.
        try set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        // The target was made canonical; nobody rewrites it behind the policy's back.
        try set(CURLOPT_PATH_AS_IS, 1)
        // What the origin encoded stays as it is; the exchange decides.
        try set(CURLOPT_HTTP_CONTENT_DECODING, 0)
        // No signals (SIGALRM, SIGPIPE handling) in a program with many threads; saves two calls per action, too.
        try set(CURLOPT_NOSIGNAL, 1)
        // Small requests leave at once.
        try set(CURLOPT_TCP_NODELAY, 1)
        // A cancelled name lookup must not stop the loop until the resolver gives up.
        try set(CURLOPT_QUICK_EXIT, 1)
        // Fewer turns for large answers.
        try set(CURLOPT_BUFFERSIZE, settings.bufferSize)
        // Origins close idle connections; one that is about to be closed puts a request in doubt.
        try set(CURLOPT_MAXAGE_CONN, max(1, Int(settings.maxIdle.seconds)))
    }

    /// How the vendor is reached.
    func setDial(_ dial: Dial, route: UnsafeMutablePointer<curl_slist>?) throws(CurlError) {
        if let proxy = dial.upstreamProxy {
            try set(CURLOPT_PROXY, proxy)
            // The environment's exceptions are not ours.
            try set(CURLOPT_NOPROXY, checked: "")
            // The proxy must not see the vendor's fields, nor the client the proxy's.
            try set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
            try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        } else {
            // The environment's proxy may be ourselves.
            try set(CURLOPT_PROXY, checked: "")
            try set(CURLOPT_NOPROXY, checked: "*")
        }
        if let file = dial.caFile {
            try set(CURLOPT_CAINFO, file)
            // Instead of the system's roots, not beside them.
            try set(CURLOPT_CAPATH, checked: nil)
        }
        // Dialled there; the name is still what is sent and verified.
        if let route { try set(CURLOPT_CONNECT_TO, list: route) }
    }

    /// The request itself.
    func setRequest(_ request: OriginRequest) throws(CurlError) {
        try set(CURLOPT_URL, checked: fields.url)
        // libcurl's URL parser never sees the path: these bytes are sent.
        try set(CURLOPT_REQUEST_TARGET, checked: fields.target)
        try set(CURLOPT_HTTPHEADER, list: fields.list)
        if request.method == .head { return try set(CURLOPT_NOBODY, 1) }
        try set(CURLOPT_CUSTOMREQUEST, checked: request.method.rawValue)
        try setContent(request)
    }

    /// POSTFIELDS goes out with the head in one write; its resending passes the pre-request callback, which refuses.
    private func setContent(_ request: OriginRequest) throws(CurlError) {
        switch request.content {
        case .none where request.method.sendsLength: try setWhole([])
        case .none: break
        case .whole(let bytes) where UploadSource.leavesWithHead(request.content): try setWhole(bytes)
        case .whole(let bytes): try setUpload(length: Int64(bytes.count))
        case .streamed(let length): try setUpload(length: length ?? -1)
        }
    }

    private func setWhole(_ bytes: [UInt8]) throws(CurlError) {
        try set(CURLOPT_POSTFIELDSIZE, bytes.count)
        guard !bytes.isEmpty else { return try set(CURLOPT_COPYPOSTFIELDS, checked: "") }
        let code = bytes.withUnsafeBytes {
            ccurl_set_pointer(raw, CURLOPT_COPYPOSTFIELDS, .init(mutating: $0.baseAddress))
        }
        try check(code)
    }

    private func setUpload(length: Int64) throws(CurlError) {
        try set(CURLOPT_UPLOAD, 1)
        try set(CURLOPT_INFILESIZE_LARGE, offset: length)
    }
}

extension Method {
    /// Content is expected: a request without any says so (RFC 9110, section 8.6).
    fileprivate var sendsLength: Bool { self == .post || self == .put || self == .patch }
}
