internal import GRDB
package enum C {}
