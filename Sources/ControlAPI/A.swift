internal import Hummingbird
package enum C {}
