internal import CCurl

#if canImport(Glibc)
internal import Glibc
#else
internal import Musl
#endif

/// The system calls that are needed beside libcurl, under names that do not collide with ours.
enum System {
    /// Monotonic nanoseconds.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    static var lastError: Int32 { errno }

    /// A stream socket that no child process inherits.
    static func openStream(family: Int32, type: Int32, protocolNumber: Int32) -> Int32 {
        ccurl_open_stream(family, type, protocolNumber)
    }

    @discardableResult
    static func close(_ descriptor: Int32) -> Int32 {
        #if canImport(Glibc)
        Glibc.close(descriptor)
        #else
        Musl.close(descriptor)
        #endif
    }

    /// Whether nothing waits to be read and the other end did not close.
    static func isQuiet(_ socket: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) < 0
            && (errno == EAGAIN || errno == EWOULDBLOCK)
    }

    /// Whether the other end has closed, and all was read.
    static func isAtEnd(_ socket: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 0
    }

    /// The port of a socket's own end; nil when it has none.
    static func localPort(_ socket: Int32) -> Int? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard getsockname(socket, address, &length) == 0 else { return nil }
                return AddressRule.read(address, length: Int(length))?.1
            }
        }
    }

    /// Adds one to an eventfd.
    static func signal(_ eventDescriptor: Int32) {
        var one: UInt64 = 1
        _ = write(eventDescriptor, &one, 8)
    }

    /// A function of a library that is loaded already.
    static func symbol(_ name: String) -> UnsafeMutableRawPointer? { dlsym(nil, name) }

    /// Starts a thread of this name; it must be joined.
    static func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) throws(CurlError) -> pthread_t {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        let result = pthread_create(
            &thread, nil,
            {
                $0.map { Unmanaged<Body>.fromOpaque($0).takeRetainedValue().run() }; return nil
            }, context)
        guard result == 0 else {
            Unmanaged<Body>.fromOpaque(context).release()
            throw CurlError(system: "pthread_create", errno: result)
        }
        pthread_setname_np(thread, name)
        return thread
    }

    static func join(_ thread: pthread_t) { pthread_join(thread, nil) }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
