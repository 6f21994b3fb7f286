internal import CCurl
internal import Core
internal import Dispatch

#if canImport(Glibc)
internal import Glibc
#else
internal import Musl
#endif

/// Whether a vendor's name leads to allowed addresses only.
enum ResolvedName: Sendable {
    case permitted
    case refused(String)
    case unknown(String)
}

/// Names that were checked because a proxy dials them: we never see the address that it uses.
/// What is lost: between the check and the proxy's own lookup the name may change.
struct NameChecks {
    private struct Verdict {
        let name: ResolvedName
        let expires: Int64
    }

    private static let lifetime: Int64 = 60_000_000_000
    private var verdicts: [String: Verdict] = [:]

    func known(_ key: String, at now: Int64) -> ResolvedName? {
        verdicts[key].flatMap { $0.expires > now ? $0.name : nil }
    }

    mutating func note(_ name: ResolvedName, for key: String, at now: Int64) {
        if verdicts.count > 256 { verdicts = verdicts.filter { $0.value.expires > now } }
        verdicts[key] = Verdict(name: name, expires: now + Self.lifetime)
    }
}

extension CurlLoop {
    /// Looks the name up on another thread: the resolver blocks.
    func checkName(_ transfer: CurlTransfer) {
        let request = transfer.request
        let place = Place(of: request)
        DispatchQueue.global().async { [self] in
            queue(.resolved(transfer, place.check(AddressRule(request.dial))))
        }
    }

    /// What the proxy will be asked to dial.
    private struct Place: Sendable {
        let name: String
        let port: String

        init(of request: OriginRequest) {
            let target = request.dial.connectTo ?? "\(request.host):443"
            let colon = target.utf8.lastIndex(of: 0x3A) ?? target.endIndex
            name = String(target[..<colon].filter { $0 != "[" && $0 != "]" })
            port = String(target[colon...].dropFirst())
        }

        func check(_ rule: AddressRule) -> ResolvedName {
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var list: UnsafeMutablePointer<addrinfo>?
            let result = getaddrinfo(name, port, &hints, &list)
            guard result == 0 else { return .unknown(String(cString: gai_strerror(result))) }
            defer { freeaddrinfo(list) }
            return permits(list, rule) ? .permitted : .refused("\(name) has an address that is not allowed")
        }

        private func permits(_ list: UnsafeMutablePointer<addrinfo>?, _ rule: AddressRule) -> Bool {
            var next = list
            while let entry = next?.pointee {
                guard let address = entry.ai_addr else { return false }
                guard rule.permits(UnsafePointer(address), length: Int(entry.ai_addrlen)) else { return false }
                next = entry.ai_next
            }
            return list != nil
        }
    }
}
