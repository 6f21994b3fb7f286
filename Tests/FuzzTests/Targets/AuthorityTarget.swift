@testable import Core

/// A CONNECT's target and an absolute-form one: written out they are the same, and name a host that is one.
enum AuthorityTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        if let authority = Authority(bytes[...]) { try checkAuthority(authority) }
        guard let absolute = allowed({ () throws(Refusal) in try AbsoluteForm(bytes[...]) }) ?? nil else { return }
        try checkAuthority(absolute.authority)
        try hold(absolute.rest.first == UInt8(ascii: "/"), "what follows the authority is no path")
        let written = Array("http://\(absolute.authority.text)".utf8) + absolute.rest
        let again = allowed { () throws(Refusal) in try AbsoluteForm(written[...]) } ?? nil
        try hold(again?.authority == absolute.authority && again?.rest == absolute.rest, "written out, it is another")
    }

    private static func checkAuthority(_ authority: Authority) throws(Broken) {
        try hold(Authority(Array(authority.text.utf8)[...]) == authority, "written out, \(authority.text) is another")
        let plain = authority.host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"@/\\?#%,".utf8.contains($0) }
        try hold(plain && !authority.host.isEmpty, "\(authority.host) is no host")
        try hold(authority.host == authority.host.lowercased(), "\(authority.host) is not in lower case")
        try hold(authority.port.map { (1...65_535).contains($0) } ?? true, "no such port")
    }
}
