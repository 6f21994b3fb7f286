internal import FoundationEssentials

/// The recording as JSON, for tests in another process: `/_sandbox/requests`.
enum RecordingDump {
    static func json(_ recording: Recording) -> JSON {
        let counts = recording.counts
        return [
            "connections": .int(counts.connections), "open": .int(counts.open), "count": .int(counts.requests),
            "requests": .array(recording.requests.map(request)),
        ]
    }

    private static func request(_ request: RecordedRequest) -> JSON {
        [
            "number": .int(request.number), "connection": .int(request.connection),
            "method": .string(request.method), "target": .string(request.target),
            "head_base64": .string(Data(request.head.bytes).base64EncodedString()),
            "fields": .array(request.fields.map { [.string($0.name), .string($0.value)] }),
            "content": .string(request.text), "content_base64": .string(Data(request.content).base64EncodedString()),
            "content_length": .int(request.contentLength),
            "content_sha256": request.contentSHA256.map(JSON.string) ?? .null,
            "trailers": .array(request.trailers.map { [.string($0.name), .string($0.value)] }),
            "complete": .bool(request.isComplete),
        ]
    }
}
