/// Lower-case field names to look a name up in: only names of the same length are compared.
struct NameSet: Sendable {
    private var byLength: [[String]] = []

    init(_ names: [String]) {
        for name in names {
            let length = name.utf8.count
            while byLength.count <= length { byLength.append([]) }
            byLength[length].append(name)
        }
    }

    func contains(_ name: ArraySlice<UInt8>) -> Bool {
        guard name.count < byLength.count else { return false }
        return byLength[name.count].contains { ASCII.equal(name, $0) }
    }
}
