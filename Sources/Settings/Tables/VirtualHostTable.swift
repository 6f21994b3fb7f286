internal import Core

/// `virtual_hosts`: names that the sidecar itself answers to when it is called through as a proxy.
enum VirtualHostTable {
    static func read(_ value: Value, into rules: inout Rules) {
        guard let table = value.table(.virtualHosts) else { return }
        let others = rules
        table.read("api", into: &rules.virtualHosts.api) { name($0, others) }
        table.read("proxy", into: &rules.virtualHosts.proxy) { name($0, others) }
        if let api = rules.virtualHosts.api, api == rules.virtualHosts.proxy {
            (table["proxy"] ?? value).fail("api and proxy can't both be \(api)")
        }
    }

    private static func name(_ value: Value, _ rules: Rules) -> String? {
        guard let name = value.hostName() else { return nil }
        if let vendor = rules.vendor(host: name) {
            value.fail("\(name) belongs to vendor \(vendor.name)")
            return nil
        }
        if rules.tunnels.contains(where: { $0.host == name }) {
            value.fail("\(name) is in egress.tunnel")
            return nil
        }
        return name
    }
}
