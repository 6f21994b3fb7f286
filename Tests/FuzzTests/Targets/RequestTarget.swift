@testable import Core

/// A head on the listener and in each vendor's tunnel: what it is bound to is the vendor's, and canonical.
enum RequestTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        guard let end = HeadScanner.end(in: bytes[...]),
            let head = allowed({ () throws(Refusal) in try HeadParser.parse(bytes[..<end]) })
        else { return }
        _ = ProxyCredential(head.fields["proxy-authorization"])
        if let target = bind(head, .listener) { try checkTarget(target, head) }
        for host in ["api.stripe.com", "api.twilio.com", "proxy.keybrake.com"] {
            guard let target = bind(head, .tunnel(host: host, nil, runID: nil)) else { continue }
            try checkTarget(target, head)
            let virtual = host == World.rules.virtualHosts.proxy
            try hold(virtual || target.host == host, "a tunnel to \(host) leads to \(target.host)")
            try hold(virtual == (target.way == .gateway), "a tunnel to \(host) is taken for another way in")
        }
    }

    private static func bind(_ head: RequestHead, _ way: Arrival.Way) -> Target? {
        allowed { () throws(Refusal) in
            try Binder(rules: World.rules).bind(Arrival(head: head, way: way, lane: 0))
        }
    }

    private static func checkTarget(_ target: Target, _ head: RequestHead) throws(Broken) {
        try PathTarget.checkShape(target.path)
        if target.isSelf { return try hold(target.path.text == "/_cofferdam/self", "a question about nobody") }
        try hold(target.vendor.hosts.contains(target.host), "\(target.host) is not \(target.vendor.name)'s")
        try hold(target.method == head.method, "another method")
        if let query = target.path.query {
            try hold(!MethodOverride.isIn(parameters: query), "_method in the query")
            try hold(!Shown.holdsOurSecret(query[...]), "a vault key in the query")
        }
        try checkCredentials(target, head)
    }

    private static func checkCredentials(_ target: Target, _ head: RequestHead) throws(Broken) {
        let arrival = Arrival(head: head, way: .listener, lane: 0)
        guard let shown = allowed({ () throws(Refusal) in try Shown(arrival, target) }) else { return }
        try hold(shown.runID.map { RunID.isValid($0.utf8) } ?? true, "a run's ID of other characters")
    }
}
