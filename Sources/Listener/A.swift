internal import NIOPosix
package enum C {}
