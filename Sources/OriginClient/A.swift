internal import CCurl
package enum C {}
