internal import Core

extension Suspicions {
    mutating func checkVendors() {
        for vendor in rules.vendors.values.sorted(by: { $0.name < $1.name }) { check(vendor) }
    }

    private mutating func check(_ vendor: Vendor) {
        let name = "vendor \"\(vendor.name)\""
        if vendor.mode == "live" {
            add(vendor.place, "\(name) has a LIVE credential: what is let through moves real money")
        }
        if vendor.accountInPath != nil, vendor.account == nil, vendor.credential != nil {
            add(vendor.place, "\(name) has no account: paths that name one are refused")
        }
        if let file = vendor.dial.caFile, case .failure(let failure) = SmallFile.read(file, limit: 16 << 20) {
            add(vendor.place, "\(name): can't read ca_file \(file): \(failure.reason)")
        }
        checkDial(vendor, name)
    }

    /// An address that is not public and not excepted is refused when it is dialled.
    private mutating func checkDial(_ vendor: Vendor, _ name: String) {
        guard let text = vendor.dial.connectTo, let to = HostPort(text: text), let address = to.address,
            !address.isPublic, !vendor.dial.allowAddresses.contains(where: { $0.contains(address, port: to.port) })
        else { return }
        add(vendor.place, "\(name): \(text) is not a public address; add allow_addresses: [\"\(text)\"]")
    }
}
