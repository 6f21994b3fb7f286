internal import X509
internal import NIOSSL
internal import Crypto
internal import NIOConcurrencyHelpers
package enum Authority {}
