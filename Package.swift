// swift-tools-version: 6.2
import PackageDescription

/// `scripts/harden` builds the fuzzer with this: our modules then tell libFuzzer where an input leads.
let fuzzing = Context.environment["COFFERDAM_FUZZ"] != nil

let strict: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        // An awaited function stays on its caller's thread: a request crosses none between the steps of the exchange.
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ] + (fuzzing ? [.unsafeFlags(["-sanitize=fuzzer", "-enable-testing"])] : [])

extension Target {
    /// A module of ours: strict settings, sources in `Sources/<name>`.
    static func module(
        _ name: String, _ dependencies: [Dependency], exclude: [String] = [], resources: [Resource]? = nil
    ) -> Target {
        .target(
            name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: strict)
    }

    /// The tests of a module, in `Tests/<name>`.
    static func tests(_ name: String, _ dependencies: [Dependency], resources: [Resource]? = nil) -> Target {
        .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
    }

    /// The fuzz targets: a program for libFuzzer, or a test of their corpus.
    static func fuzz(_ dependencies: [Dependency]) -> Target {
        guard fuzzing else {
            return .testTarget(
                name: "FuzzTests", dependencies: dependencies, exclude: ["Fuzzer", "Corpus"], swiftSettings: strict)
        }
        return .executableTarget(
            name: "Fuzzer", dependencies: dependencies, path: "Tests/FuzzTests", exclude: ["Replay", "Corpus"],
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])])
    }
}

let package = Package(
    name: "cofferdam",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "cofferdam", targets: ["cofferdam"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .executableTarget(name: "cofferdam", dependencies: ["Commands"], swiftSettings: strict),
        .module(
            "Commands",
            [
                "Core", "Settings", "Listener", "Authority", "OriginClient", "SQLiteStore", "ControlAPI", "Loopback",
                "AgentEnvironment", "CProcess",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Resources")]
        ),
        .module(
            "Listener",
            [
                "Core", "Authority",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .module(
            "Authority",
            [
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]
        ),
        .module(
            "OriginClient",
            [
                "Core", "CCurl",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]
        ),
        .module(
            "ControlAPI",
            [
                "Core", "APIDocument",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            exclude: ["Document"]
        ),
        // A module of its own, as the catalogue is: its literal is compiled once.
        .target(
            name: "APIDocument",
            path: "Sources/ControlAPI/Document",
            resources: [.embedInCode("openapi.json")],
            swiftSettings: strict
        ),
        .module(
            "SQLiteStore",
            [
                "Core",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .module(
            "Settings",
            [
                "Core", "VendorCatalogue", .product(name: "Yams", package: "Yams"),
                .product(name: "Crypto", package: "swift-crypto"),
            ]
        ),
        .module(
            "Core",
            [
                .product(name: "Crypto", package: "swift-crypto"),
                // A leaf of swift-nio: the lock alone.
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            exclude: ["Vendors/Catalogue"]
        ),
        // Beside Core's vendors, but a module of its own: a third of a megabyte of literals is compiled once.
        .target(
            name: "VendorCatalogue",
            path: "Sources/Core/Vendors/Catalogue",
            resources: ["stripe", "twilio", "resend", "openai", "anthropic", "sendgrid", "github", "slack"].map {
                .embedInCode("\($0).yaml")
            },
            swiftSettings: strict
        ),
        .module(
            "Loopback",
            [
                "Authority",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"),
            ]
        ),
        .module("AgentEnvironment", [], resources: [.embedInCode("Resources")]),
        .target(name: "CProcess"),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .tests(
            "AuthorityTests",
            [
                "Authority",
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]
        ),
        .tests("AgentEnvironmentTests", ["AgentEnvironment"], resources: [.copy("Clients")]),
        .target(
            name: "StoreContract",
            dependencies: ["Core", .product(name: "NIOConcurrencyHelpers", package: "swift-nio")],
            path: "Tests/StoreContract",
            swiftSettings: strict
        ),
        // SQLite's disk, made to fail on demand.
        .target(
            name: "CFaultyDisk", dependencies: [.product(name: "GRDBSQLite", package: "GRDB.swift")],
            path: "Tests/CFaultyDisk"),
        .tests(
            "SQLiteStoreTests",
            [
                "Core", "SQLiteStore", "StoreContract", "CFaultyDisk",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]
        ),
        .tests(
            "LoopbackTests",
            [
                "Loopback",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
            ]
        ),
        .tests(
            "ControlAPITests",
            [
                "ControlAPI", "APIDocument", "Core", "SQLiteStore",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .tests("CommandsTests", ["Commands", "Core", "cofferdam"]),
        .tests("CoreTests", ["Core"]),
        .fuzz(["Core", "Settings", "OriginClient", "ControlAPI", "CCurl"]),
        .target(name: "Harness", dependencies: ["CProcess"], path: "Tests/Harness", swiftSettings: strict),
        // They run the program itself: `swift build --build-tests` makes it too.
        .tests(
            "EndToEndTests",
            [
                "Loopback", "Harness",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            resources: [.copy("Clients")]
        ),
        .tests("ExampleTests", ["Loopback", "Harness"], resources: [.copy("Pod")]),
        .tests(
            "ListenerTests",
            [
                "Listener", "Core", "Authority", "Loopback", "OriginClient", "SQLiteStore", "Settings",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .tests("SettingsTests", ["Settings", "Core", "VendorCatalogue"], resources: [.copy("Fixtures")]),
        .tests(
            "OriginClientTests",
            [
                "OriginClient", "Core",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            resources: [.copy("Scripts")]
        ),
    ],
    swiftLanguageModes: [.v6]
)
