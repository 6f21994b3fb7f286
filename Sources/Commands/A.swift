internal import ArgumentParser
internal import ServiceLifecycle
package enum C {}
