package import NIOConcurrencyHelpers

/// A small shared value behind a lock. One name, so that the choice of lock stands in one place.
///
/// `Synchronization.Mutex` gives false ThreadSanitizer reports on Linux; NIO's lock does not.
package typealias Guarded = NIOLockedValueBox
