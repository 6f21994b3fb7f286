import Foundation
import Harness

extension Machine {
    /// A script beside the tests.
    static func script(_ name: String) -> String { (Bundle.module.resourcePath ?? ".") + "/Clients/" + name }
}
