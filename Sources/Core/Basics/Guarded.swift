package import NIOConcurrencyHelpers

/// A small shared value behind a lock; the choice of lock stands here alone.
///
/// `Synchronization.Mutex` gives false ThreadSanitizer reports on Linux; NIO's lock does not.
package struct Guarded<Value: Sendable>: Sendable {
    @usableFromInline let box: NIOLockedValueBox<Value>

    @inlinable package init(_ value: Value) { box = NIOLockedValueBox(value) }

    @inlinable package func withLockedValue<T, E: Error>(_ body: (inout Value) throws(E) -> T) throws(E) -> T {
        let result: Result<T, E> = box.withLockedValue { value in
            do throws(E) { return .success(try body(&value)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
