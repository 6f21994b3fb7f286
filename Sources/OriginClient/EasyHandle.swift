internal import CCurl

/// A pooled easy handle with the memory that libcurl reads while it works. Not Sendable: it stays with its loop.
final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    /// libcurl's words for the last error.
    private let words = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    let fields = FieldList()

    init() throws(CurlError) {
        guard let raw = curl_easy_init() else { throw CurlError(CURLE_FAILED_INIT) }
        self.raw = raw
        words[0] = 0
    }

    deinit {
        curl_easy_cleanup(raw)
        words.deallocate()
    }

    /// Back to libcurl's defaults, but for the TLS sessions.
    func reset() throws(CurlError) {
        curl_easy_reset(raw)
        words[0] = 0
        try check(ccurl_set_pointer(raw, CURLOPT_ERRORBUFFER, words))
    }

    func set(_ option: CURLoption, _ value: Int) throws(CurlError) { try check(ccurl_set_long(raw, option, value)) }

    func set(_ option: CURLoption, offset: Int64) throws(CurlError) {
        try check(ccurl_set_offset(raw, option, curl_off_t(offset)))
    }

    /// Sets a text; one with CR, LF or NUL never reaches libcurl.
    func set(_ option: CURLoption, _ text: String) throws(CurlError) {
        guard text.utf8.allSatisfy(\.isHarmless) else { throw CurlError(CURLE_BAD_FUNCTION_ARGUMENT) }
        try check(ccurl_set_string(raw, option, text))
    }

    /// Sets NUL-terminated bytes that were checked where they were made.
    func set(_ option: CURLoption, checked text: UnsafePointer<CChar>?) throws(CurlError) {
        try check(ccurl_set_string(raw, option, text))
    }

    func set(_ option: CURLoption, list: UnsafeMutablePointer<curl_slist>?) throws(CurlError) {
        try check(ccurl_set_list(raw, option, list))
    }

    func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer?) throws(CurlError) {
        try check(ccurl_set_pointer(raw, option, pointer))
    }

    /// What went wrong, in libcurl's words.
    func describe(_ code: CURLcode) -> String {
        let text = words[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: words)
        return "libcurl \(code.rawValue): \(text)"
    }
}

extension UInt8 {
    /// Not CR, LF or NUL: those would end an option or a line early.
    var isHarmless: Bool { self != 0x0D && self != 0x0A && self != 0 }
}
