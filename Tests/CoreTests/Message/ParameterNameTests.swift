import Testing

@testable import Core

@Suite struct `A parameter that must not come` {
    private let names = ParameterNames(["_method", "_stripe_account", "x-http-method"])

    @Test(arguments: [
        "_method", "_METHOD", "_method[]", "_method[a]", "[_method]", " _method ", "\t_method", "_method\n",
        "\u{B}_method",
        "_method\0", "_method\0x", "\0_method", "_method\0[",
        "_\0m\0e\0t\0h\0o\0d\0", ".method", "[method", " method", "_stripe.account",
        "_stripe account", "_stripe[account", ".stripe.account", "x-http-method", "X-HTTP-Method[]",
    ]) func `is found in every spelling that a server may take for it`(_ name: String) {
        #expect(names.read(Array(name.utf8)) != nil)
    }

    @Test(arguments: [
        "method", "payment_method", "_methods", "_method_x", "a_method", "_stripe", "stripe_account", "__method",
        "payment_method[card]", "metadata[_method]", "x_http_method", "",
    ]) func `is not seen in others`(_ name: String) { #expect(names.read(Array(name.utf8)) == nil) }

    @Test(arguments: [
        "_method=DELETE", "a=b&_method=x", "a=b;%5fmethod", "a&.method=", "x=1&_stripe%20account=a", "_method%00=x",
    ]) func `is found in a query or a form`(_ text: String) { #expect(names.first(in: Array(text.utf8)) != nil) }

    @Test(arguments: [
        "_method=DELETE", "a=b&_method=x", "a=b;%5fmethod", "a&_method", "x=_&[_method]=", "a=b&_method%00=x",
    ])
    func `is found in a form that passes, however it is cut`(_ text: String) {
        for cut in 0...text.utf8.count {
            var watch = FormWatch(names)
            let bytes = Array(text.utf8)
            #expect(watch.see(bytes[..<cut]) ?? watch.see(bytes[cut...]) ?? watch.finish() != nil, "\(cut)")
        }
    }

    @Test(arguments: ["a=_method", "payment_method=x&a", "a=b=_method&c", ""]) func `is not seen in other forms`(
        _ text: String
    ) {
        var watch = FormWatch(names)
        #expect(watch.see(Array(text.utf8)) ?? watch.finish() == nil)
    }

    private func watched(_ content: String, cutAt cut: Int) throws -> [UInt8]? {
        var watch = PartWatch(names)
        let bytes = Array(content.utf8)
        return try watch.see(bytes[..<min(cut, bytes.count)]) ?? watch.see(bytes[min(cut, bytes.count)...])
    }

    @Test(arguments: [
        "Content-Disposition: form-data; name=\"_method\"", "content-disposition:form-data;name=_method",
        "Content-Disposition: form-data; name = \"_method\"", "Content-Disposition: form-data; name='_method'",
        "Content-Disposition: form-data;\r\n name=\"_method\"", "Content-Disposition:\r\n\tform-data; name=\"_method\"",
        "Content-Disposition: form-data; name=\"_me\\thod\"", "Content-Disposition: form-data; name*=utf-8''_method",
        "Content-Disposition: form-data; name=\"%5fmethod\"", "Content-Disposition: form-data; name=\"_method[]\"",
        "Content-Disposition: form-data; name=\"_stripe account\"",
        "Content-Disposition: form-data; name=\"_stripe.account\"",
        "Content-Disposition: form-data; filename=\"x\"; name=\"_method\"", "Content-ID: _method",
        "Content-Id: <_method>",
        "X: y\r\nContent-Disposition: form-data; name=_method", "\n\ncontent-disposition: form-data; name=_method",
        "Content-Disposition: form-data; name=\"\0_method\"", "Content-Disposition: form-data; name=\"_method\0x\"",
    ]) func `is found in a part, however the content is cut`(_ field: String) throws {
        for newline in ["\r\n", "\n", "\r"] {
            let content = "--b\(newline)\(field)\(newline)\(newline)DELETE\(newline)--b--"
            for cut in 0...content.utf8.count {
                #expect(try watched(content, cutAt: cut) != nil, "\(newline.debugDescription) \(cut)")
            }
        }
    }

    @Test(arguments: [
        "Content-Disposition: form-data; name=\"payment_method\"",
        "Content-Disposition: form-data; name=\"file\"; filename=\"a_method.pdf\"",
        "Content-Disposition: form-data; name=\"purpose\"", "Content-Type: text/plain; name=x",
        "X-Disposition: _method",
        " Content-Disposition: form-data; name=\"_method\"", "content_disposition: name=_method", "Content",
        "Content-Disposition: form-data; name=\"file\"; filename*=utf-8''na%C3%AFve.txt",
    ]) func `is not seen in other parts`(_ field: String) throws {
        let content = "--b\r\n\(field)\r\n\r\nname=_method\r\n_method\r\n--b--\r\n"
        for cut in [0, 7, 20, 60] { #expect(try watched(content, cutAt: cut) == nil) }
    }

    @Test(arguments: [
        "Content-Disposition: form-data; name*0=\"_met\"; name*1=\"hod\"",
        "Content-Disposition: form-data; name=\"" + String(repeating: "x", count: 9000) + "\"",
    ]) func `is not looked for in what can't be judged`(_ field: String) {
        #expect(throws: Refusal.self) { try watched("--b\r\n\(field)\r\n\r\nx\r\n--b--\r\n", cutAt: 30) }
    }
}
