import Core
import Foundation
import Testing
import VendorCatalogue

@testable import Settings

/// An entry of the catalogue, and what is wrong with it.
func catalogueEntry(_ name: String) throws -> (entry: VendorDraft, problems: [String]) {
    let report = Report()
    let bytes = try #require(Catalogue.file(name))
    let entry = try #require(CatalogueEntry.read(name, bytes, report))
    return (entry, report.problems.map(\.description))
}

@Suite struct `The catalogue` {
    @Test(arguments: Catalogue.names)
    func `reads without a problem`(name: String) throws {
        let (draft, problems) = try catalogueEntry(name)
        #expect(problems == [])
        #expect(!draft.vendor.hosts.isEmpty)
        #expect(!draft.vendor.environment.isEmpty)
    }

    @Test func `lists every file of its folder`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/Core/Vendors/Catalogue")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.standardizedFileURL.path)
        #expect(Catalogue.names.map { $0 + ".yaml" } == files.filter { $0.hasSuffix(".yaml") }.sorted())
    }

    @Test(arguments: Catalogue.names)
    func `prices or refuses every operation that writes`(name: String) throws {
        let (draft, _) = try catalogueEntry(name)
        let bare = draft.operations.all.filter { operation in
            let writes = operation.endpoint.methods?.contains { !$0.onlyReads } ?? true
            return writes && operation.price == nil && operation.refused == nil
        }
        #expect(bare.map(\.name) == [])
    }

    @Test(arguments: Catalogue.names)
    func `says of every object that holds money who tells how much`(name: String) throws {
        let vendor = try catalogueEntry(name).entry.finished()
        for operation in vendor.operations {
            guard case .object(let rule)? = operation.price else { continue }
            #expect(rule.kinds.allSatisfy { vendor.objects[$0] != nil } && !rule.kinds.isEmpty, "\(operation.name)")
            let read = vendor.operations.filter { $0.endpoint.onlyReads }.map { $0.endpoint.text }
            for kind in rule.kinds.compactMap({ vendor.objects[$0] }) {
                #expect(read.contains("GET \(kind.path)"), "\(operation.name): no GET \(kind.path)")
            }
        }
    }
}

@Suite struct `Stripe's endpoints` {
    /// Every one that writes, as Stripe's own SDK has it, is priced or refused by the catalogue: a new one is not let
    /// through for free because nobody has looked at it.
    @Test func `are all classified`() throws {
        let vendor = try catalogueEntry("stripe").entry.finished()
        let bundle = try #require(Bundle.module.url(forResource: "Fixtures/stripe-endpoints", withExtension: "tsv"))
        let lines = try String(contentsOf: bundle, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count > 300)
        #expect(lines.filter { !Self.isClassified(String($0), vendor) } == [])
    }

    private static func isClassified(_ line: String, _ vendor: Vendor) -> Bool {
        let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        let (method, path) = (Method(rawValue: columns[0]), columns[1])
        guard let method, let slash = path.firstIndex(of: "/") else { return false }
        let host = slash == path.startIndex ? vendor.primaryHost : String(path[..<slash])
        let segments = path[slash...].utf8.split(separator: UInt8(ascii: "/")).map { Array($0)[...] }
        let operation = vendor.table.match(method, host: host, segments: segments)
        return operation?.price != nil || operation?.refused != nil
    }
}
