internal import Yams
package enum C {}
