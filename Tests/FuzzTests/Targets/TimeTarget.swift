@testable import Core

/// Times and durations: what is written is read as it was.
enum TimeTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        if let moment = Moment(text: bytes) { try hold(moment.text.utf8.elementsEqual(bytes), "another time") }
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        if let moment = Moment(rfc3339: text) {
            if (0..<253_402_300_800).contains(moment.seconds) {
                try hold(Moment(text: moment.text.utf8) == moment, "\(text) is not \(moment.text)")
                let coarse = try present(Moment(rfc3339: moment.rfc3339), "\(moment.rfc3339) can't be read")
                try hold(coarse.microseconds == moment.microseconds / 1000 * 1000, "another millisecond")
            }
        }
        if let span = Span(text: text) {
            try hold(span.microseconds >= 0, "a duration of less than nothing")
            try hold(Span(text: span.text) == span, "\(text) is not \(span.text)")
        }
    }
}
