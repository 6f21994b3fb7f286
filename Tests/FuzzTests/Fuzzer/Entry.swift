import Foundation

/// The target that `COFFERDAM_FUZZ_TARGET` names. Without one there is nothing to do.
private let target: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["COFFERDAM_FUZZ_TARGET"] ?? ""
    if let target = FuzzTarget.all.first(where: { $0.name == name }) { return target }
    print("COFFERDAM_FUZZ_TARGET is one of: \(FuzzTarget.all.map(\.name).joined(separator: " "))")
    exit(64)
}()

/// What libFuzzer calls with each input; an abort is what it takes for a fault.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    do throws(Broken) {
        try target.check(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        FileHandle.standardError.write(Data("BROKEN: \(target.name): \(error)\n".utf8))
        abort()
    }
    return 0
}

/// libFuzzer's own `main` is not ours to link: the package manager names this one.
@_cdecl("Fuzzer_main")
func fuzzerMain(
    _ count: Int32, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
    var (count, words) = (count, words)
    return runDriver(&count, &words) { testOneInput($0, $1) }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>, Int) -> Int32
) -> Int32
