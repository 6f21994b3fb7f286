import Testing

@testable import Core

@Suite struct `A path that can be read in two ways` {
    @Test(arguments: [
        "", "v1", "/v1/../x", "/v1/./x", "/..", "/.", "//v1", "/v1//x", "/v1//", "/v1\\x", "/v1%2fx", "/v1%2Fx",
        "/v1%5cx",
        "/%2e%2e/x", "/%2E/x", "/.%2e/x", "/v1/%61", "/v1/%7e", "/v1%00", "/v1%0a", "/v1%1f", "/v1%7f", "/v1%25",
        "/v1%252e",
        "/v1;x=1", "/v1%3b", "/v1#x", "/v1 x", "/v1\tx", "/v1\0", "/v1/é", "/v1%", "/v1%2", "/v1%zz", "/v1%u0041",
        "/v1\"",
        "/v1<", "/v1^", "/v1`", "/v1{id}", "/v1|", "/v1/x?a=%", "/v1/x?a=%g0", "/v1/x?a b", "/v1/x?a#b", "/v1/x?a\\b",
        "/v1/x?a=é", "/v1/x?a\0", "/v1/...", "/v1/x.", "/v1/%20x", "/v1/x%20", "/v1/%c0%ae", "/v1/%ff", "/v1/%ed%a0%80",
        "/v1/%ef%bc%8e", "/v1/%c2%85", "/v1/%e2%84%aaeys",
    ]) func `is refused`(_ target: String) {
        guard case .pathNotCanonical = refusal({ () throws(Refusal) in try CanonicalPath(bytes(target)) }) else {
            Issue.record("\(target) was accepted")
            return
        }
    }
}

@Suite struct `A canonical path` {
    @Test(arguments: [
        ("/", "/", []), ("/v1/x", "/v1/x", ["v1", "x"]), ("/v1/x/", "/v1/x/", ["v1", "x"]),
        ("/v1/..a", "/v1/..a", ["v1", "..a"]), ("/v1/a%3ab%c3%a9", "/v1/a%3Ab%C3%A9", ["v1", "a:bé"]),
        ("/v1/a%20b", "/v1/a%20b", ["v1", "a b"]), ("/v1/a@b:c", "/v1/a@b:c", ["v1", "a@b:c"]),
    ]) func `is sent as it came, with escapes in upper case`(_ target: String, _ path: String, _ segments: [String])
        throws
    {
        let canonical = try CanonicalPath(bytes(target))
        #expect(canonical.text == path)
        #expect(canonical.segments.map { String(bytes: $0) } == segments)
    }

    @Test func `keeps its query as it came`() throws {
        let path = try CanonicalPath(bytes("/v1/x?a=1&b[]=%2f%00;c"))
        #expect(String(bytes: path.target) == "/v1/x?a=1&b[]=%2f%00;c")
        #expect(try String(bytes: CanonicalPath(bytes("/v1/x?")).target) == "/v1/x?")
    }

    @Test func `loses its first segment in the gateway`() throws {
        #expect(
            try String(bytes: CanonicalPath(bytes("/stripe/v1/x?a=1")).droppingFirstSegment().target) == "/v1/x?a=1")
        #expect(try CanonicalPath(bytes("/stripe")).droppingFirstSegment().text == "/")
    }

    @Test func `never changes when it is read again`() throws {
        var dice = Chance(5)
        let letters = Array("/a.%2fF3A;@:?&=".utf8)
        for _ in 0..<20_000 {
            let text = [UInt8(ascii: "/")] + dice.letters(8, of: letters)
            guard let path = try? CanonicalPath(text[...]) else { continue }
            #expect(try CanonicalPath(path.target[...]) == path)
            #expect(
                !path.segments.contains {
                    $0.elementsEqual("..".utf8) || $0.elementsEqual(".".utf8) || $0.contains(0x2F)
                })
        }
    }
}

@Suite struct `An authority` {
    @Test(arguments: [
        ("api.stripe.com", "api.stripe.com", nil), ("API.Stripe.COM:443", "api.stripe.com", 443),
        ("a_b.c", "a_b.c", nil),
        ("127.0.0.1:4700", "127.0.0.1", 4700), ("[::1]:80", "[::1]", 80), ("[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", nil),
    ]) func `is a name and a port`(_ text: String, _ host: String, _ port: Int?) throws {
        let authority = try #require(Authority(bytes(text)))
        #expect(authority.host == host && authority.port == port)
    }

    @Test(arguments: [
        "", ":443", "a:", "a:0", "a:65536", "a:+443", "a:0443", "a:44 3", "a b", "a.", ".a", "a..:b", "user@a", "a/b",
        "a:1:2",
        "[::1", "::1", "[]x", "[g::]", "a\0", "é.com", "a%2eb", "a?b", "a#b", "*.stripe.com", "a:https",
    ]) func `is refused when it is anything else`(_ text: String) { #expect(Authority(bytes(text)) == nil) }
}
